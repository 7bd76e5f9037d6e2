# SPDX-License-Identifier: MIT
"""Changes and reloads under load: no request fails, no connection is cut.

WEIR_LOAD_CHANGES (30) and WEIR_LOAD_RELOADS (10) say how many.
"""
import json
import os
import re
import time

from lib.haproxy import own_version
from lib.load import Tunnels, TunnelServers, Wrk
from lib.sites import proxy_weir

CHANGES = int(os.environ.get("WEIR_LOAD_CHANGES", "30"))
RELOADS = int(os.environ.get("WEIR_LOAD_RELOADS", "10"))
IDLE = 200

CONFIG = """frontend f
	bind 127.0.0.1:{port}
	timeout client 1h
{more}
	use_backend ws if {{ path /ws }}
	default_backend web
	# step {{{{ key "step" }}}}

backend web
	timeout server 1h
	retries 3
	option redispatch
	retry-on all-retryable-errors
{web}

backend ws
	timeout tunnel 1h
{ws}
"""
# Without it an old worker closes connections that idle, and a client may have
# sent its next request by then. 2.2 has no such option.
KNOWS_IDLE_CLOSE = (os.environ.get("WEIR_TEST_HAPROXY")
                    or own_version()) != "2.2"
MORE = "\toption idle-close-on-response" if KNOWS_IDLE_CLOSE else ""
PLAIN = """{{{{ range service "{0}" }}}}\
	server {{{{ .ID }}}} {{{{ .Address }}}}:{{{{ .Port }}}} \
weight {{{{ .Weights.Passing }}}}
{{{{ end }}}}"""
SLOTS = """{{{{ slots "{0}" (service "{0}") 10 }}}}"""


