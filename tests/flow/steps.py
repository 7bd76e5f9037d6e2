# SPDX-License-Identifier: MIT
"""What the planner says, done to a real HAProxy: is it as a fresh start is?

build/tools/stepper turns two files into commands; they are sent on the stats
socket, each reply is looked at, and the running state is compared with that of
another HAProxy that was started on the new file.
"""
import http.client
import os
import random
import re
import subprocess

from lib.haproxy import HAProxy, ROOT

STEPPER = os.path.join(ROOT, "build", "tools", "stepper")

# Replies that say that a command took; all others are nothing, or "[6]: …".
GOOD = {
    "set server … addr": r"IP changed|port changed|no need to change|nothing",
    "set server … check-port": r"health check port updated",
    "set server … check-addr": r"health check (addr|port)|IP changed|"
                               r"nothing|no need",
    "set server … agent-addr": r"agent|nothing|no need",
    "set server … agent-port": r"agent|nothing|no need",
    "add server": r"New server registered",
    "del server": r"Server deleted",
    "wait": r"Done"}
COLUMNS = ["srv_addr", "srv_port", "srv_uweight", "srv_check_port",
           "srv_check_addr", "srv_agent_addr", "srv_agent_port",
           "srv_use_ssl"]
MAINT, DRAIN = 0x23, 0x18


