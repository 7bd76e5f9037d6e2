# SPDX-License-Identifier: MIT
"""What Consul may do to a watch, and what becomes of the last good answer."""
import os
import re
import time

from lib import fake_consul as fake_module
from lib.fake_consul import instance

WEB = "/v1/health/service/web"
LINE = '{{range service "web|any"}}{{.ID}}:{{.Port}} {{end}}'
QUICK = {"retry_min": "100ms", "retry_max": "400ms", "wait": "10s"}


def site(t, consul, template=LINE, **keys):
    """A weir with one template that is written to "out"."""
    t.write("in.tmpl", template)
    return t.weir({
        "consul": {**QUICK, **keys},
        "guard": {"max_removed": "100%"},
        'template "a"': {"source": t.path("in.tmpl"),
                         "destination": t.path("out"),
                         "settle": "10ms:100ms"}}, consul=consul)


def web(port):
    return [instance("web", port=port)]


def ready(t, **keys):
    """A fake Consul that has said 8001, and a weir that has heard it."""
    fake = t.fake_consul()
    fake.say(WEB, web(8001))
    weir = site(t, fake, **keys).start()
    t.until_file("out", lambda s: s == "web:8001 ")
    return fake, weir


def gaps(fake):
    """Seconds between the requests of the query."""
    asked = [r.at for r in fake.asked(WEB)]
    return [b - a for a, b in zip(asked, asked[1:])]


def test_consul_that_is_down_at_the_start_is_waited_for(t):
    fake = t.fake_consul()
    fake.say(WEB, web(8001))
    fake.refuse()
    weir = site(t, fake).start()
    weir.wait_log(r"health\.service\(web\|any\): http://127\.0\.0\.1:\d+: "
                  r"can't connect: Connection refused; no answer so far")
    assert t.read("out") is None
    fake.listen()
    t.until_file("out", lambda s: s == "web:8001 ")
    weir.wait_log(r"health\.service\(web\|any\): answered again")


def test_consul_that_goes_and_comes_back_changes_nothing(t):
    fake, weir = ready(t)
    fake.refuse()
    weir.wait_log("the last good answer stays")
    assert t.read("out") == "web:8001 "
    fake.say(WEB, web(8002))
    fake.listen()
    t.until_file("out", lambda s: s == "web:8002 ")
    assert weir.log().count("the last good answer stays") == 1


def test_every_bad_answer_is_named_and_keeps_the_last_good_one(t):
    bad = fake_module
    newer = {"X-Consul-Index": "99999"}     # or nobody would look at it
    fake, weir = ready(t)
    port = 8001
    for fault, words in (
            (bad.status(403, "Permission denied"),
             r"Unexpected response code: 403 \(Permission denied\)"),
            (bad.status(404, "no such\n page\n"),
             r"Unexpected response code: 404 \(no such\\x0a page\)"),
            (bad.status(429, ""), r"Unexpected response code: 429 \(\)"),
            (bad.status(500, "No cluster leader"),
             r"Unexpected response code: 500 \(No cluster leader\)"),
            (bad.status(500, "y" * 400), r"code: 500 \(y{300}…\)"),
            (bad.status(301, "", {"Location": "http://127.0.0.1:1/"}),
             r"Unexpected response code: 301 \(\)"),
            (bad.truncated(20), r"http://127.*: \S.*; the last good"),
            (bad.reset(), r"http://127.*: \S.*; the last good"),
            (bad.hang_up(), r"http://127.*: \S.*; the last good"),
            (bad.body("<html>", newer), r"health/service: expected an array"),
            (bad.body('[{"Service": {"Port": "x"}}]', newer),
             r"health/service: \[0\]\.Service\.Port: expected a number"),
            (bad.body("[" + "9" * 30, newer), "health/service: "),
            (bad.body('{"a": 1}', newer), r"health/service: expected an array")):
        weir.mark()
        # twice: a kept connection that is closed is tried afresh at once
        fake.next(WEB, fault, fault)
        weir.wait_log(r"health\.service\(web\|any\): .*" + words)
        weir.wait_log(r"health\.service\(web\|any\): answered again")
        assert t.read("out") == f"web:{port} "
        port += 1
        fake.say(WEB, web(port))
        t.until_file("out", lambda s, p=port: s == f"web:{p} ")
    assert weir.is_running()


