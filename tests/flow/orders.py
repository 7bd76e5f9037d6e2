# SPDX-License-Identifier: MIT
"""What the operator says to a running weir, beside approve and deny."""
import os
import re
import time

from lib.fake_consul import instance
from lib.sites import catalog, catalog_site

MANUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "..", "..", "packaging", "man", "weir.1")


def test_a_pause_applies_nothing_and_resume_makes_up_for_it(t):
    weir, _ = catalog_site(t, reload=f"echo x >> {t.path('reloads')}")
    weir.start().wait_log("ready")
    t.until_file("reloads", lambda s: s == "x\n")
    done = weir.call("pause")
    assert (done.code, done.out) == (0, "paused\n"), done
    weir.wait_log("paused: watched and rendered as ever, nothing is applied")
    t.write("catalog.json", catalog(8001, 8002))
    weir.wait_log("a: rendered")
    t.holds(lambda: t.read("a.out") == "web-1:8001\n", "the old file", 0.5)
    status = weir.status()
    assert abs(status["paused_since_unix"] - time.time()) < 30, status
    said = weir.call("status").out
    assert re.search(r"paused for \d+\.\d s: nothing is applied", said), said
    assert weir.metric("weir_paused") == 1
    assert "paused for " in weir.get("/")[1]
    again = weir.call("pause")
    assert again.code == 0 and "paused already, for " in again.out, again
    # neither a reload of the configuration nor another change ends it
    weir.reload()
    weir.wait_log("configuration reloaded")
    t.holds(lambda: t.read("a.out") == "web-1:8001\n", "the old file", 0.5)
    done = weir.call("resume")
    assert (done.code, done.out) == (0, "resumed\n"), done
    t.until_file("a.out", lambda s: s == "web-1:8001\nweb-2:8002\n")
    t.until_file("reloads", lambda s: s == "x\nx\n")
    assert weir.status()["paused_since_unix"] is None
    done = weir.call("resume")
    assert done.code == 1 and "it is not paused" in done.err, done


def test_what_failed_is_not_tried_again_in_a_pause(t):
    weir, _ = catalog_site(t)
    weir.configure({'template "a"': {"destination": t.path("none/a.out"),
                                     "create_dest_dirs": False}})
    weir.start().wait_log("none: it does not exist")
    assert weir.call("pause").code == 0
    weir.mark()
    before = weir.metric("weir_cpu_seconds_total")
    time.sleep(t.seconds(6))    # a try comes 5 s after the one that failed
    assert weir.count_log("does not exist") == 0
    assert weir.metric("weir_cpu_seconds_total") - before < 0.1


def test_reload_is_told_what_became_of_it(t):
    weir, _ = catalog_site(t)
    weir.start().wait_log("ready")
    t.write("b.tmpl", "b")
    weir.configure({'template "b"': {"source": t.path("b.tmpl"),
                                     "destination": t.path("b.out")}})
    done = weir.call("reload")
    assert (done.code, done.out) == (0, "reloaded\n"), done
    t.until_file("b.out", lambda s: s == "b")
    t.write("b.tmpl", "{{nothing}}")
    weir.configure({'template "b"': {"destination": t.path("c.out")}})
    done = weir.call("reload")
    assert done.code == 1, done
    assert 'b.tmpl:1:' in done.err, done
    assert 'function "nothing" not defined' in done.err, done
    weir.wait_log("new configuration refused")
    assert weir.is_running()


def test_reload_waits_for_what_is_being_applied(t):
    weir, _ = catalog_site(t, check="sleep 1 && test -f {candidate}")
    weir.start().wait_log("rendered")
    done = weir.call("reload")
    assert done.code == 0 and "is being applied" in done.out, done
    weir.wait_log("configuration reloaded")
    t.until_file("a.out", lambda s: s == "web-1:8001\n")


def keys(value):
    """The names of all members, however deep."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from keys(member)
    elif isinstance(value, list):
        for member in value:
            yield from keys(member)


def documented(section):
    """The names of members in that part of the manual's page."""
    for line in section.splitlines():
        if found := re.search(r"\bQl ((?:\w+|,| )+)", line):
            yield from re.findall(r"\b[a-z]\w*", found[1])


def test_every_member_of_the_status_is_in_the_manual(t):
    fake = t.fake_consul()
    fake.say("/v1/health/service/web", [instance("web")])
    t.write("in.tmpl", '{{range service "web"}}{{.ID}}{{end}}')
    weir = t.weir({'template "a"': {"source": t.path("in.tmpl"),
                                    "destination": t.path("out")}},
                  consul=fake).start()
    weir.wait_log("ready")
    fake.say("/v1/health/service/web", [])
    weir.wait_log("held: from 1 to 0")
    status = weir.status()
    with open(MANUAL, encoding="utf-8") as f:
        section = f.read().partition(".Sh STATUS AS JSON")[2].partition(
            ".Sh METRICS")[0]
    missing = set(keys(status)) - set(re.findall(r"\w+", section))
    assert not missing, missing
    assert status["memory_bytes"] > 100000
    # ... and the other way round; of the HAProxies in live.py.
    before, _, behind = section.partition(".It Ql haproxy")
    named = set(documented(before + behind.partition(".It Ql consul")[1]
                           + behind.partition(".It Ql consul")[2]))
    assert len(named) > 50, named
    assert named <= set(keys(status)), named - set(keys(status))
    # No name may stand in for that of another object.
    for part, names in (
            (status, "version pid ready uptime_ms memory_bytes "
                     "paused_since_unix templates held applies haproxy consul "
                     "state"),
            (status["templates"][0],
             "name source destination haproxy state waits_for error "
             "source_error apply_error apply_error_since_unix "
             "has_output absent renders renders_unchanged "
             "render_us"),
            (status["held"][0],
             "query was is since_unix age_ms release_in_ms denied change "
             "release"),
            (status["applies"],
             "written runtime reloaded refused failed rolled_back deferred "
             "last_unix last_check_ms last_reload_ms old_workers"),
            (status["consul"],
             "agent datacenter connections requests errors watches"),
            (status["consul"]["watches"][0],
             "query state answered stale remembered index age_ms next_try_ms "
             "failures error"),
            (status["state"],
             "remembered oldest_unix saved_unix saves failures bytes")):
        assert set(part) == set(names.split()), part


def test_every_metric_is_in_the_manual(t):
    """And the other way round; those of HAProxies in live.py."""
    fake = t.fake_consul()
    fake.say("/v1/health/service/web", [instance("web")])
    t.write("in.tmpl", '{{range service "web"}}{{.ID}}{{end}}')
    weir = t.weir({'template "a"': {"source": t.path("in.tmpl"),
                                    "destination": t.path("out")}},
                  consul=fake).start()
    weir.wait_log("ready")
    with open(MANUAL, encoding="utf-8") as f:
        section = f.read().partition(".Sh METRICS")[2].partition(
            ".Sh ENVIRONMENT")[0]
    named = set(re.findall(r"\bweir_\w+", section))
    served = set(re.findall(r"^# TYPE (\w+)", weir.get("/metrics")[1], re.M))
    assert served <= named, served - named
    missing = {n for n in named - served if not n.startswith("weir_haproxy_")}
    assert not missing, missing


def test_orders_without_a_weir_say_so(t):
    weir, _ = catalog_site(t)
    for order in ("pause", "resume", "reload", "approve", "deny", "status"):
        done = weir.call(order)
        assert done.code == 1 and "no weir answers" in done.err, done