class Stepper:
    """The planner, fed with files."""

    def __init__(self, t, version, *options):
        self.t = t
        self.count = 0
        self.program = subprocess.Popen(
            [STEPPER, version, *options], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        t._keep(self)

    def stop(self):
        self.program.stdin.close()
        self.program.wait(10)

    def say(self, line):
        self.program.stdin.write(line + "\n")
        self.program.stdin.flush()
        answer = []
        while (got := self.program.stdout.readline().rstrip("\n")) != ".":
            assert got or self.program.poll() is None, "the stepper is gone"
            answer.append(got)
        return answer

    def plan(self, text):
        self.count += 1
        return self.say(self.t.write(f"plan/{self.count}.cfg", text))


class Fresh(HAProxy):
    """One worker alone, for its state."""

    def __init__(self, folder):
        super().__init__(folder)
        self.argv = [self.program, "-db", "-f", self.config]

    def worker(self):
        return os.path.exists(self.stats_socket)


class Site:
    """A HAProxy that runs, and what the planner believes of it."""

    def __init__(self, t, body, *options):
        self.t = t
        self.proxy = t.haproxy(body)
        self.version = self.proxy.info("Version")
        self.at_least = tuple(
            int(n) for n in re.findall(r"\d+", self.version)[:2])
        self.stepper = Stepper(t, self.version, *options)
        self.stepper.plan(self.proxy.header() + body)
        self.reloads = []
        self.starts = 0

    def send(self, command):
        """False: it was loaded with another weight than the text has now, and
        a static algorithm takes none but that: a reload."""
        reply = self.proxy.cli(command).strip()
        if "is using a static LB algorithm" in reply and " weight " in command:
            return False
        words = command.split()
        kind = " ".join(words[:2])
        if kind == "set server":
            kind += " … " + words[3]
        wanted = GOOD.get(kind, GOOD.get(words[0], r"^$"))
        assert not reply or re.search(wanted, reply), (command, reply)
        return True

    def reload(self):
        """The one before may go on answering until it has ended."""
        self.proxy.reload()
        self.t.until(lambda: not self.proxy.workers(old=True),
                     "the worker of before to end")

    def change(self, body):
        """From what runs to this; the commands that it took."""
        text = self.proxy.header() + body
        commands = self.stepper.plan(text)
        self.proxy.write(text)
        if commands and commands[0].startswith("reload "):
            self.reloads.append(commands[0])
            self.reload()
            return commands
        if not all(map(self.send, commands)):
            self.reloads.append("reload refused: " + str(commands))
            self.reload()
            self.stepper.say("reloaded")
        return commands

    def expire(self):
        for command in self.stepper.say("expire"):
            self.send(command)

    def undo(self):
        for command in self.stepper.say("undo"):
            self.send(command)

    def state(self, proxy, agents=False):
        stat = {}
        lines = proxy.cli("show stat -1 4 -1").splitlines()
        names = lines[0].lstrip("# ").split(",")
        for line in lines[1:]:
            row = dict(zip(names, line.split(",")))
            stat[f"{row.get('pxname')}/{row.get('svname')}"] = row
        found = {}
        for name, row in proxy.servers().items():
            admin = int(row["srv_admin_state"])
            s = stat[name]
            found[name] = {
                **{c: row.get(c) for c in COLUMNS},
                "maint": bool(admin & MAINT), "drain": bool(admin & DRAIN),
                **{c: s.get(c) for c in ("slim", "act", "bck", "cookie",
                                         "check_rise", "check_fall")}}
            # -1 is "no-ssl"; "port" is the port of an agent, too, if any
            if found[name].get("srv_use_ssl") == "-1":
                found[name]["srv_use_ssl"] = "0"
            if not agents:
                del found[name]["srv_agent_addr"]
                del found[name]["srv_agent_port"]
            if found[name]["maint"]:    # neither is in use
                found[name]["act"] = found[name]["bck"] = "-"
        return found

    def same_as_fresh(self, body, why=""):
        """The running state is that of a start on this; more may run, in
        maintenance or draining."""
        self.starts += 1
        fresh = Fresh(self.t.path(f"fresh-{self.starts}"))
        fresh.write(fresh.header() + body)
        fresh.start()
        try:
            wanted = self.state(fresh, "agent-check" in body)
        finally:
            fresh.stop()
        found = self.state(self.proxy, "agent-check" in body)
        for name, row in wanted.items():
            assert found.get(name) == row, (why, name, found.get(name), row)
        for name in found.keys() - wanted.keys():
            assert found[name]["maint"] or found[name]["drain"], (why, name)


# --- rows of the decision table ---------------------------------------------

BACK = """backend web
\tbalance roundrobin
\tdefault-server inter 60s fall 3
"""


def web(*lines, head=BACK):
    return head + "".join(f"\tserver {line}\n" for line in lines)


def runs(t, *changes, options=(), head=BACK):
    """Each of these (a tuple of lines) in turn, without a reload."""
    first, *rest = [web(*lines, head=head) for lines in changes]
    site = Site(t, first, *options)
    for body in rest:
        commands = site.change(body)
        assert commands and not site.reloads, (commands, body)
        site.same_as_fresh(body, commands)
    return site


def test_a_weight_changes_and_is_taken_back(t):
    site = runs(t, ("a 127.0.0.1:1 weight 1", "b 127.0.0.1:2"),
                ("a 127.0.0.1:1 weight 5", "b 127.0.0.1:2"),
                ("a 127.0.0.1:1 weight 0", "b 127.0.0.1:2 weight 256"),
                ("a 127.0.0.1:1", "b 127.0.0.1:2 weight 7"))
    site.undo()
    site.same_as_fresh(web("a 127.0.0.1:1 weight 0",
                           "b 127.0.0.1:2 weight 256"), "undone")


def test_an_address_changes_its_check_follows(t):
    site = runs(t, ("a 127.0.0.1:81 check", "b 127.0.0.1:82"),
                ("a 127.0.0.1:91 check", "b 127.0.0.2:82"),
                ("a [::1]:91 check", "b ::1:83"),
                ("a 127.0.0.3:91 check", "b ipv4@127.0.0.9:83"))
    site.undo()
    site.same_as_fresh(web("a [::1]:91 check", "b ::1:83"), "undone")


def test_a_static_balance_takes_zero_and_what_was(t):
    runs(t, ("a 127.0.0.1:1 weight 5", "b 127.0.0.1:2"),
         ("a 127.0.0.1:1 weight 0", "b 127.0.0.1:2"),
         ("a 127.0.0.1:1 weight 5", "b 127.0.0.1:2"),
         ("b 127.0.0.1:2",),
         ("a 127.0.0.1:1 weight 5", "b 127.0.0.1:2"),
         head="backend web\n\tbalance source\n")


def test_maxconn_is_set_and_unset(t):
    site = runs(t, ("a 127.0.0.1:1 maxconn 5", "b 127.0.0.1:2"),
                ("a 127.0.0.1:1 maxconn 7", "b 127.0.0.1:2 maxconn 3"),
                ("a 127.0.0.1:1", "b 127.0.0.1:2 maxconn 9"))
    site.undo()
    site.same_as_fresh(web("a 127.0.0.1:1 maxconn 7",
                           "b 127.0.0.1:2 maxconn 3"), "undone")


def test_a_server_is_disabled_and_no_longer(t):
    runs(t, ("a 127.0.0.1:1 check", "b 127.0.0.1:2 disabled"),
         ("a 127.0.0.1:1 check disabled", "b 127.0.0.1:2"),
         ("a 127.0.0.1:1 check", "b 127.0.0.1:2 disabled"))


def test_checks_get_another_port_and_address(t):
    runs(t, ("a 127.0.0.1:1 check", "b 127.0.0.1:2 check port 7"),
         ("a 127.0.0.1:1 check port 9", "b 127.0.0.1:2 check port 8"),
         ("a 127.0.0.1:1 check port 9", "b 127.0.0.5:3 check port 8"))
    site = Site(t, web("a 127.0.0.1:1 check addr 127.0.0.8 port 5"))
    body = web("a 127.0.0.1:1 check addr 127.0.0.9 port 6")
    site.change(body)
    assert bool(site.reloads) == (site.at_least < (2, 4)), site.reloads
    site.same_as_fresh(body)


def test_agents_get_another_port_and_address(t):
    site = Site(t, web(
        "a 127.0.0.1:1 agent-check agent-addr 127.0.0.8 agent-port 5"))
    body = web("a 127.0.0.1:1 agent-check agent-addr 127.0.0.9 agent-port 5")
    assert site.change(body) and not site.reloads
    site.same_as_fresh(body)
    body = web("a 127.0.0.1:1 agent-check agent-addr 127.0.0.9 agent-port 6")
    site.change(body)
    assert bool(site.reloads) == (site.at_least < (2, 4)), site.reloads
    site.same_as_fresh(body)


def test_a_line_that_goes_drains_and_comes_back(t):
    both = ("a 127.0.0.1:1 check weight 3", "b 127.0.0.1:2 check")
    moved = ("a 127.0.0.7:9 check weight 4 maxconn 2", "b 127.0.0.1:2 check")
    site = runs(t, both, both[1:], both, options=("drain=1000",))
    body = web(*both[1:])
    site.change(body)
    assert site.state(site.proxy)["web/a"]["drain"]
    site.expire()
    assert site.state(site.proxy)["web/a"]["maint"]
    site.change(web(*moved))
    assert not site.reloads
    site.same_as_fresh(web(*moved), "back, elsewhere")
    site.change(body)
    site.change(web("a 127.0.0.7:9 check weight 4 maxconn 2 disabled",
                    both[1]))
    site.same_as_fresh(web("a 127.0.0.7:9 check weight 4 maxconn 2 disabled",
                           both[1]), "back, disabled")
    site.change(web(*moved))
    site.same_as_fresh(web(*moved), "no longer disabled")
    assert not site.reloads, site.reloads


def test_a_name_that_never_ran_needs_a_dynamic_server(t):
    one, two = ("a 127.0.0.1:1 check",), ("a 127.0.0.1:1 check",
                                          "b 127.0.0.1:2 check weight 9")
    site = Site(t, web(*one))
    commands = site.change(web(*two))
    assert "no server of that name runs" in commands[0], commands
    site.same_as_fresh(web(*two))


def dynamic(t, *changes, head=BACK, options=("dynamic", "delete")):
    site = Site(t, web(*changes[0], head=head), *options)
    if site.at_least < (2, 6):
        t.skip("this HAProxy adds no servers")
    for lines in changes[1:]:
        body = web(*lines, head=head)
        commands = site.change(body)
        assert commands and not site.reloads, (commands, body)
        site.same_as_fresh(body, commands)
    return site


def test_a_dynamic_server_is_as_one_of_the_file(t):
    one = ("a 127.0.0.1:1 check",)
    site = dynamic(
        t, one,
        one + ("b 127.0.0.1:2 check weight 9 maxconn 4 rise 5",),
        one + ("b 127.0.0.1:2 check weight 8 maxconn 5 rise 5",),
        one + ("b 127.0.0.1:3 check weight 8 rise 5", "c [::1]:3 disabled"))
    site.undo()
    site.same_as_fresh(web(
        *one, "b 127.0.0.1:2 check weight 8 maxconn 5 rise 5"), "undone")


def test_a_dynamic_server_is_deleted_and_is_another(t):
    one, two = ("a 127.0.0.1:1 check",), ("a 127.0.0.1:1 check",
                                          "b 127.0.0.1:2 check inter 9s")
    site = dynamic(t, one, two, one)
    site.expire()
    assert "web/b" not in site.state(site.proxy)
    site.change(web(*one, "b 127.0.0.1:2 check inter 8s backup"))
    assert not site.reloads
    site.same_as_fresh(web(*one, "b 127.0.0.1:2 check inter 8s backup"))
    if site.at_least >= (3, 0):   # waits until it can go
        site.change(web(*one))
        assert site.change(web(*one, "b 127.0.0.1:2 inter 8s")) \
            and not site.reloads
        site.same_as_fresh(web(*one, "b 127.0.0.1:2 inter 8s"))


def test_a_dynamic_server_gets_the_cookie_of_a_file(t):
    head = ("backend web\n\tbalance leastconn\n\tcookie S insert dynamic\n"
            "\tdynamic-cookie-key secret\n")
    one = ("a 127.0.0.1:1",)
    site = dynamic(t, one, one + ("b 127.0.0.1:2 check",),
                   one + ("b 127.0.0.1:3 check",), head=head)
    assert site.state(site.proxy)["web/b"]["cookie"], "no cookie"


def test_a_dynamic_server_has_what_the_defaults_give(t):
    head = ("defaults tls\n\tmode tcp\n\ttimeout connect 1s\n"
            "\ttimeout server 1s\n"
            "\tdefault-server check inter 3s fall 7 rise 4 weight 20 "
            "init-addr none ssl verify none\n\n"
            "backend web from tls\n\tdefault-server weight 30 no-ssl\n")
    site = Site(t, BACK + "\tserver a 127.0.0.1:1\n")
    if site.at_least < (2, 6):
        t.skip("this HAProxy adds no servers")
    dynamic(t, ("a 127.0.0.1:1",), ("a 127.0.0.1:1", "b 127.0.0.1:2"),
            ("a 127.0.0.1:1", "b 127.0.0.1:2", "c 127.0.0.1:2 ssl",
             "d 127.0.0.1:2 no-check maxconn 6"), head=head)


# --- which server a key goes to ----------------------------------------------

class Placement:
    """Servers that say their names, behind a frontend that hashes the path."""

    KEYS = 200

    def __init__(self, t, head):
        self.t = t
        self.head = head
        self.front, self.other = t.port(), t.port()
        self.ports = {name: t.port() for name in "abcd"}

    def names(self):
        return "".join(
            f"frontend {name}\n\tbind 127.0.0.1:{port}\n\thttp-request "
            f"return status 200 content-type text/plain string {name}\n"
            for name, port in self.ports.items())

    def body(self, servers, port):
        lines = "".join(f"\tserver {s[0]} 127.0.0.1:{self.ports[s[0]]}"
                        f"{s[1:]}\n" for s in servers)
        return (f"frontend web\n\tbind 127.0.0.1:{port}\n"
                f"\tdefault_backend web\nbackend web\n{self.head}{lines}")

    def ask(self, port):
        """Which server answers for each key."""
        to = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        found = ""
        for i in range(self.KEYS):
            to.request("GET", f"/key/{i}")
            found += to.getresponse().read().decode()
        to.close()
        return found

    def same_as_fresh(self, servers):
        fresh = Fresh(self.t.path(f"fresh-{self.t.port()}"))
        fresh.write(fresh.header() + self.body(servers, self.other))
        fresh.start()
        try:
            wanted = self.ask(self.other)
        finally:
            fresh.stop()
        assert self.ask(self.front) == wanted, (servers, wanted)
        assert set(wanted) == {s[0] for s in servers}, wanted

    def walk(self, *steps, options=()):
        site = Site(self.t, self.names() + self.body(steps[0], self.front),
                    *options)
        if site.at_least < (2, 6) and options:
            self.t.skip("this HAProxy adds no servers")
        for servers in steps[1:]:
            site.change(self.names() + self.body(servers, self.front))
            assert not site.reloads, site.reloads
            self.same_as_fresh(servers)


def test_a_map_of_servers_is_that_of_a_fresh_start(t):
    Placement(t, "\tbalance uri\n").walk(
        ["a", "b weight 3", "c"], ["a", "c"], ["c"], ["b weight 3", "c"],
        ["a", "b weight 3", "c"], ["a", "b weight 3"])


def test_a_ring_of_servers_is_that_of_a_fresh_start(t):
    Placement(t, "\tbalance uri\n\thash-type consistent\n").walk(
        ["a id 1", "b id 2 weight 3", "c id 3"], ["a id 1", "c id 3"],
        ["a id 1", "b id 2 weight 3", "c id 3"],
        ["a id 1", "b id 2 weight 9", "c id 3"])


def test_a_ring_with_servers_that_are_added_is_that_of_a_fresh_start(t):
    Placement(t, "\tbalance uri\n\thash-type consistent\n").walk(
        ["a id 1", "c id 3"], ["a id 1", "b id 2 weight 3", "c id 3"],
        ["a id 1", "d id 7", "b id 2 weight 5", "c id 3"],
        ["d id 7", "b id 2 weight 5"], ["a id 1", "d id 7"],
        options=("dynamic", "delete"))


# --- at random --------------------------------------------------------------

KINDS = ["balance roundrobin", "balance leastconn", "balance source",
         "balance uri\n\thash-type consistent", "balance first",
         "balance random", "option allbackups"]


class Walk:
    """Backends whose servers come, go and change."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.backends = [[self.server(b, s) for s in range(4)]
                         for b in range(len(KINDS))]
        self.names = 4

    def server(self, b, s):
        return {"name": f"s{s}", "port": 1000 + 100 * b + s,
                "weight": self.random.choice([None, 1, 20]),
                "maxconn": None, "disabled": False,
                "backup": b == 6 and s % 2 == 1,
                "check": self.random.choice(["", " check"]),
                "id": b in (3, 4) and s + 1, "gone": False}

    def step(self):
        b = self.random.randrange(len(KINDS))
        servers = self.backends[b]
        s = self.random.choice(servers)
        what = self.random.choice(
            ["gone"] * 6 + ["weight", "port", "maxconn", "disabled"] * 2
            + ["new", "move", "check"])
        if what in ("gone", "disabled"):
            s[what] = not s[what]
        elif what == "new" and len(servers) < 8:
            self.names += 1
            servers.append({**s, "name": f"s{self.names}",
                            "id": s["id"] and self.names + 1})
        elif what == "move":
            self.random.shuffle(servers)
        elif what == "check":
            s["check"] = self.random.choice(["", " check", " check fall 9"])
        elif what == "weight" and b == 2:
            s["weight"] = 0 if s["weight"] else 20
        else:
            s[what] = self.random.choice([1, 2, 30, 200])

    def text(self):
        out = ""
        for b, servers in enumerate(self.backends):
            out += f"backend b{b}\n\t{KINDS[b]}\n"
            for s in servers:
                if s["gone"]:
                    continue
                out += f"\tserver {s['name']} 127.0.0.1:{s['port']}"
                for key in ("id", "weight", "maxconn"):
                    if s[key] or s[key] == 0 and s[key] is not False:
                        out += f" {key} {s[key]}"
                out += s["check"]
                out += " backup" if s["backup"] else ""
                out += " disabled" if s["disabled"] else ""
                out += "\n"
        return out


def walk(t, count, *options):
    walker = Walk(int(os.environ.get("WEIR_TEST_SEED", "7")))
    site = Site(t, walker.text(), *options)
    for i in range(count):
        walker.step()
        body = walker.text()
        commands = site.change(body)
        if i % 7 == 0:
            site.expire()
        site.same_as_fresh(body, (i, commands))
    print(f"{count} changes, {len(site.reloads)} reloads")
    return site


def test_a_walk_without_dynamic_servers(t):
    walk(t, 60)


def test_a_walk_with_drains_and_dynamic_servers(t):
    site = walk(t, 60, "drain=500", "dynamic", "delete")
    if site.at_least >= (3, 0):
        assert len(site.reloads) < 20, site.reloads
