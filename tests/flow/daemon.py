# SPDX-License-Identifier: MIT
"""weir run: start, data, sources, SIGHUP, stop."""
import json
import os
import signal
import socket
import time

from lib import ports
from lib.sites import catalog, catalog_site


def test_files_follow_the_catalog_file(t):
    weir, out = catalog_site(t)
    weir.start()
    weir.wait_log("ready")
    assert t.read("a.out") == "web-1:8001\n"
    t.write("catalog.json", catalog(8001, 8002))
    t.until_file("a.out", lambda s: s == "web-1:8001\nweb-2:8002\n")
    assert weir.stop() == 0
    assert os.path.exists(out)


def test_bad_catalog_file_keeps_the_last_good_one(t):
    weir, _ = catalog_site(t)
    weir.start()
    weir.wait_log("ready")
    t.write("catalog.json", '{\n"Nodes": [')
    weir.wait_log(r"catalog file refused.*catalog\.json:\d+:")
    assert t.read("a.out") == "web-1:8001\n"
    t.write("catalog.json", catalog(8002))
    t.until_file("a.out", lambda s: s == "web-1:8002\n")


def test_template_is_read_again_when_it_changes(t):
    weir, _ = catalog_site(t)
    weir.start()
    weir.wait_log("ready")
    t.write("a.tmpl", 'new {{range service "web"}}{{.Port}}{{end}}')
    t.until_file("a.out", lambda s: s == "new 8001")
    # the way of an editor: another file renamed over it
    t.write("b.tmpl", "renamed")
    os.rename(t.path("b.tmpl"), t.path("a.tmpl"))
    t.until_file("a.out", lambda s: s == "renamed")


def test_bad_template_is_refused_and_the_old_one_goes_on(t):
    weir, _ = catalog_site(t)
    weir.start()
    weir.wait_log("ready")
    t.write("a.tmpl", '{{range servce "web"}}{{end}}')
    weir.wait_log('a.tmpl:1:.*function "servce" not defined')
    t.write("catalog.json", catalog(8005))
    t.until_file("a.out", lambda s: s == "web-1:8005\n")
    t.write("a.tmpl", "good again")
    t.until_file("a.out", lambda s: s == "good again")


def test_template_that_fails_keeps_the_last_text(t):
    weir, _ = catalog_site(t)
    weir.start()
    weir.wait_log("ready")
    t.write("a.tmpl", "{{index (service \"web\") 7}}")
    weir.wait_log("index out of range: 7")
    assert t.read("a.out") == "web-1:8001\n"
    assert weir.is_running()


def test_file_that_a_template_reads_is_watched(t):
    weir, _ = catalog_site(t)
    t.write("motd", "one")
    t.write("a.tmpl", '{{file "%s"}}' % t.path("motd"))
    weir.start()
    weir.wait_log("ready")
    assert t.read("a.out") == "one"
    t.write("motd", "two")
    t.until_file("a.out", lambda s: s == "two")


def test_wait_is_said_with_the_line_that_asks(t):
    weir, out = catalog_site(t)
    t.write("a.tmpl", '\n{{key "app/secret"}}')
    weir.start()
    weir.wait_log(r"kv\.block\(app/secret\)  \(.*a\.tmpl:2\)")
    assert not os.path.exists(out)
    t.write("catalog.json", catalog(8001, kv={"app/secret": "x"}))
    weir.wait_log("ready")
    assert t.read("a.out") == "\nx"


def test_sighup_takes_a_good_configuration_and_keeps_what_is_unchanged(t):
    weir, _ = catalog_site(t)
    weir.start()
    weir.wait_log("ready")
    t.write("b.tmpl", "b {{len (service \"web\")}}")
    weir.configure({'template "b"': {"source": t.path("b.tmpl"),
                                     "destination": t.path("b.out")}})
    before = os.stat(t.path("a.out")).st_mtime_ns
    weir.reload()
    weir.wait_log("configuration reloaded")
    t.until_file("b.out", lambda s: s == "b 1")
    assert os.stat(t.path("a.out")).st_mtime_ns == before


