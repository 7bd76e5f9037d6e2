# SPDX-License-Identifier: MIT
"""A clock of the day that jumps: nothing that weir waits for goes by it."""
import os
import shutil
import subprocess
import time

from lib.fake_consul import instance

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "..", "lib", "clock.c")
WEB = "/v1/health/service/web"
DAY = 86400


def web(*ports):
    return [instance("web", id=f"w{p}", port=p) for p in ports]


def jumpy(t, **guard):
    """(fake, weir, set): set(seconds) makes weir's clock wrong by so many."""
    compiler = shutil.which("cc")
    if compiler is None:
        t.skip("no C compiler")
    if "ASAN_OPTIONS" in os.environ:
        t.skip("a sanitizer wants to be preloaded first")
    library = t.path("clock.so")
    subprocess.run([compiler, "-D_GNU_SOURCE", "-shared", "-fPIC", "-o",
                    library, SOURCE, "-ldl"], check=True)
    t.write("wrong", "0")
    fake = t.fake_consul()
    fake.say(WEB, web(1, 2, 3))
    t.write("in.tmpl", '{{range service "web"}}{{.Port}} {{end}}')
    weir = t.weir({
        "consul": {"wait": "2s", "retry_min": "100ms", "retry_max": "400ms"},
        "guard": guard,
        'template "a"': {"source": t.path("in.tmpl"),
                         "destination": t.path("out"),
                         "settle": "10ms:50ms"}}, consul=fake,
        env={"LD_PRELOAD": library, "WEIR_TEST_CLOCK": t.path("wrong")})

    def set_clock(seconds):
        t.replace("wrong", str(seconds))
    return fake, weir, set_clock


def test_changes_are_seen_whatever_the_clock_says(t):
    fake, weir, set_clock = jumpy(t)
    weir.start().wait_log("ready")
    for i, wrong in enumerate((DAY, -DAY, 10000 * DAY, 0)):
        set_clock(wrong)
        fake.say(WEB, web(1, 2, 4 + i))
        began = time.monotonic()
        t.until_file("out", lambda s, i=i: s == f"1 2 {4 + i} ")
        assert time.monotonic() - began < t.seconds(2)
        fake.refuse()
        weir.mark()
        weir.wait_log("the last good answer stays")
        [watch] = weir.status()["consul"]["watches"]
        assert 0 <= watch["age_ms"] < 60000, watch
        fake.listen()
        weir.wait_log("answered again")
    assert weir.stop() == 0


def test_what_is_held_is_released_by_time_that_passed(t):
    fake, weir, set_clock = jumpy(t, hold="3s")
    weir.start().wait_log("ready")
    fake.say(WEB, [])
    weir.wait_log(": held: ")
    began = time.monotonic()
    set_clock(DAY)
    t.holds(lambda: t.read("out") == "1 2 3 ", "what is held", 1)
    set_clock(-DAY)
    t.until_file("out", lambda s: s == "")
    assert 2 < time.monotonic() - began < t.seconds(6)


def test_what_an_earlier_run_knew_is_never_of_the_future(t):
    fake, weir, set_clock = jumpy(t)
    weir.start().wait_log("ready")
    t.until(lambda: os.path.exists(weir.state + "/answers"), "a state")
    weir.kill()
    fake.refuse()
    set_clock(-DAY)
    weir.start().wait_log(r"in use, stale, 0 s old")
    [watch] = weir.status()["consul"]["watches"]
    assert watch["age_ms"] == 0, watch
    assert weir.metric("weir_remembered_oldest_seconds") == 0
