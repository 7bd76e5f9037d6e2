# SPDX-License-Identifier: MIT
"""The bed itself: what scenarios build on must hold first."""
import http.client
import json
import os

from lib import fake_consul
from lib.fake_consul import instance
from lib.haproxy import versions

WORLD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                     "template", "world.json")


def passing(consul, service):
    return consul.get(f"/v1/health/service/{service}?passing=1")


def test_consul_registers_checks_and_deregisters(t):
    consul = t.consul()
    consul.register("web", node="web-1", port=8001, tags=["a\nb"])
    consul.register("web", node="web-2", port=8002)
    assert len(passing(consul, "web")) == 2
    consul.check("critical", service="web", node="web-2")
    assert [e["Service"]["Port"] for e in passing(consul, "web")] == [8001]
    consul.deregister(node="web-1", service="web")
    assert passing(consul, "web") == []
    consul.kv_put("app/name with blank", "value")
    assert consul.request("GET", "/v1/kv/app/name%20with%20blank?raw")[2] \
        == "value"


def test_production_consul_prints_json_without_blanks(t):
    consul = t.consul(production=True)
    dense = consul.request("GET", "/v1/catalog/services")[2]
    assert dense == '{"consul":[]}', dense
    consul.kv_put("kept", "1")
    consul.kill()
    consul.start()
    t.until(lambda: consul.request("GET", "/v1/kv/kept?raw")[2] == "1",
            "the key to survive")


def test_two_datacenters_hold_the_world(t):
    first = t.consul()
    second = t.consul(datacenter="dc2", join=first)
    with open(WORLD, encoding="utf-8") as f:
        world = json.load(f)
    first.load(world)
    second.load(world["Remote"][0])
    t.until(lambda: sorted(first.get("/v1/catalog/datacenters"))
            == ["dc1", "dc2"], "both datacenters to be known")
    name = next(s["Service"] for n in world["Remote"][0]["Nodes"]
                for s in n.get("Services", []) if s["Service"] != "consul")
    t.until(lambda: first.get(f"/v1/catalog/service/{name}?dc=dc2"),
            "the other datacenter to answer")


def test_acl_denies_without_the_token(t):
    consul = t.consul(token="6ac83a5c-1d09-4f0e-9d4c-7d5e0f6b1b11")
    assert len(consul.get("/v1/catalog/nodes")) == 1
    consul.token = None
    assert consul.request("GET", "/v1/kv/x")[0] == 403


def test_consul_serves_https_and_a_unix_socket(t):
    consul = t.consul(tls=True, unix=True)
    for curl in (["--cacert", consul.ca, consul.https],
                 ["--unix-socket", consul.socket, "http://localhost"]):
        asked = t.run("curl", "curl", "-s", "-S", *curl[:-1],
                      curl[-1] + "/v1/status/leader")
        assert asked.wait_exit() == 0, asked.log()
        assert "127.0.0.1" in asked.log_after_mark(), asked.log()


def test_consul_resets_a_client_with_too_many_connections(t):
    consul = t.consul(max_conns=3)
    links = [http.client.HTTPConnection("127.0.0.1", consul.ports["http"])
             for _ in range(4)]

    def is_served(link):
        link.close()
        link.request("GET", "/v1/status/leader")
        return link.getresponse().read()
    try:
        # Consul may not have seen yet that who waited for it has hung up.
        for link in links[:3]:
            t.until(lambda link=link: is_served(link), "a connection")
        try:
            links[3].request("GET", "/v1/status/leader")
            links[3].getresponse()
            assert False, "a fourth connection was served"
        except OSError:
            pass
        except http.client.HTTPException:
            pass
    finally:
        for link in links:
            link.close()


def web(port, *backends):
    servers = "".join(f"\tserver {b.name} {b.address}\n" for b in backends)
    return (f"frontend in\n\tbind 127.0.0.1:{port}\n"
            f"\tdefault_backend web\nbackend web\n{servers}")


def test_haproxy_reloads_through_its_master(t):
    port, one, two = t.port(), t.backend("one"), t.backend("two")
    proxy = t.haproxy(web(port, one))
    t.until_served(port, "one")
    before, servers = proxy.worker(), proxy.servers()
    assert list(servers) == ["web/one"], servers
    proxy.write(proxy.header() + web(port, two))
    assert proxy.test()[0]
    assert proxy.reload() != before
    t.until_served(port, "two")
    assert str(proxy.worker()) == proxy.info("Pid")
    t.until(lambda: proxy.workers(old=True) == [], "the old worker to go")


