# SPDX-License-Identifier: MIT
"""What a fresh HAProxy makes of a file, to compare one that runs with.

A HAProxy that was changed at run time is right when nobody can tell it from one
that was just started on the file that is there.
"""
import csv
import os
import re
import subprocess

from .haproxy import HAProxy, program
from .wait import until

# What `show servers state` tells beyond health and time.
STATE = ("srv_addr", "srv_port", "srv_uweight", "srv_fqdn", "srv_check_port",
         "srv_check_addr", "srv_agent_port", "srv_agent_addr", "srv_use_ssl")
# What `show stat` tells of a server; and of a backend.
STAT = ("slim", "qlimit", "act", "bck", "cookie", "check_rise", "check_fall",
        "agent_rise", "agent_fall", "mode")
STAT_BACKEND = ("algo", "cookie", "mode")
MAINT, DRAIN = 0x23, 0x18
# configured, enabled, paused; not "in progress"
CHECK_BITS, CONFIGURED = 0x0e, 0x02


class Snapshot:
    """What runs: .servers and .backends, of facts by name."""

    def __init__(self, proxy):
        self.servers, self.backends = {}, {}
        who = self._who(proxy)
        for name, row in proxy.servers().items():
            self.servers[name] = self._of_state(row)
        rows = csv.reader(
            proxy.cli("show stat").removeprefix("# ").splitlines())
        columns = next(rows)
        server = [(k, columns.index(k)) for k in STAT if k in columns]
        backend = [(k, columns.index(k)) for k in STAT_BACKEND
                   if k in columns]
        for row in filter(None, rows):
            self._add_stat(row, server, backend)
        assert self._who(proxy) == who, "another worker took over"

    @staticmethod
    def _who(proxy):
        """The pid of a worker that is to stay: right behind a reload the one
        that goes may answer."""
        info = dict(line.split(": ", 1) for line in
                    proxy.cli("show info").splitlines() if ": " in line)
        assert info.get("Stopping", "0") == "0", "an old worker"
        return info["Pid"]

    @staticmethod
    def _of_state(row):
        facts = {k: row[k] for k in STATE if k in row}
        admin = int(row["srv_admin_state"])
        facts["maint"] = bool(admin & MAINT)
        facts["drain"] = bool(admin & DRAIN)
        for what in ("check", "agent"):
            bits = int(row[f"srv_{what}_state"]) & CHECK_BITS
            facts[what] = bits if bits & CONFIGURED else 0
        facts["id"] = row["srv_id"]
        return facts

    def _add_stat(self, row, server, backend):
        """A row, its first two columns the names, and where what stands."""
        name, what = row[:2]
        if what == "BACKEND":
            self.backends[name] = {k: row[n] for k, n in backend}
        elif what != "FRONTEND":
            facts = self.servers.get(f"{name}/{what}")
            if facts is not None:
                facts.update((k, row[n]) for k, n in server)


def _cares_for_ids(backend):
    """Consistent hashing and `first` go by the servers' numbers. What is
    unknown is random, to 2.8 and earlier."""
    return backend.get("algo", "") not in (
        "roundrobin", "leastconn", "static-rr", "random", "unknown")


def differences(running, fresh):
    """Lines that say where the one that runs is not as the fresh one."""
    found = [f"backend {n}: {running.backends.get(n)}, not {facts}"
             for n, facts in fresh.backends.items()
             if running.backends.get(n) != facts]
    for name, want in fresh.servers.items():
        have = running.servers.get(name)
        if have is None:
            found.append(f"{name}: does not run")
            continue
        ids = _cares_for_ids(fresh.backends.get(name.split("/")[0], {}))
        found += [f"{name}: {k} {have.get(k)}, not {v}"
                  for k, v in want.items()
                  if have.get(k) != v and (k != "id" or ids)]
    # What the file no longer names may stay, as long as it does nothing.
    found += [f"{name}: runs, and the file does not name it"
              for name, have in running.servers.items()
              if name not in fresh.servers and not have["maint"]]
    return found


class Oracle:
    """Starts a HAProxy on a copy of a file whose sockets are its own."""

    def __init__(self, folder, version=None):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.version = version
        self.stats_socket = os.path.join(folder, "s.sock")

    def _own(self, text):
        """The same configuration, listening for nobody else."""
        count = 0

        def bind(match):
            nonlocal count
            count += 1
            path = os.path.join(self.folder, f"b{count}.sock")
            return f"{match.group(1)}unix@{path}"

        text = re.sub(r"^(\s*bind\s+)\S+", bind, text, flags=re.M)
        text, told = re.subn(r"^(\s*stats socket\s+)\S+",
                             rf"\g<1>{self.stats_socket}", text, flags=re.M)
        assert told == 1, text
        return text

    def look(self, text):
        """A Snapshot of a fresh start on this text."""
        path = os.path.join(self.folder, "fresh.cfg")
        with open(path, "w", encoding="utf-8") as f:
            f.write(self._own(text))
        if os.path.exists(self.stats_socket):
            os.unlink(self.stats_socket)
        with subprocess.Popen(
                [program(self.version), "-db", "-f", path],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT) as child:
            try:
                until(lambda: child.poll() is not None or
                      HAProxy._ask(self.stats_socket, "show info"),
                      "a fresh haproxy", 20)
                assert child.poll() is None, child.stdout.read()
                return Snapshot(_Sockets(self.stats_socket))
            finally:
                child.kill()


class _Sockets(HAProxy):
    """Only the asking of a HAProxy."""

    def __init__(self, path):   # nothing of a process
        self.stats_socket = path
