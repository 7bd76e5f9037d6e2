# SPDX-License-Identifier: MIT
"""Traffic: requests without a pause, and connections that only stay open."""
import os
import re
import selectors
import shutil
import socket
import subprocess
import threading

from .wait import seconds

SWITCH = (b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
          b"Upgrade: echo\r\n\r\n")
SWITCHED = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
            b"Upgrade: echo\r\n\r\n")


class Wrk:
    """`wrk` on a port of this machine: keep-alive, so many connections."""

    def __init__(self, port, connections=64, path="/"):
        self.argv = ["wrk", "-t", "2", "-c", str(connections), "--latency",
                     "--timeout", f"{seconds(5):g}s",
                     f"http://127.0.0.1:{port}{path}"]
        self.child = None
        self.output = None

    @staticmethod
    def is_here():
        return shutil.which("wrk") is not None

    def start(self, duration):
        self.child = subprocess.Popen(
            self.argv + ["-d", f"{duration:g}s"], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return self

    def is_running(self):
        return self.child.poll() is None

    def wait(self):
        """(requests, those that failed)"""
        self.output, _ = self.child.communicate(timeout=600)
        assert self.child.returncode == 0, self.output
        requests = int(re.search(r"(\d+) requests in", self.output).group(1))
        failed = 0
        errors = re.search(r"Socket errors: (.*)", self.output)
        if errors:
            failed += sum(map(int, re.findall(r"\d+", errors.group(1))))
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", self.output)
        if bad:
            failed += int(bad.group(1))
        return requests, failed


class TunnelServers(threading.Thread):
    """Servers that switch protocols on request and echo from then on."""

    def __init__(self, count):
        super().__init__(daemon=True)
        self.selector = selectors.DefaultSelector()
        self.ports = []
        self.quit_in, self.quit_out = os.pipe()
        self.selector.register(self.quit_in, selectors.EVENT_READ, None)
        for _ in range(count):
            s = socket.create_server(("127.0.0.1", 0), backlog=512)
            s.setblocking(False)
            self.ports.append(s.getsockname()[1])
            self.selector.register(s, selectors.EVENT_READ, self._accept)
        self.start()

    def _accept(self, listening):
        s, _ = listening.accept()
        s.setblocking(False)
        self.selector.register(s, selectors.EVENT_READ, self._greet)

    def _greet(self, s):
        """A request: all of it comes at once, being short."""
        try:
            request = s.recv(65536)
        except OSError:
            request = b""
        if b"Upgrade" in request:
            s.send(SWITCHED)
            self.selector.modify(s, selectors.EVENT_READ, self._echo)
        else:
            self._close(s)

    def _echo(self, s):
        try:
            data = s.recv(65536)
            if data:
                s.send(data)
                return
        except OSError:
            pass
        self._close(s)

    def _close(self, s):
        self.selector.unregister(s)
        s.close()

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.data is None:
                    return
                key.data(key.fileobj)

    def stop(self):
        os.write(self.quit_out, b"x")
        self.join(5)
        for key in list(self.selector.get_map().values()):
            if key.data is not None:
                key.fileobj.close()
        self.selector.close()


class Tunnels:
    """Connections through a proxy that switched protocols and now idle."""

    def __init__(self, port, count):
        self.port = port
        self.sockets = []
        for _ in range(count):
            self.add()

    def add(self):
        s = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        s.sendall(SWITCH)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            block = s.recv(4096)
            assert block, f"closed after {head!r}"
            head += block
        assert head.startswith(b"HTTP/1.1 101"), head
        self.sockets.append(s)

    def closed(self):
        """How many do not give back what they are sent."""
        count = 0
        for i, s in enumerate(self.sockets):
            word = b"%d\n" % i
            try:
                s.sendall(word)
                count += s.recv(4096) != word
            except OSError:
                count += 1
        return count

    def stop(self):
        for s in self.sockets:
            s.close()
