# SPDX-License-Identifier: MIT
"""Consul goes away in every way there is, and comes back.

What stays is the last good answer, marked stale. What is measured is how long
it takes until a change is in the file again: 2 s from Consul's return, however
long it was away and whatever the back-off has grown to.
"""
import threading
import time

from lib import fake_consul as fake_module
from lib.fake_consul import instance

# Consul was away for so long, with weir's own defaults for the back-off.
AWAY = 9
RETURN = 2


def site(t, consul, count=10, names="s{}", **keys):
    """A weir that watches `count` services, into "out"."""
    t.write("in.tmpl", "".join(
        '{{range service "%s|any"}}{{.Port}} {{end}}' % names.format(i)
        for i in range(count)))
    return t.weir({
        "consul": {"wait": "10s", **keys},
        'template "a"': {"source": t.path("in.tmpl"),
                         "destination": t.path("out"),
                         "settle": "10ms:100ms"}}, consul=consul)


def say(fake, i, port):
    fake.say(f"/v1/health/service/s{i}", [instance(f"s{i}", port=port)])


def ready(t, count=10, **keys):
    """A fake with so many services of port 1, and a weir that has them."""
    fake = t.fake_consul()
    for i in range(count):
        say(fake, i, 1)
    weir = site(t, fake, count, **keys).start()
    t.until_file("out", lambda s: s == "1 " * count)
    return fake, weir


def changes(t, what, wanted):
    """Does this; how long until the file is as wanted."""
    began = time.monotonic()
    what()
    t.until_file("out", wanted, 60)
    return time.monotonic() - began


def take(t, weir, went, fault, back):
    """An outage of a fake; all ten watches fail, and follow soon after."""
    fault()
    weir.wait_log("the last good answer stays")
    weir.wait_metric("weir_watches_failing", lambda n: n >= 10)
    t.holds(lambda: t.read("out") == "1 " * 10, "the last good answers", AWAY)
    watches = weir.status()["consul"]["watches"]
    assert all(w["stale"] and w["error"] and w["age_ms"] > AWAY * 500
               for w in watches), watches
    assert f"watches_stale {len(watches)}" in weir.get("/metrics")[1]
    took = changes(t, back, lambda s: s == "2 " * 10)
    assert took < t.seconds(RETURN), f"{went}: {took:.1f} s"
    weir.wait_metric("weir_watches_failing", lambda n: n == 0)


def by_status(t, *answers):
    fake, weir = ready(t)

    def spoil():
        for i in range(10):
            fake.always(f"/v1/health/service/s{i}",
                        fake_module.status(*answers))

    def back():
        for i in range(10):
            say(fake, i, 2)
            fake.well(f"/v1/health/service/s{i}")
    take(t, weir, str(answers), spoil, back)


def test_nobody_listens(t):
    fake, weir = ready(t)

    def back():
        for i in range(10):
            say(fake, i, 2)
        fake.listen()
    take(t, weir, "refused", fake.refuse, back)


def test_429(t):
    by_status(t, 429, "Your IP is issuing too many requests")


def test_500(t):
    by_status(t, 500, "No cluster leader")


def test_503(t):
    by_status(t, 503, "upstream")


def test_403(t):
    by_status(t, 403, "ACL not found")


def test_a_long_back_off_is_not_waited_for(t):
    """As after hours: the next try of its own would be in half a minute."""
    fake, weir = ready(t, 2, retry_min="30s", retry_max="60s")
    fake.refuse()
    fake.drop_connections()
    weir.wait_metric("weir_watches_failing", lambda n: n == 2)

    def back():
        fake.listen()
        say(fake, 0, 2)
        say(fake, 1, 2)
    took = changes(t, back, lambda s: s == "2 2 ")
    assert took < t.seconds(RETURN), took


def test_what_fails_does_not_stop_the_rest(t):
    """Its last good answer goes on being rendered beside what is new."""
    fake, weir = ready(t, 2)
    fake.always("/v1/health/service/s0", fake_module.status(500, "x"))
    weir.wait_log("code: 500.*the last good answer stays")
    say(fake, 1, 2)
    t.until_file("out", lambda s: s == "1 2 ")


def test_one_query_that_is_refused_is_not_asked_every_second(t):
    """It is no outage if others are answered."""
    fake, weir = ready(t)
    path = "/v1/health/service/s3"
    fake.always(path, fake_module.status(403, "Permission denied"))
    weir.wait_log("Permission denied")
    weir.wait_metric('weir_watch_failures{query="health.service(s3|any)"}',
                     lambda n: n >= 5, 40)
    before = fake.count(path)
    time.sleep(t.seconds(5))    # every second would be five
    assert fake.count(path) - before <= 3


