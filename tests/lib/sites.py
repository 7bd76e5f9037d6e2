# SPDX-License-Identifier: MIT
"""Small sites that several scenarios start from."""
import json


def catalog(*ports, kv=None, note=""):
    """A catalog file with an instance of "web" for each port."""
    return json.dumps({
        "Datacenter": "dc1", "KV": kv or {},
        "Nodes": [
            {"Node": f"n{i}", "Address": "127.0.0.1", "Services": [
                {"Service": "web", "ID": f"web-{i}", "Port": port,
                 "Checks": [{"CheckID": f"c{i}", "Status": "passing",
                             "Output": note}]}]}
            for i, port in enumerate(ports, 1)]})


def proxy_weir(t, proxy, settle="1ms:5ms", guard="100%", **keys):
    """A weir with catalog.json that renders haproxy.tmpl for this HAProxy."""
    return t.weir({
        "catalog": {"file": t.path("catalog.json")},
        "guard": {"max_removed": guard},
        'haproxy "main"': {
            "config": proxy.config, "binary": proxy.program,
            "master_socket": proxy.master_socket,
            "stats_socket": proxy.stats_socket, **keys},
        'template "haproxy.cfg"': {
            "source": t.path("haproxy.tmpl"), "haproxy": "main",
            "destination": proxy.config, "settle": settle}})


def catalog_site(t, env=None, **keys):
    """A weir with a catalog file and one template; (weir, out path)."""
    t.write("catalog.json", catalog(8001))
    t.write("a.tmpl", '{{range service "web"}}{{.ID}}:{{.Port}}\n{{end}}')
    out = t.path("a.out")
    weir = t.weir({
        "catalog": {"file": t.path("catalog.json")},
        'template "a"': {"source": t.path("a.tmpl"), "destination": out,
                         "settle": "10ms:100ms", **keys}}, env=env)
    return weir, out
