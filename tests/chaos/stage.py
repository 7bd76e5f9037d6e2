# SPDX-License-Identifier: MIT
"""What chaos is let loose on: Consul, a wire, weir, HAProxy, backends, load."""
import json
import re
import subprocess

from lib.wait import until
from load import Load
from wire import Wire

SERVICES = ("web", "api", "shop", "mail")

FRONT = """frontend f
\tbind 127.0.0.1:{port}
\tuse_backend %[req.hdr(host)]
"""

BACK = """
backend {0}
{{{{range service "{0}"}}}}\tserver {{{{.ID}}}} {{{{.Address}}}}:{{{{.Port}}}}{{{{if .Tags}}}} # {{{{.Tags | join ","}}}}{{{{end}}}}
{{{{end}}}}"""

DEFAULTS = """\tretries 3
\toption redispatch
\tretry-on conn-failure empty-response response-timeout
"""


class Site:
    """The catalog that should be, and everything that must follow it."""

    def __init__(self, t, rng, seed):
        self.t = t
        self.rng = rng
        self.live = {name: {} for name in SERVICES}   # id → Backend
        self.dead = []                                 # stopped, deregistered
        self.serial = 0
        self.consul = t.consul(production=True)
        self.wire = t._keep(Wire(self.consul.ports["http"]))
        self.proxy = t.haproxy()
        self.port = t.port()
        for name in SERVICES:
            for _ in range(3):
                self.join(name)
        self.template = t.path("haproxy.tmpl")
        self.write_template()
        self.weir = self._weir()
        first = self.weir.render()
        assert first.code == 0, first
        self.proxy.start()
        self.weir.start()
        self.weir.wait_log("ready")
        self.load = t._keep(Load(self.port, SERVICES, seed=seed))
        self.load.start()

    def write_template(self, more=""):
        text = (self.proxy.header() + DEFAULTS + FRONT.format(port=self.port)
                + "".join(BACK.format(name) for name in SERVICES) + more)
        self.t.replace("haproxy.tmpl", text)

    def _weir(self):
        return self.t.weir({
            "consul": {"address": self.wire.url, "wait": "10s",
                       "retry_min": "100ms"},
            "guard": {"max_removed": "60%", "hold": "10m"},
            'haproxy "main"': {
                "config": self.proxy.config, "binary": self.proxy.program,
                "master_socket": self.proxy.master_socket,
                "stats_socket": self.proxy.stats_socket,
                "drain": "1s", "verify": "2s"},
            'template "haproxy.cfg"': {
                "source": self.template, "haproxy": "main",
                "destination": self.proxy.config, "settle": "20ms:200ms"}})

    # --- the catalog ----------------------------------------------------------

    def register(self, name, sid, **more):
        self.consul.register(name, node=f"node-{sid}", id=sid,
                             port=self.live[name][sid].port, **more)

    def join(self, name):
        self.serial += 1
        sid = f"{name}-{self.serial}"
        self.live[name][sid] = self.t.backend(sid)
        self.register(name, sid)

    def leave(self, name):
        """Out of the catalog first; it answers until nobody asks any more."""
        sid = self.rng.choice(list(self.live[name]))
        self.consul.deregister(node=f"node-{sid}")
        self.dead.append(self.live[name].pop(sid))

    def bury(self):
        """Those that left stop, when the site is right without them."""
        for backend in self.dead:
            backend.stop()
        self.dead.clear()

    # --- what must be true --------------------------------------------------

    def expected(self):
        return {f"{name}/{sid}": backend.port
                for name, live in self.live.items()
                for sid, backend in live.items()}

    def written(self):
        with open(self.proxy.config, encoding="utf-8") as f:
            text = f.read()
        found, section = {}, None
        for line in text.splitlines():
            words = line.split()
            if words and words[0] in ("backend", "frontend"):
                section = words[1]
            elif words and words[0] == "server":
                found[f"{section}/{words[1]}"] = int(
                    words[2].rpartition(":")[2])
        return found

    def running(self):
        """Servers that take new sessions, and their ports."""
        return {name: int(row["srv_port"])
                for name, row in self.proxy.servers().items()
                if not int(row["srv_admin_state"]) & 0x3b}

    def is_right(self):
        return (self.written() == self.expected()
                and self.running() == self.expected())

    def keep(self):
        """Starts weir again when it ended, as its service manager does."""
        if not self.weir.is_running():
            self.weir.start()

    def until_right(self, patience):
        def is_right():
            self.keep()
            return self.is_right()

        try:
            until(is_right, "the site to be right", patience)
        except AssertionError as error:
            def lacks(a, b):
                return sorted(set(a.items()) ^ set(b.items()))[:6]
            raise AssertionError(
                f"{error}; file: {lacks(self.written(), self.expected())}; "
                f"running: {lacks(self.running(), self.expected())}") from None

    def always(self):
        """What must hold at any moment, faults or not."""
        ok, said = self.proxy.test()
        assert ok, f"the destination is not valid: {said}"
        written = self.written()
        for name in SERVICES:
            assert any(key.startswith(name + "/") for key in written), \
                f"backend {name} is empty"
        lost = self.load.lost()
        assert not lost, f"{len(lost)} requests lost, first: {lost[:3]}"

    def status(self):
        done = subprocess.run(
            [self.weir.argv[0], "status", "-c", self.weir.ini, "--json"],
            capture_output=True, timeout=10, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def counted(self, pattern):
        return len(re.findall(pattern, self.weir.log()))
