# SPDX-License-Identifier: MIT
"""A Consul that misbehaves on request.

It answers like the real one, blocking queries included, from what say() put
in. next() queues faults for a path: each is met by one request, in order.
Only for what a real Consul cannot be made to do.

    fake.say("/v1/health/service/web", [instance("web", port=80)])
    fake.next("/v1/health/service/web", status(500, "rpc error"), reset())
"""
import gzip
import json
import re
import socket
import struct
import threading
import time
import urllib.parse

from .wait import seconds, until


# --- faults: functions that send an answer of their own ---------------------

def status(code, text="", headers=None):
    """Another status, with this text as its body."""
    def play(talk, body, index):
        talk.answer(text.encode(), index, code, headers)
    return play


def body(text, headers=None):
    """200, but these bytes: for JSON that is wrong."""
    data = text if isinstance(text, bytes) else text.encode()

    def play(talk, _, index):
        talk.answer(data, index, 200, headers)
    return play


def headers(**more):
    """The right answer with other headers; None leaves one out.

    Names are given with _ for -: headers(X_Consul_Index="zero").
    """
    named = {k.replace("_", "-"): v for k, v in more.items()}

    def play(talk, data, index):
        talk.answer(data, index, 200, named)
    return play


def truncated(keep=10):
    """The right answer, cut after `keep` bytes of its body."""
    def play(talk, data, index):
        talk.send(talk.head(200, len(data), index) + data[:keep])
        talk.close()
    return play


def reset():
    """The connection is reset (RST) without an answer."""
    def play(talk, _, __):
        talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
        talk.close()
    return play


def hang_up():
    """The connection is closed in good order, without an answer."""
    def play(talk, _, __):
        talk.close()
    return play


def silence():
    """Nothing comes, until the other side gives up."""
    def play(talk, _, __):
        talk.wait_gone()
    return play


def late(pause, fault):
    """That fault, after a while."""
    def play(talk, data, index):
        time.sleep(seconds(pause))
        fault(talk, data, index)
    return play


