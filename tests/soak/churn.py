# SPDX-License-Identifier: MIT
"""A Consul whose catalog never rests: blocking queries and nothing else.

Faster than tests/lib/fake_consul.py, since it must give thousands of answers a
second: one thread, asyncio. Every change is seeded: instances come and go,
change port, address, tags and checks; services come and go; now and then a
connection is reset, an answer is a 500 or is cut.
"""
import asyncio
import json
import random
import re
import socket
import struct
import time
import urllib.parse

HEAD = ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        "X-Consul-Index: %d\r\nX-Consul-KnownLeader: true\r\n"
        "X-Consul-LastContact: 0\r\nContent-Length: %d\r\n\r\n")


class Service:
    """Its instances, and who waits for them to change."""

    def __init__(self, name, index, rng):
        self.name = name
        self.index = index
        self.rng = rng
        self.serial = 0
        self.instances = {}
        for _ in range(rng.randint(3, 8)):
            self.join()

    def join(self):
        self.serial += 1
        self.instances[self.serial] = {
            "port": self.rng.randint(1024, 65000),
            "host": self.rng.randint(1, 250),
            "tags": [f"v{self.rng.randint(1, 9)}", f"build-{self.rng.random()}"],
            "status": "passing"}

    def change(self):
        """One change, never so large that the guard would hold it."""
        rng = self.rng
        one = rng.choice(list(self.instances))
        what = rng.random()
        if what < 0.2 and len(self.instances) < 12:
            self.join()
        elif what < 0.4 and len(self.instances) > 3:
            del self.instances[one]
        elif what < 0.6:
            self.instances[one]["port"] = rng.randint(1024, 65000)
        elif what < 0.8:
            self.instances[one]["tags"] = [f"build-{rng.random()}"]
        else:
            self.instances[one]["host"] = rng.randint(1, 250)

    def answer(self):
        out = []
        for serial, one in self.instances.items():
            node = f"node-{one['host']}"
            sid = f"{self.name}-{serial}"
            out.append({
                "Node": {"ID": "", "Node": node,
                         "Address": f"10.0.0.{one['host']}",
                         "Datacenter": "dc1", "TaggedAddresses": None,
                         "Meta": {}},
                "Service": {"ID": sid, "Service": self.name, "Address": "",
                            "Port": one["port"], "Tags": one["tags"],
                            "Meta": {"serial": str(serial)},
                            "Weights": {"Passing": 1, "Warning": 1}},
                "Checks": [{"Node": node, "CheckID": f"service:{sid}",
                            "Name": "c", "Status": one["status"], "Notes": "",
                            "Output": "", "ServiceID": sid,
                            "ServiceName": self.name}]})
        return json.dumps(out).encode()


class Churn:
    """The server; changes services as fast as they are asked for again."""

    def __init__(self, services, seed, faults=0.0005):
        self.rng = random.Random(seed)
        self.faults = faults
        self.index = 10
        self.changes = 0
        self.refused = 0
        self.wanted = None  # stops changing there
        self.born = 0
        self.services = {}
        self.catalog_index = 10
        self.catalog_waiters = []
        for _ in range(services):
            self.add_service()

    def add_service(self):
        self.born += 1
        name = f"service-{self.born}"
        self.services[name] = Service(name, self.index, self.rng)

    def replace_service(self):
        """One goes, a new one of another name comes."""
        gone = self.rng.choice(list(self.services))
        del self.services[gone]
        self.index += 1
        self.add_service()
        self.catalog_index = self.index
        for waiter in self.catalog_waiters:
            if not waiter.done():
                waiter.set_result(None)
        self.catalog_waiters = []

    async def start(self):
        server = await asyncio.start_server(self.talk, "127.0.0.1", 0,
                                            backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        return server

    @property
    def done(self):
        return self.wanted is not None and self.changes >= self.wanted

    async def talk(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                target = head.split(b" ", 2)[1].decode()
                path, _, text = target.partition("?")
                query = dict(urllib.parse.parse_qsl(text, True))
                if not await self.serve(path, query, writer):
                    return
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError,
                ConnectionError):
            pass
        finally:
            writer.close()

    async def serve(self, path, query, writer):
        asked = int(query.get("index", "0") or 0)
        if self.rng.random() < self.faults:
            return self.fail(writer)
        if path == "/v1/catalog/services":
            await self.wait_catalog(asked, query)
            data = json.dumps({name: [] for name in self.services}).encode()
            index = self.catalog_index
        elif found := re.fullmatch("/v1/health/service/(.*)", path):
            service = self.services.get(urllib.parse.unquote(found[1]))
            data, index = await self.ask(service, asked, query)
        elif path == "/v1/status/leader":
            data, index = b'"127.0.0.1:8300"', self.index
        else:
            data, index = b"[]", self.index
        writer.write((HEAD % (index, len(data))).encode() + data)
        return True

    async def ask(self, service, asked, query):
        """A blocking query is met by a change, unless nothing is to change."""
        if service is None:
            if asked:
                await asyncio.sleep(min(2, wait_of(query)))
            return b"[]", max(asked, self.index)
        if asked and asked >= service.index:
            end = time.monotonic() + wait_of(query)
            while self.done and time.monotonic() < end:
                await asyncio.sleep(0.2)
            if not self.done:
                self.change(service)
        return service.answer(), service.index

    def change(self, service):
        self.index += 1
        self.changes += 1
        service.change()
        service.index = self.index
        if self.changes % 2000 == 0:
            self.replace_service()

    async def wait_catalog(self, asked, query):
        if asked and asked >= self.catalog_index:
            waiter = asyncio.get_running_loop().create_future()
            self.catalog_waiters.append(waiter)
            try:
                await asyncio.wait_for(waiter, wait_of(query))
            except asyncio.TimeoutError:
                pass

    def fail(self, writer):
        self.refused += 1
        what = self.rng.randrange(3)
        if what == 0:
            link = writer.get_extra_info("socket")
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
            return False
        if what == 1:
            writer.write(b"HTTP/1.1 500 Said\r\nContent-Length: 9\r\n\r\n"
                         b"rpc error")
            return True
        writer.write((HEAD % (self.index, 1000)).encode() + b'[{"Node":')
        return False


def wait_of(query):
    found = re.fullmatch(r"(\d+)(ms|s|m)", query.get("wait", "60s"))
    return int(found[1]) * {"ms": 0.001, "s": 1, "m": 60}[found[2]]
