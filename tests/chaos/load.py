# SPDX-License-Identifier: MIT
"""Clients that never stop asking, and remember what they did not get."""
import http.client
import random
import threading
import time


class Load:
    """`clients` keep-alive clients of the services behind one port.

    A failure is (begin, end, service, what). Those in a window that excuse() opened
    (the proxy itself was killed) don't count.
    """

    def __init__(self, port, services, clients=8, seed=1):
        self.port = port
        self.services = services
        self.requests = 0
        self.failures = []
        self._excused = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask_on, daemon=True,
                             args=(random.Random(seed * 1000 + i),))
            for i in range(clients)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(15)

    def excuse(self):
        """Opens a window; call the result to close it."""
        window = [time.monotonic(), None]
        self._excused.append(window)

        def close():
            window[1] = time.monotonic()
        return close

    def lost(self):
        """The failures that nothing excuses."""
        def is_excused(begin, end):
            return any(a <= end and (b is None or begin <= b)
                       for a, b in self._excused)
        return [f for f in list(self.failures) if not is_excused(*f[:2])]

    def _fail(self, begin, service, what):
        self.failures.append((begin, time.monotonic(), service, what))

    def _ask_on(self, rng):
        link = None
        while not self._stop.is_set():
            service = rng.choice(self.services)
            begin = time.monotonic()
            try:
                if link is None or rng.random() < 0.05:
                    if link:
                        link.close()
                    link = http.client.HTTPConnection(
                        "127.0.0.1", self.port, timeout=10)
                link.request("GET", "/", headers={"Host": service})
                answer = link.getresponse()
                body = answer.read().decode(errors="replace")
                if answer.status != 200:
                    self._fail(begin, service, answer.status)
                elif not body.startswith(service + "-"):
                    self._fail(begin, service, body[:60])
                if answer.will_close:
                    link.close()
                    link = None
            except http.client.RemoteDisconnected as error:
                # An idle connection may end; one that was just opened not.
                if link and getattr(link, "used", False):
                    link = self._drop(link)
                    continue
                self._fail(begin, service, repr(error))
                link = self._drop(link)
            except (OSError, http.client.HTTPException) as error:
                if isinstance(error, (ConnectionResetError,
                                      BrokenPipeError)) and \
                        getattr(link, "used", False):
                    link = self._drop(link)
                    continue
                self._fail(begin, service, repr(error))
                link = self._drop(link)
                time.sleep(0.05)
            else:
                if link:
                    link.used = True
            self.requests += 1
            time.sleep(0.005)

    @staticmethod
    def _drop(link):
        if link:
            link.close()