def test_a_watch_in_error_is_visible(t):
    fake, weir = ready(t)
    fake.always(WEB, fake_module.status(500, "No cluster leader"))
    weir.wait_log("No cluster leader")
    before = fake.count(WEB)
    fake.wait_asked(WEB, before + 3)    # it fails again and again
    text = weir.get("/status")[1]
    assert "Unexpected response code: 500 (No cluster leader)" in text
    assert weir.log().count("No cluster leader); the last good") == 1


def test_retries_keep_apart(t):
    fake, weir = ready(t)
    fake.always(WEB, fake_module.status(500, "x"))
    weir.wait_log("code: 500")
    fake.wait_asked(WEB, fake.count(WEB) + 8)
    assert min(gaps(fake)[-7:]) >= 0.099, gaps(fake)


def test_retries_are_drawn_by_chance(t):
    """Else all that failed at once would come back at once."""
    fake, weir = ready(t)
    fake.always(WEB, fake_module.status(404, "x"))  # no outage: no scouts
    weir.wait_log("code: 404")
    fake.wait_asked(WEB, fake.count(WEB) + 16)
    late = gaps(fake)[-12:]     # the pause has grown to its longest, 400 ms
    assert min(late) < 0.33, late


def test_an_index_that_goes_backwards_starts_over(t):
    fake = t.fake_consul()
    fake.say(WEB, web(8001), index=5000)
    site(t, fake).start()
    t.until_file("out", lambda s: s == "web:8001 ")
    fake.wait_asked(WEB, 2)
    fake.say(WEB, web(8002), index=7)
    t.until_file("out", lambda s: s == "web:8002 ")
    t.until(lambda: fake.asked(WEB)[-1].query.get("index") == "7",
            "the new index to be asked for")
    plain = [r for r in fake.asked(WEB) if "index" not in r.query]
    assert len(plain) == 2, fake.asked(WEB)
    assert "stale" in plain[0].query and "consistent" in plain[1].query


def test_what_a_lower_index_brings_is_asked_for_again(t):
    """A server that has not read its log knows nothing, and says so."""
    fake = t.fake_consul()
    fake.say(WEB, web(8001), index=5000)
    weir = site(t, fake).start()
    t.until_file("out", lambda s: s == "web:8001 ")
    fake.wait_asked(WEB, 2)
    fake.next(WEB, fake_module.body("[]", {"X-Consul-Index": "7"}))
    fake.drop_connections()     # what waits is asked again, and meets that
    t.until(lambda: "consistent" in fake.asked(WEB)[-1].query
            or len(fake.asked(WEB)) > 5, "it to be asked again")
    fake.say(WEB, web(8002))
    t.until_file("out", lambda s: s == "web:8002 ")
    assert any("consistent" in r.query for r in fake.asked(WEB))
    t.until(lambda: weir.log().count("a: 1 file written") >= 2, "it to be said")
    assert weir.log().count("a: 1 file written") == 2, "it was believed"


def test_an_index_of_zero_is_no_busy_loop(t):
    for odd in ("0", "zero", None, "-1"):
        fake = t.fake_consul()
        fake.say(WEB, web(8001))
        fake.always(WEB, fake_module.headers(X_Consul_Index=odd))
        weir = site(t, fake).start()
        t.until_file("out", lambda s: s == "web:8001 ")
        fake.wait_asked(WEB, fake.count(WEB) + 5)
        assert min(gaps(fake)[-4:]) >= 0.099, (odd, gaps(fake))
        # each that comes too early doubles the pause
        assert gaps(fake)[-1] >= 0.3, (odd, gaps(fake))
        weir.stop()
        os.unlink(t.path("out"))