def test_haproxy_refuses_a_broken_file(t):
    proxy = t.haproxy()
    proxy.write(proxy.header() + "backend web\n\tserver broken\n")
    valid, said = proxy.test()
    assert not valid and "haproxy.cfg:13] : 'server' expects" in said, said


def test_haproxy_changes_a_server_at_run_time(t):
    port, one, two = t.port(), t.backend("one"), t.backend("two")
    proxy = t.haproxy(web(port, one))
    t.until_served(port, "one")
    proxy.cli(f"set server web/one addr 127.0.0.1 port {two.port}")
    t.until_served(port, "two")
    assert proxy.servers()["web/one"]["srv_port"] == str(two.port)


def test_every_haproxy_here_starts_and_reloads(t):
    port, one = t.port(), t.backend("one")
    for version in versions():
        proxy = t.haproxy(web(port, one), version)
        t.until_served(port, "one")
        proxy.reload()
        t.until_served(port, "one")
        proxy.stop()


def test_nginx_serves_and_reloads(t):
    nginx = t.nginx()
    site = "server { listen 127.0.0.1:%d; return 200 %s; }\n"
    nginx.write(site % (nginx.port, "first"))
    nginx.start()
    t.until_served(nginx.port, "first")
    nginx.write(site % (nginx.port, "second"))
    nginx.reload()
    t.until_served(nginx.port, "second")


WEB = "/v1/health/service/web"


def ask(fake, target=WEB, headers=None, timeout=10):
    link = http.client.HTTPConnection("127.0.0.1", fake.port,
                                      timeout=timeout)
    try:
        link.request("GET", target, headers=headers or {})
        answer = link.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        link.close()


def fails(fake, kinds, **more):
    try:
        ask(fake, **more)
    except kinds:
        return True
    return False


def test_fake_consul_holds_blocking_queries_until_a_change(t):
    fake = t.fake_consul()
    fake.say(WEB, [instance("web", port=1)])
    code, headers, _ = ask(fake)
    index = headers["X-Consul-Index"]
    assert code == 200 and index == str(fake.index)
    assert fails(fake, TimeoutError, timeout=0.3,
                 target=f"{WEB}?index={index}&wait=10s")
    _, headers, _ = ask(fake, f"{WEB}?index={index}&wait=100ms")
    assert headers["X-Consul-Index"] == index
    waiter = t.run("curl", "curl", "-s",
                   f"{fake.url}{WEB}?index={index}&wait=60s")
    fake.wait_asked(WEB, 4)
    fake.say(WEB, [instance("web", port=2)])
    waiter.wait_exit()
    assert json.loads(waiter.log())[0]["Service"]["Port"] == 2


def test_fake_consul_plays_its_faults_one_after_another(t):
    fake = t.fake_consul()
    fake.say(WEB, [instance("web", port=1)])
    fake.next(WEB, fake_consul.status(500, "rpc error"),
              fake_consul.truncated(5), fake_consul.reset(),
              fake_consul.hang_up(), fake_consul.body("{nonsense"),
              fake_consul.headers(X_Consul_Index=None),
              fake_consul.slow(pieces=3, pause=0.01))
    assert ask(fake)[::2] == (500, b"rpc error")
    assert fails(fake, http.client.IncompleteRead)
    assert fails(fake, ConnectionResetError)
    assert fails(fake, http.client.RemoteDisconnected)
    assert ask(fake)[2] == b"{nonsense"
    assert ask(fake)[1]["X-Consul-Index"] is None
    assert json.loads(ask(fake)[2])[0]["Service"]["Port"] == 1
    assert ask(fake)[0] == 200
    fake.next(WEB, fake_consul.silence())
    assert fails(fake, TimeoutError, timeout=0.2)
    assert fake.count(WEB) == 9


def test_fake_consul_sends_gzip_and_an_index_that_goes_backwards(t):
    fake = t.fake_consul()
    fake.gzip = True
    fake.say(WEB, [], index=500)
    _, headers, body = ask(fake, headers={"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip" and body[:2] == b"\x1f\x8b"
    assert ask(fake)[2] == b"[]"
    fake.say(WEB, [], index=20)
    assert ask(fake, f"{WEB}?index=500")[1]["X-Consul-Index"] == "20"


def test_fake_consul_refuses_and_comes_back(t):
    fake = t.fake_consul()
    fake.refuse()
    assert fails(fake, ConnectionRefusedError)
    fake.listen()
    assert ask(fake, "/v1/status/leader")[0] == 200
    assert ask(fake, "/v1/kv/none")[0] == 404
