# SPDX-License-Identifier: MIT
"""What a scenario is given: `t`, which starts things and stops them all."""
import os
import shutil
import tempfile

from . import haproxy as haproxy_module
from . import ports
from .backend import Backend, fetch
from .consul import Consul
from .fake_consul import FakeConsul
from .nginx import Nginx
from .process import Process
from .wait import holds, seconds, until
from .weir import Weir


class Skip(Exception):
    """This machine lacks what the scenario needs."""


class Scenario:
    """Everything it starts lives in .dir and ends with close()."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="weir-")
        self._started = []
        self._names = set()

    # --- programs -----------------------------------------------------------

    def consul(self, **options):
        """A Consul that is up; options as in class Consul."""
        if shutil.which("consul") is None:
            self.skip("no consul")
        node = options.setdefault("node", self._name("consul"))
        return self._keep(Consul(self.path(node), **options)).start()

    def fake_consul(self):
        return self._keep(FakeConsul())

    def haproxy(self, config=None, version=None):
        """A HAProxy; started when it is given a configuration."""
        if haproxy_module.program(version) is None:
            self.skip(f"no haproxy {version or ''}".strip())
        proxy = self._keep(haproxy_module.HAProxy(
            self.path(self._name("haproxy")), version))
        if config is not None:
            proxy.write(proxy.header() + config)
            proxy.start()
        return proxy

    def nginx(self):
        nginx = Nginx(self.path(self._name("nginx")))
        if nginx.program is None:
            self.skip("no nginx")
        return self._keep(nginx)

    def backend(self, name):
        return self._keep(Backend(name))

    def weir(self, config=None, consul=None, env=None, options=()):
        """A weir with this configuration, not yet started.

        consul (real or fake) is the one that it asks.
        """
        config = dict(config or {})
        if consul is not None:
            config["consul"] = {"address": consul.url,
                                **config.get("consul", {})}
        return self._keep(Weir(self.path(self._name("weir")), config, env,
                               options))

    def run(self, name, *argv, env=None):
        """Any other program, started."""
        return self._keep(Process(name, argv, self.path(f"{name}.log"),
                                  self.dir, env)).start()

    # --- files and ports ----------------------------------------------------

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        """Writes a file of the scenario's folder; its path."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def replace(self, name, text):
        """The same at one blow: who reads it sees the old text or the new."""
        os.rename(self.write(name + ".new", text), self.path(name))

    def read(self, name):
        """A file of the scenario's folder; None when it is not there."""
        try:
            with open(self.path(name), encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return None

    def port(self):
        return ports.take()

    # --- waiting and asking -------------------------------------------------

    until = staticmethod(until)
    holds = staticmethod(holds)
    fetch = staticmethod(fetch)
    seconds = staticmethod(seconds)

    def until_file(self, name, wanted, patience=15):
        """Waits until a file is there and wanted(its text) is true."""
        def seen():
            text = self.read(name)
            return text is not None and wanted(text) and [text]
        return until(seen, f"{name} to be as wanted", patience)[0]

    def until_served(self, port, body, host=None, patience=15):
        """Waits until a GET on `port` gives this body."""
        until(lambda: fetch(port, host=host) == (200, body),
              f"port {port} to answer {body!r}", patience)

    def skip(self, why):
        raise Skip(why)

    # --- the end ------------------------------------------------------------

    def _name(self, base):
        """base, base-2, base-3 …; Consul's first node is consul-1."""
        count = 1
        first = f"{base}-1" if base == "consul" else base
        name = first
        while name in self._names:
            count += 1
            name = f"{base}-{count}"
        self._names.add(name)
        return name

    def _keep(self, thing):
        self._started.append(thing)
        return thing

    def logs(self, lines=25):
        """The end of every log, for a reader who wants to know why."""
        tails = []
        for thing in self._started:
            if isinstance(thing, Process):
                text = thing.log().splitlines()[-lines:]
                tails.append(f"--- {thing.name}\n" + "\n".join(text))
        return "\n".join(tails)

    def close(self):
        """Stops all in reverse order; a list of what went wrong."""
        wrong = []
        for thing in reversed(self._started):
            try:
                thing.stop()
            except (AssertionError, OSError) as error:
                wrong.append(f"{getattr(thing, 'name', thing)}: {error}")
        return wrong

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)