def test_answers_of_one_query_keep_apart(t):
    fake, _ = ready(t)
    fake.wait_asked(WEB, 2)
    end = time.monotonic() + t.seconds(2)
    port = 8001
    while time.monotonic() < end:
        port += 1
        fake.say(WEB, web(port))
        time.sleep(0.01)        # far more changes than it may ask for
    t.until_file("out", lambda s: s == f"web:{port} ")
    apart = gaps(fake)[2:]
    assert len(apart) >= 5 and min(apart) >= 0.099, apart


def test_the_same_answer_under_a_new_index_renders_nothing(t):
    fake, weir = ready(t)
    fake.wait_asked(WEB, 2)
    changes = weir.metric("weir_consul_changes_total")
    fake.say(WEB, web(8001))
    fake.wait_asked(WEB, 3)
    assert fake.asked(WEB)[-1].query["index"] == str(fake.index)
    assert weir.metric("weir_consul_changes_total") == changes


def test_an_answer_that_is_too_old_is_asked_for_again(t):
    for odd in ({"X_Consul_LastContact": "5000"},
                {"X_Consul_KnownLeader": "false"}):
        fake = t.fake_consul()
        fake.say(WEB, web(8001))
        fake.next(WEB, fake_module.headers(**odd))
        weir = site(t, fake).start()
        t.until_file("out", lambda s: s == "web:8001 ")
        first, second = fake.asked(WEB)[:2]
        assert "stale" in first.query and "stale" not in second.query
        assert "stale" in fake.wait_asked(WEB, 3).query
        weir.stop()
        os.unlink(t.path("out"))


def test_stale_is_not_asked_for_when_it_is_off(t):
    fake, _ = ready(t, stale="0")
    assert "stale" not in fake.wait_asked(WEB, 2).query


def test_a_blocking_query_has_index_and_wait(t):
    fake, _ = ready(t)
    query = fake.wait_asked(WEB, 2).query
    assert query["index"] == str(fake.index)
    assert 10000 <= int(query["wait"][:-2]) <= 10000 * 17 // 16
    assert "passing" not in query
    for i in range(2, 8):       # they are not to end all at once
        fake.say(WEB, web(8000 + i))
        fake.wait_asked(WEB, i + 1)
    waits = {r.query["wait"] for r in fake.asked(WEB) if "wait" in r.query}
    assert len(waits) > 1, waits


def test_the_token_file_is_read_again_and_never_logged(t):
    token = t.write("token", "first-secret\n")
    fake, weir = ready(t, token_file=token)
    assert fake.asked(WEB)[0].headers["x-consul-token"] == "first-secret"
    t.replace("token", "second-secret")
    fake.say(WEB, web(8002))
    t.until_file("out", lambda s: s == "web:8002 ")
    t.until(lambda: fake.asked(WEB)[-1].headers["x-consul-token"]
            == "second-secret", "the new token")
    os.unlink(token)
    fake.say(WEB, web(8003))
    t.until_file("out", lambda s: s == "web:8003 ")
    weir.wait_log("token file .*the last token stays|"
                  "the last token stays.*token file")
    assert "secret" not in weir.log()


def test_a_token_file_is_read_again_when_the_token_is_refused(t):
    """As old and as long as before: a clock's tick is all that differs."""
    token = t.write("token", "first-secret")
    before = os.stat(token)
    fake, weir = ready(t, token_file=token)
    with open(token, "r+", encoding="utf-8") as f:
        f.write("other-secret")
    os.utime(token, ns=(before.st_atime_ns, before.st_mtime_ns))
    fake.always(WEB, fake_module.status(403, "ACL not found"))
    fake.drop_connections()
    t.until(lambda: fake.asked(WEB)[-1].headers["x-consul-token"]
            == "other-secret", "the other token")
    assert "secret" not in weir.log()


def test_a_token_file_that_was_emptied_takes_no_token_away(t):
    token = t.write("token", "first-secret")
    fake, weir = ready(t, token_file=token)
    with open(token, "w", encoding="utf-8"):
        pass
    count = len(fake.asked(WEB))
    fake.say(WEB, web(8002))
    t.until_file("out", lambda s: s == "web:8002 ")
    t.until(lambda: len(fake.asked(WEB)) > count, "another request")
    assert fake.asked(WEB)[-1].headers.get("x-consul-token") \
        == "first-secret"
    weir.wait_log("token file .*it is empty")