def test_a_datacenter_that_is_slow_to_fail_holds_up_no_other(t):
    fake = t.fake_consul()
    far = [f"/v1/health/service/far-{i}" for i in range(40)]
    for path in far:
        fake.always(path, fake_module.late(
            1.5, fake_module.status(500, "No path to datacenter")))
    fake.say("/v1/health/service/near", [instance("near", port=1)])
    t.write("far.tmpl", '{{range $i := loop 40}}{{range service '
            '(printf "far-%d@far|any" $i)}}{{.Port}} {{end}}{{end}}')
    t.write("near.tmpl", '{{range service "near|any"}}{{.Port}}{{end}}')
    weir = t.weir({
        "consul": {"retry_min": "100ms", "retry_max": "400ms"},
        'template "far"': {"source": t.path("far.tmpl"),
                           "destination": t.path("far")},
        'template "near"': {"source": t.path("near.tmpl"),
                            "destination": t.path("near")}}, consul=fake)
    weir.start()
    t.until_file("near", lambda s: s == "1")
    # Twelve at once, of which half may then be the far one's: the near one's
    # turn comes long before forty of those have had theirs.
    paths = [r.path for r in fake.asked("/v1/health/service/.*")]
    assert paths.index("/v1/health/service/near") < 36, paths
    weir.wait_log("datacenter far is slow to fail")
    for i, path in enumerate(far):
        fake.say(path, [instance(f"far-{i}", port=i)])
        fake.well(path)
    t.until_file("far", lambda s: s.split() == [str(i) for i in range(40)])
    assert weir.count_log("datacenter far answers again") == 1
    assert weir.count_log("is slow to fail") == 1


def test_a_server_that_has_lost_touch_goes_on_being_read(t):
    """From the leader then, and at no greater pace."""
    fake, weir = ready(t, count=1)
    path = "/v1/health/service/s0"
    fake.always(path, fake_module.headers(X_Consul_KnownLeader="false",
                                          X_Consul_LastContact="90000"))
    t.until(lambda: "stale" not in fake.asked(path)[-1].query,
            "the leader to be asked")
    took = changes(t, lambda: say(fake, 0, 2), lambda s: s == "2 ")
    assert took < t.seconds(RETURN)
    before = fake.count(path)
    time.sleep(t.seconds(2))    # unbound it would be thousands
    assert fake.count(path) - before <= 40


def test_the_next_address_is_taken_when_one_goes_away(t):
    one, two = t.fake_consul(), t.fake_consul()
    for fake in (one, two):
        say(fake, 0, 1)
    weir = site(t, one, 1, address=f"{one.url} {two.url}").start()
    t.until_file("out", lambda s: s == "1 ")
    assert two.count(".*") == 0

    def go():
        say(two, 0, 2)
        one.refuse()
    assert changes(t, go, lambda s: s == "2 ") < t.seconds(RETURN)
    # and back, when the second goes

    def return_():
        say(one, 0, 3)
        one.listen()
        two.refuse()
    assert changes(t, return_, lambda s: s == "3 ") < t.seconds(RETURN)
    assert weir.count_log("no answer so far") == 0


def test_the_next_address_is_taken_when_one_is_silent(t):
    """It accepts connections and says nothing."""
    one, two = t.fake_consul(), t.fake_consul()
    say(two, 0, 1)
    one.always("/v1/health/service/s0", fake_module.silence())
    site(t, one, 1, address=f"{one.url} {two.url}").start()
    t.until_file("out", lambda s: s == "1 ", 20)
    assert one.count("/v1/health/service/s0") == 1


def test_the_next_address_is_taken_when_one_hangs_up(t):
    """A proxy that has lost its Consul takes connections all the same."""
    one, two = t.fake_consul(), t.fake_consul()
    say(two, 0, 1)
    one.always("/v1/health/service/s0", fake_module.hang_up())
    site(t, one, 1, address=f"{one.url} {two.url}").start()
    t.until_file("out", lambda s: s == "1 ", 20)


# --- the real one ------------------------------------------------------------

def settled(t, consul, weir):
    """A change that is seen, so that what is measured is the second one."""
    consul.register("s0", port=1)
    t.until_file("out", lambda s: s == "1 ")
    assert weir.is_running()


def test_an_agent_that_hangs_without_a_word(t):
    """A black hole: no RST, the connections stay."""
    consul = t.consul()
    weir = site(t, consul, 1, wait="2s").start()
    settled(t, consul, weir)
    consul.pause()
    weir.wait_log(r"health\.service\(s0\|any\): .*the last good answer", 60)
    t.holds(lambda: t.read("out") == "1 ", "the last good answer", 5)
    [watch] = weir.status()["consul"]["watches"]
    assert watch["stale"] and watch["age_ms"] > 30000, watch
    consul.resume()
    t.until(lambda: consul.get("/v1/status/leader"), "a leader", 40)
    took = changes(t, lambda: consul.register("s0", port=2),
                   lambda s: s == "2 ")
    assert took < t.seconds(RETURN), took