def test_sighup_refuses_a_bad_configuration_and_goes_on(t):
    weir, _ = catalog_site(t)
    weir.start()
    weir.wait_log("ready")
    good = {k: dict(v) for k, v in weir.sections.items()}
    for bad in ({'template "a"': {"sauce": "x"}},
                {'template "a"': {"source": t.path("none.tmpl")}},
                {"consul": {"wait": "soon"}}):
        weir.configure(bad)
        weir.mark()
        weir.reload()
        weir.wait_log("new configuration refused")
        assert weir.is_running()
        weir.sections = {k: dict(v) for k, v in good.items()}
        weir.configure({})
    t.write("catalog.json", catalog(8009))
    t.until_file("a.out", lambda s: s == "web-1:8009\n")


def test_sighup_opens_the_endpoint_elsewhere(t):
    weir, _ = catalog_site(t)
    weir.start()
    weir.wait_log("ready")
    old, new = weir.http_port, ports.take()
    assert weir.get("/readyz")[0] == 200
    with socket.create_server(("127.0.0.1", 0)) as busy:
        taken = busy.getsockname()[1]
        weir.configure({"http": {"listen": f"127.0.0.1:{taken}"}})
        weir.reload()
        weir.wait_log(f"new configuration refused.*{taken}")
        assert weir.get("/readyz")[0] == 200
    weir.configure({"http": {"listen": f"127.0.0.1:{new}"}})
    weir.reload()
    weir.wait_log("configuration reloaded")
    weir.http_port = new
    assert weir.get("/readyz")[0] == 200
    weir.configure({"http": {"listen": None}})
    weir.mark()
    weir.reload()
    weir.wait_log("configuration reloaded")
    for port in (old, new):
        with socket.socket() as client:
            assert client.connect_ex(("127.0.0.1", port)) != 0


def test_idle_it_sleeps(t):
    weir, _ = catalog_site(t)
    weir.start()
    weir.wait_log("ready")

    def wakes():
        with open(f"/proc/{weir.pid}/status", encoding="ascii") as f:
            return next(line for line in f if line.startswith("voluntary"))

    def slept():
        before = wakes()
        time.sleep(t.seconds(2.5))
        return wakes() == before

    t.until(slept, "2.5 s without waking up")


def test_sigterm_ends_it_within_a_second_and_leaves_files(t):
    weir, _ = catalog_site(t)
    weir.start()
    weir.wait_log("ready")
    began = time.monotonic()
    weir.send(signal.SIGTERM)
    assert weir.wait_exit() == 0
    assert time.monotonic() - began < t.seconds(1)
    assert t.read("a.out") == "web-1:8001\n"


def test_sigterm_while_a_check_hangs_ends_it_within_a_second(t):
    weir, out = catalog_site(t, check="sleep 60 && test -f {candidate}")
    weir.start()
    weir.wait_log("rendered")
    began = time.monotonic()
    weir.send(signal.SIGTERM)
    assert weir.wait_exit() == 0
    assert time.monotonic() - began < t.seconds(1)
    assert not os.path.exists(out)
    assert [f for f in os.listdir(t.dir) if f.startswith(".")] == []


def test_no_write_and_no_reload_when_bytes_are_the_same(t):
    weir, _ = catalog_site(t, reload=f"echo x >> {t.path('reloads')}")
    weir.start()
    weir.wait_log("ready")
    t.until_file("reloads", lambda s: s == "x\n")
    before = os.stat(t.path("a.out")).st_mtime_ns
    t.write("catalog.json", json.dumps(
        {**json.loads(catalog(8001)), "KV": {"unread": "1"}}))
    t.write("catalog.json", catalog(8001, note="changed"))
    weir.wait_log("the same text")
    assert os.stat(t.path("a.out")).st_mtime_ns == before
    assert t.read("reloads") == "x\n"
    weir.stop()
    weir.start()
    weir.wait_log("nothing to do")
    assert os.stat(t.path("a.out")).st_mtime_ns == before
    assert t.read("reloads") == "x\n"