def test_a_token_file_that_is_missing_is_an_error(t):
    fake = t.fake_consul()
    result = site(t, fake, token_file=t.path("none")).render()
    assert result.code in (1, 2)
    assert re.search("token file .*none: No such file", result.err), result


def test_the_next_address_is_tried(t):
    fake = t.fake_consul()
    fake.say(WEB, web(8001))
    dead = t.port()
    weir = site(t, fake, address=f"127.0.0.1:{dead} {fake.address}").start()
    t.until_file("out", lambda s: s == "web:8001 ", 5)
    assert "can't connect" not in [
        line for line in weir.log().splitlines() if " warn " in line]


def test_gzip_is_asked_for_where_it_is_wanted(t):
    fake = t.fake_consul()
    fake.gzip = True
    fake.say(WEB, web(8001))
    weir = site(t, fake, compression="yes").start()
    t.until_file("out", lambda s: s == "web:8001 ")
    assert fake.asked(WEB)[0].headers["accept-encoding"] == "gzip"
    weir.stop()
    weir.configure({"consul": {"compression": "auto"}})
    weir.start()
    fake.wait_asked(WEB, 3)
    assert "accept-encoding" not in fake.asked(WEB)[-1].headers


def test_a_slow_answer_is_an_answer(t):
    fake = t.fake_consul()
    fake.say(WEB, web(8001))
    fake.next(WEB, fake_module.slow(12, 0.05))
    site(t, fake).start()
    t.until_file("out", lambda s: s == "web:8001 ")


# --- the real one ------------------------------------------------------------

def test_every_transport_gives_the_same(t):
    consul = t.consul(tls=True, unix=True)
    consul.register("web", port=8001)
    for address, more in ((consul.url, {}), (consul.https,
                                             {"ca_file": consul.ca}),
                          (f"unix://{consul.socket}", {})):
        weir = site(t, consul, address=address, **more).start()
        t.until_file("out", lambda s: s == "web:8001 ")
        consul.check("critical", service="web")
        weir.wait_metric("weir_consul_changes_total", lambda n: n >= 2)
        consul.check("passing", service="web")
        assert weir.stop() == 0
        os.unlink(t.path("out"))


def test_the_next_address_need_not_speak_http2(t):
    """As many as one connection carried there would block all here."""
    consul = t.consul(tls=True)
    fake = t.fake_consul()
    names = [f"svc-{i}" for i in range(8)]
    for i, name in enumerate(names):
        consul.register(name, port=8000 + i)
        fake.say(f"/v1/health/service/{name}",
                 [instance(name, port=9000 + i)], 1000000 + i)
    site(t, consul, "".join(
        f'{{{{range service "{n}"}}}}{{{{.Port}}}}\n{{{{end}}}}'
        for n in names), address=f"{consul.https} {fake.url}",
        ca_file=consul.ca, max_connections=4, wait="10m").start()
    t.until_file("out", lambda s: s.count("80") == 8)
    consul.kill()
    t.until_file("out", lambda s: s.count("90") == 8, 30)
    time.sleep(1)
    for i, name in enumerate(names):
        fake.say(f"/v1/health/service/{name}",
                 [instance(name, port=9100 + i)])
        t.until_file("out", lambda s, i=i: f"{9100 + i}\n" in s, 20)


def test_a_server_that_nobody_vouches_for_is_refused(t):
    consul = t.consul(tls=True)
    weir = site(t, consul, address=consul.https).start()
    weir.wait_log("SSL|certificate")
    assert t.read("out") is None
    weir.stop()
    weir.configure({"consul": {"verify": "no"}})
    consul.register("web", port=8001)
    weir.start()
    t.until_file("out", lambda s: s == "web:8001 ")


