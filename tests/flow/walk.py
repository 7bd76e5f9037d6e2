# SPDX-License-Identifier: MIT
"""A random walk: changes of a catalog, one after another, and after each the
HAProxy that runs is as one that was just started on the file.

WEIR_WALK_STEPS (60) and WEIR_WALK_SEED (1) say how far and where to.
"""
import collections
import json
import os
import random
import re
import time

from lib.haproxy import own_version
from lib.oracle import Oracle, Snapshot, differences
from lib.sites import proxy_weir

STEPS = int(os.environ.get("WEIR_WALK_STEPS", "60"))
SEED = int(os.environ.get("WEIR_WALK_SEED", "1"))
BACKENDS = 50
MOST = 8                            # instances of one service
APPLIED = re.compile(r'^weir_applies_total\{outcome="(\w+)"\} (\d+)', re.M)

# What the backends are like, one after the other; words for their sections,
# and for each server's line.
KINDS = (
    ("balance roundrobin", "check inter 60s"),
    ("balance leastconn\n\tdefault-server check inter 60s fall 4 maxconn 30",
     ""),
    ("balance roundrobin\n\tcookie S insert", "check inter 60s cookie {name}"),
    ("balance random\n\toption httpchk GET /", "check inter 60s rise 5"),
    ("mode tcp\n\tbalance leastconn", "maxconn 7 maxqueue 9"),
)
HASHED = ("balance uri\n\thash-type consistent", "check inter 60s")

FRONT = """
# step {{{{ key "step" }}}}
frontend f
	bind 127.0.0.1:{port}
	default_backend svc-00

"""



class Walk:
    """A catalog of services, and what may happen to it."""

    def __init__(self, rnd, kinds):
        self.rnd, self.kinds = rnd, kinds
        self.services = {}          # name → {id: instance}
        self.next = 0
        self.step = 0
        for i in range(BACKENDS):
            self.services[f"svc-{i:02}"] = {}
            for _ in range(rnd.randint(2, 5)):
                self.arrive(f"svc-{i:02}")

    def kind(self, service):
        return self.kinds[int(service[4:]) % len(self.kinds)]

    # --- what happens -------------------------------------------------------

    def arrive(self, service):
        self.next += 1
        sid = f"i{self.next}"
        self.services[service][sid] = {
            "ID": sid, "Service": service, "Tags": ["a"],
            "Address": f"127.0.1.{self.rnd.randint(1, 250)}",
            "Port": 1 + self.next % 60000,
            "Weights": {"Passing": 1, "Warning": 1},
            "Checks": [{"CheckID": f"c-{sid}", "Status": "passing"}]}
        return f"{sid} arrives at {service}"

    def some(self, service, wanted=lambda i: True):
        ids = [i for i, x in self.services[service].items() if wanted(x)]
        return self.services[service][self.rnd.choice(ids)] if ids else None

    def leave(self, service):
        gone = self.some(service)
        del self.services[service][gone["ID"]]
        return f"{gone['ID']} leaves {service}"

    def down(self, service):
        i = self.some(service, lambda x: x["Checks"][0]["Status"] == "passing")
        if not i:
            return self.up(service)
        i["Checks"][0]["Status"] = "critical"
        return f"{i['ID']} of {service} is down"

    def up(self, service):
        i = self.some(service, lambda x: x["Checks"][0]["Status"] != "passing")
        if not i:
            return self.down(service)
        i["Checks"][0]["Status"] = "passing"
        return f"{i['ID']} of {service} is up"

    def weight(self, service):
        i = self.some(service)
        i["Weights"]["Passing"] = self.rnd.choice((1, 2, 3, 5, 10, 100, 256))
        return f"{i['ID']} of {service} weighs {i['Weights']['Passing']}"

    def drain(self, service):
        i = self.some(service)
        i["Weights"]["Passing"] = 0 if i["Weights"]["Passing"] else 1
        return f"{i['ID']} of {service} weighs {i['Weights']['Passing']}"

    def move(self, service):
        i = self.some(service)
        i["Address"] = f"127.0.2.{self.rnd.randint(1, 250)}"
        i["Port"] = self.rnd.randint(1, 65535)
        return f"{i['ID']} of {service} moves to {i['Address']}:{i['Port']}"

    def tag(self, service):
        i = self.some(service)
        i["Tags"] = [f"t{self.rnd.randint(1, 99)}"]
        return f"{i['ID']} of {service} has the tag {i['Tags'][0]}"

    def one(self):
        """Something happens; what."""
        self.step += 1
        service = self.rnd.choice(list(self.services))
        count = len(self.services[service])
        things = [self.down, self.up, self.up, self.down, self.weight,
                  self.drain, self.move, self.tag]
        if count < MOST:
            things += [self.arrive, self.arrive]
        if count > 1:
            things += [self.leave, self.leave]
        return self.rnd.choice(things)(service)

    # --- as files -----------------------------------------------------------

    def catalog(self):
        return json.dumps({
            "Datacenter": "dc1", "KV": {"step": str(self.step)},
            "Nodes": [{"Node": "n1", "Address": "127.0.0.1", "Services": [
                i for s in self.services.values() for i in s.values()]}]})

    def template(self, slots):
        """One section for each service; what stands in it is ours to say."""
        text = ""
        for name in self.services:
            section, words = self.kind(name)
            text += (f"backend {name}\n\t{section}\n"
                     f"{{{{range service \"{name}|any\"}}}}"
                     f"\t# {{{{.ID}}}} {{{{.Tags}}}}\n{{{{end}}}}")
            if slots:
                text += (f"{{{{slots \"{name}\" (service \"{name}\") 10 "
                         f"\"{words}\"}}}}\n\n")
            else:
                words = words.replace("{name}", "{{.ID}}")
                text += (f"{{{{range service \"{name}\"}}}}"
                         f"\tserver {{{{.ID}}}} {{{{.Address}}}}:{{{{.Port}}}}"
                         f" {words} weight {{{{.Weights.Passing}}}}\n"
                         "{{end}}\n")
        return text