def test_unchanged_check_refuses_and_the_old_file_stays(t):
    weir, _ = catalog_site(
        t, check=f"echo x >> {t.path('checks')}; "
                 "grep -q 8001 {candidate} || (echo no good; exit 1)")
    weir.start()
    weir.wait_log("ready")
    t.write("catalog.json", catalog(8002))
    weir.wait_log("no good")
    assert t.read("a.out") == "web-1:8001\n"
    # The same text would be refused again, so it is not tried again; what is
    # not live is said as long as that is so.
    t.holds(lambda: t.read("checks") == "x\nx\n", "two checks", 6)
    template = weir.status()["templates"][0]
    assert template["apply_error"].startswith("refused: "), template
    assert "no good" in template["apply_error"], template
    assert abs(template["apply_error_since_unix"] - time.time()) < 60
    said = weir.call("status").out
    assert "    its last text is not live: refused: " in said, said
    assert "no good" in weir.get("/")[1]
    bad = 'weir_template_apply_bad{template="a"}'
    assert weir.metric(bad) == 1
    t.write("catalog.json", catalog(8001, 8002))
    t.until_file("a.out", lambda s: s == "web-1:8001\nweb-2:8002\n")
    weir.wait_metric(bad, lambda n: n == 0)
    template = weir.status()["templates"][0]
    assert template["apply_error"] is None, template
    assert template["apply_error_since_unix"] is None, template
    assert "not live" not in weir.call("status").out


def test_disk_full_is_said_and_tried_again(t):
    weir, _ = catalog_site(t)
    folder = t.path("small")
    os.mkdir(folder)
    weir.configure({'template "a"': {"destination": folder + "/d/a.out",
                                     "create_dest_dirs": False}})
    weir.start()
    weir.wait_log("small/d: it does not exist")
    os.mkdir(folder + "/d")
    t.until_file("small/d/a.out", lambda s: s == "web-1:8001\n", patience=20)


def test_systemd_hears_ready_only_after_the_first_apply(t):
    path = t.path("notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        s.settimeout(15)
        weir, out = catalog_site(t, env={"NOTIFY_SOCKET": path})
        t.write("a.tmpl", '{{key "app/secret"}}')
        weir.start()
        heard = ""
        while "kv.block(app/secret)" not in heard:
            heard += s.recv(4096).decode() + "\n"
        assert "READY=1" not in heard, heard
        t.write("catalog.json", catalog(8001, kv={"app/secret": "x"}))
        while "READY=1" not in heard:
            heard += s.recv(4096).decode() + "\n"
        assert os.path.exists(out)
        weir.configure({'template "a"': {"check": "! grep -q y {candidate}"}})
        assert weir.call("reload").code == 0
        t.write("catalog.json", catalog(8001, kv={"app/secret": "y"}))
        while "live: 1 file; 1 with an older text" not in heard:
            heard += s.recv(4096).decode() + "\n"
        t.write("catalog.json", catalog(8001, kv={"app/secret": "z"}))
        heard = ""
        while "live: 1 file\n" not in heard:
            heard += s.recv(4096).decode() + "\n"
        weir.send(signal.SIGTERM)
        while "STOPPING=1" not in heard:
            heard += s.recv(4096).decode() + "\n"
        assert weir.wait_exit() == 0


def test_ready_is_said_when_every_file_is_live(t):
    weir, _ = catalog_site(t)
    t.write("b.tmpl", '{{key "app/secret"}}')
    weir.configure({'template "b"': {
        "source": t.path("b.tmpl"), "destination": t.path("b.out")}})
    weir.start()
    t.until_file("a.out", lambda s: s == "web-1:8001\n")
    weir.wait_log(r"waiting for|kv\.block\(app/secret\)")
    assert weir.get("/readyz")[0] == 503
    assert weir.count_log("ready: every file is live") == 0
    t.write("catalog.json", catalog(8001, kv={"app/secret": "x"}))
    weir.wait_log("ready: every file is live")
    assert weir.get("/readyz")[0] == 200


def test_a_client_that_is_too_slow_is_hung_up_on(t):
    weir, _ = catalog_site(t)
    weir.start()
    weir.wait_log("ready")
    with socket.create_connection(("127.0.0.1", weir.http_port)) as s:
        s.settimeout(t.seconds(20))
        s.sendall(b"GET /status HTTP/1.1\r\nHost: x\r\n")
        began = time.monotonic()
        assert s.recv(1) == b"", "it was answered"
        assert time.monotonic() - began > 5
    assert weir.get("/healthz")[0] == 200


def test_two_at_once_do_not_disturb_each_other(t):
    one, _ = catalog_site(t)
    one.start()
    one.wait_log("ready")
    r = one.render()
    assert r.code == 0 and "unchanged" in r.out, r