class Site:
    """Web servers and tunnels behind a HAProxy that weir looks after."""

    def __init__(self, t, lines=PLAIN, **keys):
        if not Wrk.is_here():
            t.skip("no wrk")
        self.t = t
        self.port = t.port()
        self.nginx = self._nginx([t.port() for _ in range(6)])
        self.tunnels = t._keep(TunnelServers(4))
        self.services = {"web": {}, "ws": {}}
        self.step = 0
        for i, port in enumerate(self.nginx.ports):
            self.add("web", f"web-{i}", port)
        for i, port in enumerate(self.tunnels.ports):
            self.add("ws", f"ws-{i}", port)
        self.proxy = t.haproxy()
        self.put()
        t.write("haproxy.tmpl", self.proxy.header() + CONFIG.format(
            port=self.port, more=MORE, web=lines.format("web"), ws=lines.format("ws")))
        self.weir = proxy_weir(t, self.proxy, reload_interval="0s", **keys)

    def _nginx(self, ports):
        nginx = self.t.nginx()
        nginx.ports = ports
        nginx.write("keepalive_requests 1000000000;\n" + "\n".join(
            f"server {{ listen 127.0.0.1:{p}; return 200 {p}; }}"
            for p in ports))
        return nginx.start()

    def begin(self):
        first = self.weir.render()
        assert first.code == 0, first
        self.proxy.age()
        self.proxy.start()
        self.t.until(lambda: self.t.fetch(self.port)[0] == 200, "an answer")
        self.weir.start()
        self.weir.wait_log("ready")
        return self

    # --- the catalog --------------------------------------------------------

    def add(self, service, sid, port):
        self.services[service][sid] = {
            "ID": sid, "Service": service, "Port": port,
            "Address": "127.0.0.1", "Weights": {"Passing": 10, "Warning": 1},
            "Checks": [{"CheckID": f"c-{sid}", "Status": "passing"}]}

    def put(self):
        self.t.replace("catalog.json", json.dumps({
            "Datacenter": "dc1", "KV": {"step": str(self.step)},
            "Nodes": [{"Node": "n1", "Address": "127.0.0.1", "Services": [
                i for s in self.services.values() for i in s.values()]}]}))

    def change(self):
        """One server goes, comes back, or weighs something else."""
        name = ("web", "ws")[self.step % 2]
        ids = sorted(self.services[name])
        i = self.services[name][ids[self.step // 2 % len(ids)]]
        check = i["Checks"][0]
        if self.step // 2 % 3 == 2:
            i["Weights"]["Passing"] = 1 + self.step % 100
        else:
            check["Status"] = ("critical" if check["Status"] == "passing"
                               else "passing")
        # two at least stay
        if sum(x["Checks"][0]["Status"] == "passing"
               for x in self.services[name].values()) < 2:
            check["Status"] = "passing"

    def applied(self):
        return sum(float(n) for n in re.findall(
            r'^weir_applies_total\{outcome="(?:written|runtime|reloaded)"\} '
            r'(\d+)', self.weir.get("/metrics")[1], re.M))

    def follow(self):
        """The catalog as it is now is live."""
        before = self.applied()
        self.step += 1
        self.put()
        self.t.until(lambda: self.applied() > before
                     and f"# step {self.step}\n"
                     in self.t.read("haproxy/haproxy.cfg"), "the change")

    def reloads(self):
        return self.weir.metric('weir_applies_total{outcome="reloaded"}')


def under_load(site, steps, act):
    """(requests, failed, seconds) of wrk while act() is done so often."""
    wrk = Wrk(site.port).start(3600)
    began = time.monotonic()
    try:
        time.sleep(0.5)         # load before and after, too
        for _ in range(steps):
            act()
            assert wrk.is_running(), wrk.child.stdout.read()
        time.sleep(0.5)
    finally:
        wrk.child.send_signal(2)    # it sums up
    requests, failed = wrk.wait()
    print(*re.findall(r"Socket errors.*|Non-2xx.*", wrk.output))
    return requests, failed, time.monotonic() - began


def changes_under_load(t, lines):
    site = Site(t, lines, drain="1s").begin()
    worker = site.proxy.worker()
    idle = t._keep(Tunnels(site.port, IDLE))
    before = site.reloads()

    def act():
        site.change()
        site.follow()

    requests, failed, took = under_load(site, CHANGES, act)
    closed = idle.closed()
    reloads = site.reloads() - before
    print(f"{CHANGES} changes in {took:.1f} s under {requests} requests: "
          f"{failed} failed, {closed} of {IDLE} idle connections closed, "
          f"{reloads:g} reloads")
    for why in re.findall(r"apply: \S+: reload: (.*)", site.weir.log()):
        print(f"  reload: {why}")
    assert failed == 0 and closed == 0
    assert reloads == 0 and site.proxy.worker() == worker


def test_changes_of_plain_lines_under_load(t):
    changes_under_load(t, PLAIN)


def test_changes_of_slots_under_load(t):
    changes_under_load(t, SLOTS)


def test_reloads_under_load(t):
    site = Site(t, apply="reload").begin()
    before = site.reloads()
    requests, failed, took = under_load(site, RELOADS, site.follow)
    reloads = site.reloads() - before
    print(f"{reloads:g} reloads in {took:.1f} s under {requests} requests: "
          f"{failed} failed")
    assert reloads == RELOADS
    assert failed == 0 or not KNOWS_IDLE_CLOSE


def test_dead_server_that_is_deregistered_later_costs_no_more(t):
    site = Site(t, drain="1s")
    victim = site._nginx([t.port()])
    site.add("web", "victim", victim.ports[0])
    site.put()
    site.begin()
    script = []

    def act():
        if not script:
            victim.kill()
        elif len(script) == 3:
            del site.services["web"]["victim"]
            site.follow()
        script.append(None)
        time.sleep(0.3)         # requests to a server that is dead

    requests, failed, _ = under_load(site, 8, act)
    print(f"{requests} requests, {failed} failed")
    assert failed == 0
    t.until(lambda: "web/victim" not in site.proxy.servers()
            or int(site.proxy.servers()["web/victim"]["srv_admin_state"])
            & 0x23, "the victim to be out")