def test_an_agent_that_is_killed_and_started_again(t):
    consul = t.consul(production=True)
    weir = site(t, consul, 1).start()
    settled(t, consul, weir)
    for port in (2, 3):
        weir.mark()
        consul.kill()
        weir.wait_log("the last good answer stays")
        t.holds(lambda p=port: t.read("out") == f"{p - 1} ",
                "the last good answer", AWAY)
        consul.start()
        took = changes(t, lambda p=port: consul.register("s0", port=p),
                       lambda s, p=port: s == f"{p} ")
        assert took < t.seconds(RETURN), took


def test_a_leader_that_is_lost(t):
    one = t.consul(expect=2)
    two = t.consul(expect=2, peer=one)
    one.wait_up()
    weir = site(t, one, 1).start()
    settled(t, one, weir)
    two.kill()
    weir.wait_log("No cluster leader.*the last good answer stays", 60)
    t.holds(lambda: t.read("out") == "1 ", "the last good answer", 3)
    two.start()
    one.wait_up()
    took = changes(t, lambda: one.register("s0", port=2),
                   lambda s: s == "2 ")
    assert took < t.seconds(RETURN), took


def test_a_token_that_is_revoked_and_restored(t):
    consul = t.consul(token="11111111-1111-4111-8111-111111111111")
    secret = "33333333-3333-4333-8333-333333333333"
    consul.put("/v1/acl/policy", {"Name": "read", "Rules":
               'service_prefix "" {policy = "read"} '
               'node_prefix "" {policy = "read"}'})

    def grant():
        return consul.put("/v1/acl/token", {
            "SecretID": secret, "Policies": [{"Name": "read"}]})
    token = grant()
    weir = site(t, consul, 1, wait="2s",
                token_file=t.write("token", secret)).start()
    settled(t, consul, weir)
    consul.delete("/v1/acl/token/" + token["AccessorID"])
    weir.wait_log("403 .*the last good answer stays", 40)
    t.holds(lambda: t.read("out") == "1 ", "the last good answer", AWAY)

    def restore():
        grant()
        consul.register("s0", port=2)
    took = changes(t, restore, lambda s: s == "2 ")
    assert took < t.seconds(RETURN), took
    assert secret not in weir.log()


def connections(port):
    """How many established ones to that port of loopback."""
    with open("/proc/net/tcp", encoding="ascii") as f:
        rows = [line.split() for line in f.readlines()[1:]]
    return sum(1 for r in rows
               if r[3] == "01" and int(r[2].rsplit(":")[1], 16) == port)


def test_a_thousand_watches_do_not_stampede(t):
    consul = t.consul(production=True)
    consul.put("/v1/catalog/register", {"Node": "n1", "Address": "127.0.0.1"})
    for at in range(0, 1000, 64):
        consul.put("/v1/txn", [
            {"Service": {"Verb": "set", "Node": "n1", "Service": {
                "ID": f"s{i}", "Service": f"s{i}", "Port": 1}}}
            for i in range(at, min(at + 64, 1000))])
    weir = site(t, consul, 1000).start()
    t.until_file("out", lambda s: s == "1 " * 1000, 30)
    consul.kill()
    weir.wait_log("more watches are in error")
    weir.wait_metric("weir_watches_failing", lambda n: n >= 1000, 60)
    time.sleep(t.seconds(AWAY))     # so that the back-off has grown
    weir.mark()
    most, over = [0], threading.Event()

    def look():
        while not over.wait(0.01):
            most[0] = max(most[0], connections(consul.ports["http"]))
    looker = threading.Thread(target=look)
    looker.start()
    try:
        consul.start()
        began = time.monotonic()
        for i in (0, 500, 999):
            consul.put("/v1/catalog/register", {
                "Node": "n1", "SkipNodeUpdate": True, "Service": {
                    "ID": f"s{i}", "Service": f"s{i}", "Port": 7}})
        t.until_file("out", lambda s: s.count("7") == 3, 60)
        took = time.monotonic() - began
    finally:
        over.set()
        looker.join()
    weir.wait_metric("weir_watches_failing", lambda n: n == 0, 30)
    assert most[0] <= 100 + 8, most        # 8: the test's own
    assert took < t.seconds(RETURN + 2), took
    assert "reset" not in weir.log_after_mark()
