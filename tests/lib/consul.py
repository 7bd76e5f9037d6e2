# SPDX-License-Identifier: MIT
"""A real Consul agent, on ports of its own."""
import http.client
import json
import os
import subprocess
import urllib.parse

from . import ports
from .process import Process
from .wait import until


class Answer(Exception):
    """Consul said something other than 200."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text


class Consul(Process):
    """`consul agent`: in memory, or as a production server.

    production  keeps its data in a folder, and prints JSON without blanks
    join        another Consul, of another datacenter, to join over the WAN
    token       turns ACLs on, with this master token; all else is denied
    max_conns   connections allowed to one client (Consul's own default: 200)
    tls         serves https too, at .https, signed by .ca
    verify      … only to who shows a certificate of that authority
    unix        serves http on the socket .socket as well
    node_id     of the agent's own node; Consul draws one otherwise
    expect      servers of a cluster that elects its leader when so many are
                there; production is implied
    peer        another Consul of that cluster
    """

    def __init__(self, folder, node="consul-1", datacenter="dc1",
                 production=False, join=None, token=None, max_conns=None,
                 tls=False, unix=False, node_id=None, verify=False,
                 expect=1, peer=None):
        self.folder = folder
        self.node = node
        self.datacenter = datacenter
        self.production = production or expect > 1
        self.expect = expect
        self.peer = peer
        self.join = join
        self.node_id = node_id
        self.verify = verify
        self.token = token
        os.makedirs(folder, exist_ok=True)
        self.ports = {"http": ports.take(), "https": -1, "dns": -1,
                      "grpc": -1, "server": ports.take(),
                      "serf_lan": ports.take(), "serf_wan": ports.take()}
        self.socket = os.path.join(folder, "consul.sock") if unix else None
        self.ca = self._make_certificate() if tls else None
        self.config = os.path.join(folder, "consul.json")
        with open(self.config, "w", encoding="utf-8") as f:
            json.dump(self._settings(max_conns), f, indent=1)
        super().__init__(f"consul {node}", self._argv(),
                         os.path.join(folder, "consul.log"))

    def _argv(self):
        argv = ["consul", "agent", "-config-file", self.config]
        if not self.production:
            return argv + ["-dev"]
        return argv + ["-server", "-bootstrap-expect", str(self.expect),
                       "-data-dir", os.path.join(self.folder, "data")]

    def _settings(self, max_conns):
        addresses = {"http": "127.0.0.1"}
        if self.socket:
            addresses["http"] = f"127.0.0.1 unix://{self.socket}"
        settings = {
            "node_name": self.node, "datacenter": self.datacenter,
            "bind_addr": "127.0.0.1", "client_addr": "127.0.0.1",
            "addresses": addresses, "ports": self.ports,
            "log_level": "INFO", "disable_update_check": True,
            "performance": {"raft_multiplier": 1},
        }
        if self.node_id:
            settings["node_id"] = self.node_id
        if max_conns is not None:
            settings["limits"] = {"http_max_conns_per_client": max_conns}
        if self.peer:
            lan = self.peer.ports["serf_lan"]
            settings["retry_join"] = [f"127.0.0.1:{lan}"]
            settings["retry_interval"] = "1s"
        if self.join:
            wan = self.join.ports["serf_wan"]
            settings["retry_join_wan"] = [f"127.0.0.1:{wan}"]
            settings["retry_interval_wan"] = "1s"
            settings["primary_datacenter"] = self.join.datacenter
        if self.token:
            settings["acl"] = {"enabled": True, "default_policy": "deny",
                               "tokens": {"master": self.token}}
        if self.ca:
            settings["ca_file"] = self.ca
            settings["cert_file"] = os.path.join(self.folder, "tls.crt")
            settings["key_file"] = os.path.join(self.folder, "tls.key")
            settings["verify_incoming_https"] = self.verify
        return settings

    def _make_certificate(self):
        """One that signs itself, so that it is its own authority."""
        self.ports["https"] = ports.take()
        name = os.path.join(self.folder, "tls")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-keyout", name + ".key", "-out", name + ".crt",
             "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost,IP:127.0.0.1"],
            check=True, capture_output=True)
        return name + ".crt"

    @property
    def address(self):
        return f"127.0.0.1:{self.ports['http']}"

    @property
    def url(self):
        return f"http://{self.address}"

    @property
    def https(self):
        return f"https://127.0.0.1:{self.ports['https']}"

    def start(self):
        super().start()
        if self.expect == 1 or self.peer:
            self.wait_up()
        return self

    def wait_up(self):
        until(self._is_up, f"{self.name} to be up", 40)

    def _is_up(self):
        assert self.is_running(), f"{self.name} ended: {self.log()[-800:]}"
        try:
            return (self.get("/v1/status/leader")
                    and self.get("/v1/catalog/service/consul"))
        except Answer:
            return False

    # --- its HTTP API -----------------------------------------------------

    def request(self, method, path, body=None):
        """(status, headers, text)"""
        link = http.client.HTTPConnection("127.0.0.1", self.ports["http"],
                                          timeout=30)
        headers = {"X-Consul-Token": self.token} if self.token else {}
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        try:
            link.request(method, path, body=body, headers=headers)
            answer = link.getresponse()
            return (answer.status, answer.headers,
                    answer.read().decode(errors="replace"))
        finally:
            link.close()

    def _json(self, method, path, body=None):
        status, _, text = self.request(method, path, body)
        if status != 200:
            raise Answer(status, text)
        return json.loads(text) if text else None

    def get(self, path):
        return self._json("GET", path)

    def put(self, path, body=None):
        return self._json("PUT", path, body)

    def delete(self, path):
        return self._json("DELETE", path)

    # --- the catalog --------------------------------------------------------

    def register(self, service, node="web-1", address="127.0.0.1", port=0,
                 **more):
        """An instance of `service` on `node`, with a check in `status`.

        more: id, tags, meta, weights, status (passing), node_meta, output
        """
        sid = more.get("id", service)
        entry = {"ID": sid, "Service": service, "Address": address,
                 "Port": port, "Tags": more.get("tags", []),
                 "Meta": more.get("meta", {})}
        if "weights" in more:
            entry["Weights"] = more["weights"]
        self.put("/v1/catalog/register", {
            "Node": node, "Address": address, "Service": entry,
            "NodeMeta": more.get("node_meta", {}),
            "Check": {"Node": node, "CheckID": f"service:{sid}",
                      "Name": f"{service} check", "ServiceID": sid,
                      "Status": more.get("status", "passing"),
                      "Output": more.get("output", "")}})

    def check(self, status, service=None, node="web-1", check_id=None):
        """Sets a check: that of a service (its id), or one of the node."""
        check_id = check_id or (f"service:{service}" if service
                                else "nodeCheck")
        entry = {"Node": node, "CheckID": check_id, "Name": check_id,
                 "Status": status}
        if service:
            entry["ServiceID"] = service
        self.put("/v1/catalog/register",
                 {"Node": node, "SkipNodeUpdate": True, "Check": entry})

    def deregister(self, node="web-1", service=None):
        """A service of a node (by its id), or the whole node."""
        body = {"Node": node, "Datacenter": self.datacenter}
        if service:
            body["ServiceID"] = service
        self.put("/v1/catalog/deregister", body)

    def kv_put(self, key, value):
        self.put("/v1/kv/" + urllib.parse.quote(key, safe="/"), value)

    def kv_delete(self, key, recurse=False):
        self.delete("/v1/kv/" + urllib.parse.quote(key, safe="/")
                    + ("?recurse" if recurse else ""))

    def load(self, world):
        """Puts one datacenter of a catalog file in (a dictionary)."""
        for node in world["Nodes"]:
            services = node.get("Services", [])
            if any(s["Service"] == "consul" for s in services):
                continue            # the agent's own node
            self._load_node(node, services)
        for key, value in world.get("KV", {}).items():
            self.kv_put(key, value)

    def _load_node(self, node, services):
        base = {"ID": node.get("ID", ""), "Node": node["Node"],
                "Address": node.get("Address", ""),
                "TaggedAddresses": node.get("TaggedAddresses"),
                "NodeMeta": node.get("Meta")}

        def checks(owner, **more):
            keys = ("CheckID", "Name", "Status", "Notes", "Output")
            return [{**{k: c[k] for k in keys if k in c},
                     "Node": node["Node"], **more}
                    for c in owner.get("Checks", [])]

        self.put("/v1/catalog/register", {**base, "Checks": checks(node)})
        for service in services:
            sid = service.get("ID", service["Service"])
            entry = {k: v for k, v in service.items() if k != "Checks"}
            self.put("/v1/catalog/register", {
                **base, "Service": entry,
                "Checks": checks(service, ServiceID=sid)})
