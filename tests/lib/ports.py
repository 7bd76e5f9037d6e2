# SPDX-License-Identifier: MIT
"""Ports nobody else takes.

They lie below the kernel's ephemeral range, so no outgoing connection can
sit on one, and a lock file keeps two scenarios from choosing the same; the
lock ends with the process that holds it.
"""
import fcntl
import os
import random
import socket
import tempfile

FIRST, LAST = 10000, 32000
FOLDER = os.path.join(tempfile.gettempdir(), f"weir-ports-{os.getuid()}")
_locks = []


def _is_free(port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as s:
            if kind == socket.SOCK_STREAM:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def take():
    """A free port of 127.0.0.1, this process's own until it ends."""
    os.makedirs(FOLDER, exist_ok=True)
    for _ in range(1000):
        port = random.randint(FIRST, LAST)
        lock = open(os.path.join(FOLDER, str(port)), "w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        if _is_free(port):
            _locks.append(lock)
            return port
        lock.close()
    raise RuntimeError("no free port")