def test_a_client_certificate_is_shown(t):
    consul = t.consul(tls=True, verify=True)
    consul.register("web", port=8001)
    keys = {"address": consul.https, "ca_file": consul.ca}
    weir = site(t, consul, **keys).start()
    weir.wait_log("no answer so far")
    weir.stop()
    assert t.read("out") is None
    weir.configure({"consul": {
        "cert_file": os.path.join(consul.folder, "tls.crt"),
        "key_file": os.path.join(consul.folder, "tls.key")}})
    weir.start()
    t.until_file("out", lambda s: s == "web:8001 ")


def test_a_server_that_starts_again_is_not_believed_too_early(t):
    """It answers 404 and [] until it has read its log."""
    consul = t.consul(production=True)
    consul.register("web", port=8001)
    consul.kv_put("app/name", "shop")
    weir = site(t, consul, LINE + '{{keyOrDefault "app/name" "none"}}').start()
    t.until_file("out", lambda s: s == "web:8001 shop")
    consul.kill()
    weir.wait_log("the last good answer stays")
    consul.start()
    weir.wait_log(r"kv\.get.*answered again", 40)
    consul.kv_put("app/name", "store")
    t.until_file("out", lambda s: s == "web:8001 store", 40)
    log = weir.log()
    assert log.count("a: 1 file written") <= 2, "it was believed"


def test_acl_refusal_is_visible_until_the_token_is_right(t):
    consul = t.consul(token="11111111-1111-4111-8111-111111111111")
    consul.kv_put("app/name", "shop")
    token = t.write("token", "22222222-2222-4222-8222-222222222222")
    weir = site(t, consul, '{{key "app/name"}}', token_file=token).start()
    weir.wait_log(r"kv\.block\(app/name\): Unexpected response code: 403 "
                  r"\(ACL not found\)")
    t.write("token", consul.token)
    t.until_file("out", lambda s: s == "shop")
    assert "1111-4111" not in weir.log()


def test_a_key_is_waited_for_and_may_go_again(t):
    consul = t.consul()
    weir = site(t, consul,
                '{{key "app/name"}} {{keyOrDefault "app/port" "80"}}').start()
    weir.wait_log(r"kv\.block\(app/name\)")
    consul.kv_put("app/name", "shop")
    t.until_file("out", lambda s: s == "shop 80")
    consul.kv_put("app/port", "8080")
    t.until_file("out", lambda s: s == "shop 8080")
    consul.kv_delete("app/port")
    t.until_file("out", lambda s: s == "shop 80")


def test_a_key_that_is_gone_is_named_in_the_status(t):
    fake = t.fake_consul()
    weir = site(t, fake, '{{key "a/b"}}').start()
    fake.wait_asked("/v1/kv/a/b")
    lacks = ["kv.block(a/b)"]
    t.until(lambda: weir.status()["templates"][0]["waits_for"] == lacks,
            "the status to name it")
    # Consul has said that it is not there: no answer is missing.
    t.until(lambda: weir.status()["consul"]["watches"][0]["answered"],
            "an answer")
    assert weir.status()["templates"][0]["waits_for"] == lacks
    assert "    waits for: kv.block(a/b)\n" in weir.call("status").out
    assert weir.metric('weir_template_waiting{template="a"}') == 1
    assert "<code>kv.block(a/b)</code>" in weir.get("/")[1]
    fake.say("/v1/kv/a/b", [{"Key": "a/b", "Value": "eA==", "Flags": 0,
                             "CreateIndex": 9, "ModifyIndex": 9,
                             "LockIndex": 0}])
    t.until_file("out", lambda s: s == "x")
    t.until(lambda: weir.status()["templates"][0]["waits_for"] == [],
            "nothing to be waited for")


def test_a_key_is_absent_only_if_consul_says_so(t):
    """A proxy in between has 404s of its own, without an index."""
    fake = t.fake_consul()
    fake.always("/v1/kv/app/port",
                fake_module.status(404, "", {"X-Consul-Index": None}))
    weir = site(t, fake, '{{keyOrDefault "app/port" "80"}}').start()
    weir.wait_log(r"kv\.get\(app/port\): Unexpected response code: 404")
    assert t.read("out") is None
    fake.always("/v1/kv/app/port", fake_module.status(404, ""))
    t.until_file("out", lambda s: s == "80")


