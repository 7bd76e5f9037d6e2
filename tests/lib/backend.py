# SPDX-License-Identifier: MIT
"""A web server that answers with its own name, and a client to ask it."""
import http.client
import http.server
import threading


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        owner = self.server.owner
        owner.hits += 1
        owner.gate.wait(30)
        body = owner.name.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A proxy that goes away resets its idle connections."""


class Backend:
    """Counts its hits; hold() makes it answer only after release()."""

    def __init__(self, name, port=0):
        self.name = name
        self.hits = 0
        self.gate = threading.Event()
        self.gate.set()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.owner = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def hold(self):
        self.gate.clear()

    def release(self):
        self.gate.set()

    def stop(self):
        self.gate.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def fetch(port, path="/", host=None, timeout=10):
    """(status, body) of one GET on 127.0.0.1; host is the Host header."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        link.request("GET", path, headers={"Host": host} if host else {})
        answer = link.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        link.close()