def slow(pieces=10, pause=0.1):
    """The right answer, in pieces with pauses between them."""
    def play(talk, data, index):
        whole = talk.head(200, len(data), index) + data
        step = max(1, len(whole) // pieces)
        for at in range(0, len(whole), step):
            talk.send(whole[at:at + step])
            time.sleep(seconds(pause))
    return play


def instance(service, node="web-1", address="127.0.0.1", port=0, **more):
    """An element of /v1/health/service/NAME."""
    sid = more.get("id", service)
    state = more.get("status", "passing")
    return {
        "Node": {"ID": "", "Node": node, "Address": address,
                 "Datacenter": "dc1", "TaggedAddresses": None, "Meta": {}},
        "Service": {"ID": sid, "Service": service, "Address": address,
                    "Port": port, "Tags": more.get("tags", []),
                    "Meta": more.get("meta", {}),
                    "Weights": {"Passing": 1, "Warning": 1}},
        "Checks": [{"Node": node, "CheckID": f"service:{sid}",
                    "Name": "check", "Status": state, "Notes": "",
                    "Output": "", "ServiceID": sid,
                    "ServiceName": service}]}


# --- the server --------------------------------------------------------------

class Request:
    """One that came in: .method, .path, .query, .headers (lower case)."""

    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        self.method, target, _ = lines[0].split(" ", 2)
        self.path, _, text = target.partition("?")
        self.path = urllib.parse.unquote(self.path)
        self.query = dict(urllib.parse.parse_qsl(text, True))
        self.headers = {}
        self.at = time.monotonic()
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()

    def __repr__(self):
        return f"{self.method} {self.path} {self.query}"


class Talk:
    """One connection of a client."""

    def __init__(self, fake, connection):
        self.fake = fake
        self.socket = connection
        self.zip = False
        self._input = b""
        self._open = True

    def run(self):
        try:
            while self._open and (request := self._read()):
                self.zip = (self.fake.gzip and "gzip" in
                            request.headers.get("accept-encoding", ""))
                self.fake.serve(self, request)
        except OSError:
            pass
        finally:
            self.close()

    def _read(self):
        """The next request; the API has no bodies that a reader sends."""
        while b"\r\n\r\n" not in self._input:
            block = self.socket.recv(65536)
            if not block:
                return None
            self._input += block
        head, _, self._input = self._input.partition(b"\r\n\r\n")
        return Request(head)

    def head(self, code, length, index, more=None):
        fields = {"Content-Type": "application/json",
                  "X-Consul-Index": str(index),
                  "X-Consul-KnownLeader": "true",
                  "X-Consul-LastContact": "0",
                  "Content-Length": str(length)}
        fields.update(more or {})
        lines = [f"{k}: {v}" for k, v in fields.items() if v is not None]
        return (f"HTTP/1.1 {code} Said\r\n" + "\r\n".join(lines)
                + "\r\n\r\n").encode("latin-1")

    def answer(self, data, index, code=200, more=None):
        more = dict(more or {})
        if self.zip:
            data = gzip.compress(data)
            more.setdefault("Content-Encoding", "gzip")
        self.send(self.head(code, len(data), index, more) + data)

    def send(self, data):
        self.socket.sendall(data)

    def is_gone(self):
        """Has the client closed? (Requests of one that stays are kept.)"""
        try:
            self.socket.setblocking(False)
            block = self.socket.recv(65536)
            self._input += block
            return not block
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            if self._open:
                self.socket.setblocking(True)

    def wait_gone(self):
        while not self.is_gone() and self.fake.is_open:
            time.sleep(0.02)
        self.close()

    def close(self):
        if self._open:
            self._open = False
            self.socket.close()


class FakeConsul:
    """Answers on .address until stop()."""

    def __init__(self):
        self.gzip = False
        self.requests = []
        self.is_open = True
        self.index = 1
        self._answers = {}
        self._faults = {}
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self._talks = []
        self.say("/v1/status/leader", "127.0.0.1:8300")
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"http://{self.address}"

    # --- the script -----------------------------------------------------------

    def say(self, path, answer, index=None):
        """From now on `path` gives this; wakes who waits for a change.

        The index grows by one unless it is given (it may go backwards).
        """
        data = json.dumps(answer).encode()
        with self._changed:
            self.index = self.index + 1 if index is None else index
            self._answers[path] = (data, self.index)
            self._changed.notify_all()

    def next(self, path, *faults):
        """The next requests of `path` meet these instead, one each."""
        with self._changed:
            self._faults.setdefault(path, []).extend(faults)
            self._changed.notify_all()

    def always(self, path, fault):
        """Every request of `path` meets this, until well(path)."""
        with self._changed:
            self._faults[path] = fault
            self._changed.notify_all()

    def well(self, path):
        """Forgets the faults of `path`."""
        with self._changed:
            self._faults.pop(path, None)

    # --- what came in -------------------------------------------------------

    def count(self, path):
        return len(self.asked(path))

    def asked(self, path):
        """The requests of paths that match this pattern as a whole."""
        with self._changed:
            return [r for r in self.requests if re.fullmatch(path, r.path)]

    def wait_asked(self, path, times=1, patience=15):
        """Waits until `path` was asked for so often; the last request."""
        until(lambda: self.count(path) >= times,
              f"{times} requests of {path}", patience)
        return self.asked(path)[-1]

    # --- serving ----------------------------------------------------------------

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            talk = Talk(self, connection)
            self._talks.append(talk)
            threading.Thread(target=talk.run, daemon=True).start()

    def _take_fault(self, path):
        faults = self._faults.get(path)
        if not isinstance(faults, list):
            return faults
        return faults.pop(0) if faults else None

    def _current(self, path):
        missing = b"" if path.startswith("/v1/kv/") else b"[]"
        return self._answers.get(path, (missing, self.index))

    def serve(self, talk, request):
        with self._changed:
            self.requests.append(request)
        fault = self._wait_turn(talk, request)
        with self._changed:
            data, index = self._current(request.path)
        if fault:
            fault(talk, data, index)
        elif not data:
            talk.answer(b"", index, 404)
        else:
            talk.answer(data, index)

    def _wait_turn(self, talk, request):
        """Holds a blocking query; a fault or a change ends the wait."""
        asked = int(request.query.get("index", "0") or 0)
        end = time.monotonic() + _duration(request.query.get("wait", "5m"))
        while self.is_open and not talk.is_gone():
            with self._changed:
                fault = self._take_fault(request.path)
                index = self._current(request.path)[1]
                left = end - time.monotonic()
                if fault or not asked or index != asked or left <= 0:
                    return fault
                self._changed.wait(min(left, 0.1))
        raise OSError("gone")

    def drop_connections(self):
        """Closes every connection there is."""
        for talk in self._talks:
            try:
                talk.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._talks.clear()

    def refuse(self):
        """Nobody listens any more; listen() takes it back."""
        self._stop_listening()
        self.drop_connections()

    def listen(self):
        self._listener = socket.create_server(
            ("127.0.0.1", self.port), backlog=256)
        threading.Thread(target=self._accept, daemon=True).start()

    def _stop_listening(self):
        """A close alone would leave it open under a waiting accept()."""
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()

    def stop(self):
        self.is_open = False
        self._stop_listening()
        with self._changed:
            self._changed.notify_all()
        self.drop_connections()


def _duration(text):
    """A Go duration in seconds."""
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
    return sum(float(n) * units[u] for n, u in
               re.findall(r"([\d.]+)(ms|s|m|h)", text))