def test_datacenters_that_do_not_answer_are_left_out(t):
    one = t.consul()
    two = t.consul(datacenter="dc2", join=one)
    t.until(lambda: one.get("/v1/catalog/datacenters") == ["dc1", "dc2"],
            "two datacenters", 30)
    weir = site(t, one, "{{datacenters}} {{datacenters true}}")
    result = weir.render("--stdout")
    assert result.out == "[dc1 dc2] [dc1 dc2]", result
    two.kill()
    result = weir.render("--stdout", patience=60)
    assert result.out.endswith(" [dc1]"), result


def test_more_datacenters_than_anybody_has_are_not_asked(t):
    fake = t.fake_consul()
    fake.say("/v1/catalog/datacenters", ["dc1"] * 1001)
    weir = site(t, fake, "{{datacenters true}}").start()
    weir.wait_log("more than 1000 datacenters")
    assert not fake.asked("/v1/catalog/nodes")
    fake.say("/v1/catalog/nodes", [])
    fake.say("/v1/catalog/datacenters", ["dc1"])
    t.until_file("out", lambda s: s == "[dc1]")


def many(consul, count):
    """Registers svc-0 … svc-N, one instance each, 32 at a time."""
    batch = []
    for i in range(count):
        sid = f"svc-{i}"
        batch += [
            {"Service": {"Verb": "set", "Node": "n1", "Service": {
                "ID": sid, "Service": sid, "Port": 8000}}},
            {"Check": {"Verb": "set", "Check": {
                "Node": "n1", "CheckID": f"service:{sid}", "Name": sid,
                "Status": "passing", "ServiceID": sid}}}]
        if len(batch) == 64 or i == count - 1:
            consul.put("/v1/txn", batch)
            batch = []


def test_a_thousand_services_live_on_a_default_agent(t):
    consul = t.consul(production=True)
    consul.put("/v1/catalog/register", {"Node": "n1", "Address": "127.0.0.1"})
    many(consul, 1000)
    weir = site(t, consul, '{{range services}}{{if .Name | contains "svc"}}'
                '{{range service .Name}}{{.ID}}:{{.Port}}\n{{end}}{{end}}'
                '{{end}}').start()
    t.until_file("out", lambda s: s.count("\n") == 1000, 30)
    weir.wait_metric("weir_consul_connections", lambda n: n <= 100)
    for i in (3, 500, 999):
        # health, which a swept service shows at once
        began = time.monotonic()
        consul.check("critical", service=f"svc-{i}", node="n1")
        t.until_file("out", lambda s, i=i: f"svc-{i}:" not in s)
        assert time.monotonic() - began < t.seconds(2)
        consul.check("passing", service=f"svc-{i}", node="n1")
        t.until_file("out", lambda s, i=i: f"svc-{i}:8000" in s)
        # a registration, which a round of probes finds
        began = time.monotonic()
        consul.put("/v1/catalog/register", {
            "Node": "n1", "SkipNodeUpdate": True, "Service": {
                "ID": f"svc-{i}", "Service": f"svc-{i}", "Port": 9000 + i}})
        t.until_file("out", lambda s, i=i: f"svc-{i}:{9000 + i}" in s)
        assert time.monotonic() - began < t.seconds(4)
    # the node, and so all of them
    consul.check("critical", node="n1")
    t.until_file("out", lambda s: s == "")
    consul.check("passing", node="n1")
    t.until_file("out", lambda s: s.count("\n") == 1000)
    assert weir.metric("weir_consul_errors_total") == 0
    assert weir.metric("weir_consul_connections") <= 100
    # The sentinel that costs Consul nothing has heard of every change.
    assert "health/state/any" not in weir.log()


