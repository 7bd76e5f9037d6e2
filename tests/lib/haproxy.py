# SPDX-License-Identifier: MIT
"""A real HAProxy: a master, its workers, and both their sockets."""
import functools
import glob
import os
import re
import shutil
import socket
import subprocess
import time

from .process import Process
from .wait import until

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def _own():
    return shutil.which("haproxy", path=os.environ["PATH"]
                        + ":/usr/sbin:/sbin")


@functools.lru_cache
def own_version():
    """"2.6": that of the machine's own; None when it has none."""
    if not _own():
        return None
    said = subprocess.run([_own(), "-v"], capture_output=True, text=True,
                          check=True).stdout
    return re.search(r"version (\d+\.\d+)", said).group(1)


def versions():
    """What is here: "" is the machine's own, the others are under .deps."""
    found = [os.path.basename(p).partition("-")[2] for p in
             glob.glob(os.path.join(ROOT, ".deps", "haproxy-*"))]
    return [""] + sorted(found)


def program(version=None):
    """The haproxy of a version; None when it is not here."""
    version = version or os.environ.get("WEIR_TEST_HAPROXY", "")
    if not version or version == own_version():
        return _own()
    path = os.path.join(ROOT, ".deps", f"haproxy-{version}", "haproxy")
    return os.path.abspath(path) if os.path.exists(path) else None


class HAProxy(Process):
    """`haproxy -W -S MASTER -f FILE`; write .config, then start()."""

    def __init__(self, folder, version=None):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.program = program(version)
        self.config = os.path.join(folder, "haproxy.cfg")
        self.master_socket = os.path.join(folder, "master.sock")
        self.stats_socket = os.path.join(folder, "admin.sock")
        self.pidfile = os.path.join(folder, "haproxy.pid")
        super().__init__(
            "haproxy", [self.program, "-W", "-S", self.master_socket,
                        "-p", self.pidfile, "-f", self.config],
            os.path.join(folder, "haproxy.log"))

    def header(self, more=""):
        """The global and defaults sections that every test wants."""
        return (f"global\n"
                f"\tstats socket {self.stats_socket} mode 600 level admin"
                f" expose-fd listeners\n"
                f"\tstats timeout 2m\n"
                f"\tmaxconn 500\n{more}"
                f"\n"
                f"defaults\n"
                f"\tmode http\n"
                f"\ttimeout connect 2s\n"
                f"\ttimeout client 10s\n"
                f"\ttimeout server 10s\n\n")

    def write(self, text):
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(text)

    def age(self):
        """Lets its file get so old that a process which begins now has read
        it whole, and nobody can doubt it."""
        changed = os.stat(self.config).st_ctime
        until(lambda: time.time() > changed + 0.3, "the file to be old")

    def start(self):
        super().start()
        until(lambda: self.worker() and self.cli("show info"),
              "haproxy to be up")
        return self

    def test(self, path=None):
        """haproxy -c: (is it valid, what it said)"""
        done = subprocess.run(
            [self.program, "-c", "-f", path or self.config],
            capture_output=True, text=True, check=False)
        return done.returncode == 0, done.stdout + done.stderr

    # --- its sockets --------------------------------------------------------

    @staticmethod
    def _ask(path, command):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(path)
            s.sendall(command.encode() + b"\n")
            s.shutdown(socket.SHUT_WR)
            answer = b""
            while block := s.recv(65536):
                answer += block
        return answer.decode(errors="replace")

    def cli(self, command):
        """A command to the running worker."""
        return self._ask(self.stats_socket, command)

    def master(self, command):
        """A command to the master."""
        return self._ask(self.master_socket, command)

    def processes(self):
        """`show proc` as (kind, pid, generation is the current one)."""
        found, old = [], False
        for line in self.master("show proc").splitlines():
            if line.startswith("# old"):
                old = True
            elif line.startswith("#"):
                old = old and not line.startswith("# programs")
            elif line.strip():
                words = line.split()
                found.append((words[1], int(words[0]), not old))
        return found

    def workers(self, old=False):
        return [pid for kind, pid, current in self.processes()
                if kind == "worker" and current != old]

    def worker(self):
        """The pid of the current worker, None while there is none."""
        if not os.path.exists(self.master_socket):
            return None
        current = self.workers()
        return current[0] if current else None

    def reload(self):
        """Through the master; returns when another worker has taken over."""
        before = self.worker()
        self.master("reload")
        return until(lambda: self._successor(before), "haproxy to reload")

    def _successor(self, before):
        now = self.worker()
        return now if now != before and self.cli("show info") else None

    def servers(self):
        """`show servers state`: "backend/server" → its fields by name.

        2.2 shows what its master is, too.
        """
        lines = self.cli("show servers state").splitlines()
        names = next(l for l in lines if l.startswith("#"))[1:].split()
        rows = [dict(zip(names, l.split())) for l in lines
                if l and not l.startswith("#") and len(l.split()) > 2]
        return {f"{r['be_name']}/{r['srv_name']}": r for r in rows
                if r["be_name"] != "MASTER"}

    def info(self, name):
        """One value of `show info`."""
        for line in self.cli("show info").splitlines():
            key, _, value = line.partition(": ")
            if key == name:
                return value
        return None