class Run:
    """A HAProxy, a weir, and a walk that they follow."""

    def __init__(self, t, slots, seed=SEED, **keys):
        self.t = t
        kinds = KINDS + (HASHED,) if slots else KINDS
        self.walk = Walk(random.Random(seed), kinds)
        self.proxy = t.haproxy()
        self.oracle = Oracle(t.path("fresh"))
        t.write("haproxy.tmpl", self.proxy.header()
                + FRONT.format(port=t.port()) + self.walk.template(slots))
        self.put()
        self.weir = proxy_weir(t, self.proxy, drain="0s",
                               reload_interval="0s", **keys)

    def begin(self):
        first = self.weir.render()
        assert first.code == 0, first
        self.proxy.age()
        self.proxy.start()
        self.weir.start()
        self.weir.wait_log("ready")
        self.same("the start")
        return self

    def put(self):
        self.t.replace("catalog.json", self.walk.catalog())

    def applies(self):
        """How many there were, by what became of them."""
        return collections.Counter({
            outcome: int(n)
            for outcome, n in APPLIED.findall(self.weir.get("/metrics")[1])})

    def one(self):
        """(what happened, what became of it), once it has."""
        before = self.applies()
        what = self.walk.one()
        self.put()
        mark = f"# step {self.walk.step}\n"
        self.t.until(lambda: self.applies() != before
                     and mark in self.t.read("haproxy/haproxy.cfg"),
                     f"{what} to be applied")
        return what, self.applies() - before

    def same(self, what):
        fresh = self.oracle.look(self.t.read("haproxy/haproxy.cfg"))
        # a new worker's socket takes a moment
        running = self.t.until(lambda: Snapshot(self.proxy), "haproxy's state")
        found = differences(running, fresh)
        assert not found, f"after {what}:\n" + "\n".join(found[:20])

    def go(self, steps):
        """Outcomes; reasons of reloads."""
        outcomes = collections.Counter()
        began = time.monotonic()
        for n in range(steps):
            what, became = self.one()
            outcomes += became
            self.same(f"step {n + 1} ({what}, {dict(became)})")
        reasons = collections.Counter(
            # names and numbers are of this change, not of its kind
            re.sub(r"\b[is]\w*-?\d+\b|\d+", "#", line)
            for line in re.findall(r"apply: \S+: reload: (.*)", self.weir.log()))
        print(f"{steps} changes in {time.monotonic() - began:.0f} s: "
              + ", ".join(f"{n} {o}" for o, n in outcomes.most_common()))
        for reason, count in reasons.most_common(8):
            print(f"  reload × {count}: {reason}")
        return outcomes


def version():
    said = os.environ.get("WEIR_TEST_HAPROXY") or own_version()
    return tuple(map(int, said.split(".")))


def assert_few(outcomes, steps):
    """At most one change in a hundred took a reload."""
    assert not outcomes["failed"] and not outcomes["rolled_back"], outcomes
    assert outcomes["reloaded"] <= max(1, steps // 100), outcomes


def test_slots(t):
    assert_few(Run(t, slots=True).begin().go(STEPS), STEPS)


def test_plain_lines(t):
    outcomes = Run(t, slots=False).begin().go(STEPS)
    # Who was never there before takes a dynamic server.
    if version() >= (3, 0):
        assert_few(outcomes, STEPS)


def test_plain_lines_with_dynamic_servers_by_order(t):
    """2.6 adds servers, but not well (no default-server, no cookie): weir does
    it only when told to, with the words that make them whole."""
    if version() != (2, 6):
        t.skip("another version adds them anyway, or never")
    outcomes = Run(t, slots=False, dynamic="yes").begin().go(STEPS)
    assert not outcomes["failed"] and not outcomes["rolled_back"], outcomes
    # cookie is no word for a dynamic server there
    assert outcomes["reloaded"] <= STEPS // 10, outcomes
