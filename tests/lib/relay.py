# SPDX-License-Identifier: MIT
"""A stats socket in front of the real one, that misbehaves on request."""
import os
import socket
import threading
import time


class Relay:
    """Passes everything on, until .fault says otherwise.

    fault  None; "cut": half of the next reply, then the end; "slow": every
           reply only after .delay; "mute": no reply at all; "lie":
           .lie[0] reads .lie[1]; "slow lie": both
    when   only replies to commands that hold this text are touched
    """

    def __init__(self, path, target):
        self.path = path
        self.target = target
        self.fault = None
        self.when = ""
        self.delay = 1.0
        self.lie = (b"", b"")
        self.seen = []
        self._last = ""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(path)
        self._socket.listen(50)
        self._open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self._open = False
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
        if os.path.exists(self.path):
            os.unlink(self.path)

    def _accept(self):
        while self._open:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,),
                             daemon=True).start()

    def _serve(self, client):
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(self.target)
        except OSError:
            client.close()
            return
        last = {"command": ""}
        threading.Thread(target=self._commands, args=(client, server, last),
                         daemon=True).start()
        self._replies(server, client, last)

    def _commands(self, client, server, last):
        try:
            while data := client.recv(65536):
                text = data.decode(errors="replace")
                self.seen.append(text)
                last["command"] = text
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _replies(self, server, client, last):
        try:
            while data := server.recv(65536):
                fault = self.fault if self.when in last["command"] else None
                if fault in ("slow", "slow lie"):
                    time.sleep(self.delay)
                if fault in ("lie", "slow lie"):
                    data = data.replace(*self.lie)
                elif fault == "mute":
                    continue
                elif fault == "cut":
                    client.sendall(data[:len(data) // 2])
                    break
                client.sendall(data)
        except OSError:
            pass
        for s in (server, client):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()
