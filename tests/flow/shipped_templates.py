# SPDX-License-Identifier: MIT
"""The templates that weir ships render, and HAProxy takes what they give."""
import glob
import json
import os

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SHIPPED = os.path.join(ROOT, "templates")


def instance(node, service, port, tags=()):
    return {"Node": f"n{node}", "Address": f"10.0.0.{node}", "Services": [
        {"Service": service, "ID": f"{service}-{node}", "Port": port,
         "Tags": list(tags),
         "Checks": [{"CheckID": f"c{node}", "Status": "passing"}]}]}


CATALOG = {
    "Datacenter": "dc1",
    "Nodes": [instance(1, "web", 8001, ["http"]),
              instance(2, "web", 8002, ["http", "canary"]),
              instance(3, "api", 9001, ["http"]),
              instance(4, "db", 5432)],
    "KV": {"haproxy/domain": "example.org", "haproxy/balance": "leastconn",
           "haproxy/hosts/www.example.org": "web",
           "haproxy/hosts/api.example.org": "api\n"}}


def render(t, name):
    t.write("catalog.json", json.dumps(CATALOG))
    out = t.path(name)
    weir = t.weir({
        "catalog": {"file": t.path("catalog.json")},
        'haproxy "main"': {"config": out},
        'template "x"': {"source": os.path.join(SHIPPED, name + ".tmpl"),
                         "destination": out,
                         "haproxy": "main" if name.endswith(".cfg") else None}})
    # the shipped stats socket lies under /run/haproxy: a check doesn't bind
    r = weir.render()
    assert r.code == 0, r
    return t.read(name)


def test_basic(t):
    text = render(t, "haproxy-basic.cfg")
    assert "\n    server web-1 10.0.0.1:8001 check weight 1\n" in text, text
    assert "\n    server web-2 10.0.0.2:8002 check weight 1\n" in text, text
    assert text.startswith("global\n")


def test_services(t):
    text = render(t, "haproxy-services.cfg")
    assert "use_backend api if { req.hdr(host),field(1,:) -i " \
        "api.example.org }\n" in text, text
    assert "\nbackend web\n    balance leastconn\n    server web-1 " in text, \
        text
    assert "db" not in text, text


def test_canary(t):
    text = render(t, "haproxy-canary.cfg")
    stable, canary = text.split("\nbackend stable\n")[1].split(
        "\nbackend canary\n")
    assert "web-1" in stable and "web-2" not in stable, text
    assert "web-2" in canary and "web-1" not in canary, text
    assert "rand(100) lt 5" in text, text


def test_slots(t):
    text = render(t, "haproxy-slots.cfg")
    assert "\nbackend web\n    balance roundrobin\n" in text, text
    assert "\n    server web-2 10.0.0.2:8002 check\n" in text, text
    assert text.count("\n    server api-") == 10, text
    assert "\n    server api-10 127.0.0.1:1 disabled check\n" in text, text


def test_hosts_map(t):
    assert render(t, "hosts.map") == \
        "api.example.org api\nwww.example.org web\n"


def test_every_shipped_template_has_a_test(t):
    here = {os.path.basename(p)[:-len(".tmpl")]
            for p in glob.glob(os.path.join(SHIPPED, "*.tmpl"))}
    with open(__file__, encoding="utf-8") as f:
        text = f.read()
    assert here and all(f'"{name}"' in text for name in here), here
