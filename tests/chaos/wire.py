# SPDX-License-Identifier: MIT
"""The wire between weir and Consul, which can be made bad.

A TCP proxy on loopback: what a network does to connections and a firewall can
do without root. .mode says how it behaves from now on:

    well     everything passes
    hole     nothing passes and nothing is closed; new connections hang
    reset    connections are reset, new ones too
    slow     a few bytes at a time
    cut      answers end in the middle
"""
import select
import socket
import struct
import threading
import time

MODES = ("well", "hole", "reset", "slow", "cut")


def _reset(link):
    try:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        link.close()
    except OSError:
        pass


class Wire:
    def __init__(self, port):
        self.target = port
        self.mode = "well"
        self.open = True
        self._links = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def set(self, mode):
        assert mode in MODES, mode
        self.mode = mode
        if mode == "reset":
            for link in list(self._links):
                _reset(link)

    def _accept(self):
        while self.open:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,),
                             daemon=True).start()

    def _carry(self, client):
        while self.mode == "hole" and self.open:
            time.sleep(0.05)
        if self.mode == "reset":
            _reset(client)
            return
        try:
            server = socket.create_connection(("127.0.0.1", self.target), 5)
        except OSError:
            _reset(client)
            return
        server.settimeout(None)
        self._links |= {client, server}
        try:
            self._pump(client, server)
        except (OSError, ValueError):
            pass
        finally:
            self._links -= {client, server}
            client.close()
            server.close()

    def _pump(self, client, server):
        while self.open:
            if self.mode == "hole":
                time.sleep(0.05)
                continue
            ready, _, _ = select.select([client, server], [], [], 0.2)
            for link in ready:
                if self.mode == "hole":
                    break
                data = link.recv(7 if self.mode == "slow" else 65536)
                if not data:
                    return
                if link is server and self.mode == "cut" and len(data) > 200:
                    client.sendall(data[:len(data) // 2])
                    return
                (server if link is client else client).sendall(data)
                if self.mode == "slow":
                    time.sleep(0.02)

    def stop(self):
        self.open = False
        self._listener.close()
        for link in list(self._links):
            _reset(link)