def test_a_sentinel_that_misses_a_change_is_replaced(t):
    fake = t.fake_consul()
    names = [f"svc-{i}" for i in range(30)]
    for name in names:
        fake.say(f"/v1/health/service/{name}", [instance(name, port=80)])
    fake.say("/v1/health/state/maintenance", [])
    weir = site(t, fake, "".join(
        f'{{{{range service "{n}"}}}}{{{{.ID}}}}\n{{{{end}}}}' for n in names),
        max_connections=16).start()
    t.until_file("out", lambda s: s.count("\n") == 30)
    fake.wait_asked("/v1/health/state/critical", 2)
    fake.wait_asked("/v1/health/state/maintenance", 2)
    assert fake.count("/v1/health/state/any") == 0
    fake.say("/v1/health/service/svc-7", [])
    fake.say("/v1/health/state/critical", instance("svc-7")["Checks"])
    t.until_file("out", lambda s: "svc-7\n" not in s)
    fake.wait_asked("/v1/health/state/any")
    # From now on that one wakes the sweep.
    fake.say("/v1/health/service/svc-9", [])
    fake.say("/v1/health/state/any", [])
    t.until_file("out", lambda s: "svc-9\n" not in s)
    weir.stop()


def test_a_round_of_one_datacenter_does_not_forget_another(t):
    fake = t.fake_consul()
    serve = fake.serve

    def serve_datacenter(talk, request):
        if "dc" in request.query:
            request.path += "@" + request.query["dc"]
        serve(talk, request)

    fake.serve = serve_datacenter
    places = ["", "@dc2"]
    names = [f"svc-{i}" for i in range(25)]
    for place in places:
        for name in names:
            fake.say(f"/v1/health/service/{name}{place}",
                     [instance(name, port=80)])
        for sentinel in ("health/state/critical", "health/state/warning",
                         "health/state/maintenance", "catalog/nodes",
                         "catalog/services"):
            fake.say(f"/v1/{sentinel}{place}", [])
    weir = site(t, fake, "".join(
        f'{{{{range service "{n}{p}"}}}}{{{{.ID}}}}{p}\n{{{{end}}}}'
        for p in places for n in names), max_connections=20).start()
    t.until_file("out", lambda s: s.count("\n") == 50)
    for place in places:
        fake.wait_asked(f"/v1/health/state/maintenance{place}", 2)
    time.sleep(2)
    # A change hides behind another, which explains what the sentinel shows.
    fake.say("/v1/health/service/svc-24@dc2", [])
    fake.say("/v1/health/service/svc-7@dc2", [])
    index = fake.index
    fake.say("/v1/health/state/critical@dc2",
             instance("svc-7")["Checks"], index)
    t.until_file("out", lambda s: "svc-7@dc2\n" not in s)
    fake.say("/v1/health/state/maintenance@dc2", [], index)
    time.sleep(1)
    # The other datacenter has its round meanwhile, and this one's stays due.
    fake.say("/v1/health/state/critical", [
        {"Node": "web-1", "CheckID": "serfHealth", "Status": "critical"}])
    fake.say("/v1/health/state/maintenance", [], fake.index)
    t.until_file("out", lambda s: "svc-24@dc2\n" not in s, 14)
    weir.stop()


def test_failures_are_named_again_though_the_agent_has_no_name(t):
    """A token that may read services need not be one that may read agents."""
    fake = t.fake_consul()
    fake.always("/v1/agent/self", fake_module.status(403, "Permission denied"))
    names = [f"svc-{i}" for i in range(15)]
    for name in names:
        fake.say(f"/v1/health/service/{name}", [instance(name, port=80)])
    weir = site(t, fake, "".join(
        f'{{{{range service "{n}"}}}}{{{{.ID}}}}\n{{{{end}}}}'
        for n in names)).start()
    t.until_file("out", lambda s: s.count("\n") == 15)
    for name in names:
        fake.always(f"/v1/health/service/{name}", fake_module.status(500))
    weir.wait_log("they are not named one by one")
    for name in names:
        fake.well(f"/v1/health/service/{name}")
    weir.wait_log("all watches answer again")
    fake.always("/v1/health/service/svc-3", fake_module.status(500))
    weir.wait_log(r"warn.*svc-3\|passing\): Unexpected.*stays$")
