# SPDX-License-Identifier: MIT
"""What weir refuses to believe: answers that take away too much at once."""
import http.client
import json
import os
import socket

from lib.fake_consul import instance

WEB = "/v1/health/service/web"
API = "/v1/health/service/api"
LINE = '{{range service "web"}}{{.Port}} {{end}}'
QUICK = {"retry_min": "100ms", "retry_max": "400ms", "wait": "2s"}


def site(t, consul, template=LINE, **guard):
    """A weir with one template that is written to "out"."""
    t.write("in.tmpl", template)
    return t.weir({
        "consul": QUICK, "guard": guard or {"hold": "5m"},
        'template "a"': {"source": t.path("in.tmpl"),
                         "destination": t.path("out"),
                         "settle": "10ms:50ms"}}, consul=consul)


def web(count):
    return [instance("web", id=f"w{i}", port=8000 + i) for i in range(count)]


def text(count):
    return "".join(f"{8000 + i} " for i in range(count))


def ready(t, count, **guard):
    """A fake Consul with so many instances, and a weir that has them."""
    fake = t.fake_consul()
    fake.say(WEB, web(count))
    weir = site(t, fake, **guard).start()
    weir.wait_log("ready")
    assert t.read("out") == text(count)
    return fake, weir


def held(weir):
    return json.loads(weir.call("status", "--json").out)["held"]


def test_an_empty_answer_is_held_and_said_everywhere(t):
    fake, weir = ready(t, 3)
    fake.say(WEB, [])
    weir.wait_log(r"health\.service\(web\|passing\): held: from 3 to 0 in one "
                  r"step; the last good answer stays until the data recover, "
                  r"for 5m0s or until `weir approve`")
    assert t.read("out") == text(3)
    [h] = held(weir)
    assert (h["query"], h["was"], h["is"]) == (
        "health.service(web|passing)", 3, 0), h
    assert 0 < h["release_in_ms"] <= 300000 and not h["denied"], h
    said = weir.call("status").out
    assert "held:\n  health.service(web|passing): from 3 to 0, since" in said
    assert "weir approve" in said, said
    assert "held: <code>health.service(web|passing)</code> from 3 to 0" in \
        weir.get("/")[1]
    fake.say(WEB, web(2))
    t.until_file("out", lambda s: s == text(2))
    weir.wait_log("released after .*: the data recovered")
    assert held(weir) == []
    assert weir.log().count(": held: ") == 1


def test_everything_else_goes_on_changing(t):
    fake = t.fake_consul()
    fake.say(WEB, web(3))
    fake.say("/v1/health/service/api", [instance("api", port=1)])
    weir = site(t, fake, LINE + '{{range service "api"}}{{.Port}}{{end}}')
    weir.start().wait_log("ready")
    fake.say(WEB, [])
    weir.wait_log(": held: ")
    fake.say("/v1/health/service/api", [instance("api", port=2)])
    t.until_file("out", lambda s: s == text(3) + "2")


def test_hold_passes_and_it_is_believed(t):
    fake, weir = ready(t, 3, hold="1s")
    fake.say(WEB, [])
    weir.wait_log(": held: ")
    assert t.read("out") == text(3)
    t.until_file("out", lambda s: s == "")
    weir.wait_log("released after 1.*: it lasted")


def test_approval_releases_one_query(t):
    fake, weir = ready(t, 3)
    none = weir.call("approve")
    assert none.code == 1 and "nothing is held" in none.err, none
    fake.say(WEB, [])
    weir.wait_log(": held: ")
    other = weir.call("approve", "health.service(x)")
    assert other.code == 1 and "is not held" in other.err, other
    assert t.read("out") == text(3)
    done = weir.call("approve", "health.service(web|passing)")
    assert (done.code, done.out) == (0, "1 approved\n"), done
    t.until_file("out", lambda s: s == "")
    weir.wait_log("released after .*: approved")


def test_denial_outlasts_hold_until_the_data_recover(t):
    fake = t.fake_consul()
    fake.say(WEB, web(4))
    fake.say(API, web(4))
    weir = site(t, fake, LINE + "{{range service \"api\"}}a{{end}}",
                hold="2s").start()
    weir.wait_log("ready")
    fake.say(WEB, web(1))
    weir.wait_log(": held: ")
    done = weir.call("deny")
    assert (done.code, done.out) == (0, "1 denied\n"), done
    # Another that is held later is believed when hold has passed.
    fake.say(API, web(1))
    t.until_file("out", lambda s: s == text(4) + "a")
    [h] = held(weir)
    assert h["denied"] and h["release_in_ms"] is None, h
    fake.say(WEB, web(3))
    t.until_file("out", lambda s: s == text(3) + "a")
    assert held(weir) == []


def test_orders_are_taken_on_the_control_socket_only(t):
    port = t.port()
    fake = t.fake_consul()
    fake.say(WEB, web(3))
    weir = site(t, fake)
    weir.configure({"http": {"listen": f"127.0.0.1:{port}"}})
    weir.start().wait_log("ready")
    fake.say(WEB, [])
    weir.wait_log(": held: ")
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    link.request("POST", "/approve")
    assert link.getresponse().status == 405
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    link.request("GET", "/metrics")
    metrics = link.getresponse().read().decode()
    assert 'weir_guard_held{kind="health.service"} 1\n' in metrics
    assert "weir_guard_held_total 1\n" in metrics
    assert t.read("out") == text(3)


def test_orders_of_another_user_are_refused(t):
    if os.getuid() != 0:
        t.skip("only root can be another user")
    fake, weir = ready(t, 3)
    fake.say(WEB, [])
    weir.wait_log(": held: ")
    path = next(os.path.join(d, "control") for d, _, files in os.walk(t.dir)
                if "control" in files)
    folder = os.path.dirname(path)
    while len(folder) >= len(t.dir):  # what the file system would refuse
        os.chmod(folder, os.stat(folder).st_mode | 0o005)
        folder = os.path.dirname(folder)
    os.chmod(path, 0o666)
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            with socket.socket(socket.AF_UNIX) as link:
                link.connect(path)
                link.sendall(b"POST /approve HTTP/1.0\r\n\r\n")
                os.write(into, link.recv(4096))
        finally:
            os._exit(0)
    os.close(into)
    said = os.read(out, 4096).decode()
    os.waitpid(child, 0)
    assert " 403 " in said, said
    assert len(held(weir)) == 1


def test_systemd_hears_what_is_held(t):
    path = t.path("notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        s.settimeout(15)
        fake = t.fake_consul()
        fake.say(WEB, web(3))
        t.write("in.tmpl", LINE)
        weir = t.weir({'template "a"': {"source": t.path("in.tmpl"),
                                        "destination": t.path("out")}},
                      consul=fake, env={"NOTIFY_SOCKET": path})
        weir.start().wait_log("ready")
        fake.say(WEB, [])
        heard = ""
        while "held: health.service(web|passing) from 3 to 0" not in heard:
            heard += s.recv(4096).decode() + "\n"


def test_a_rolling_deployment_of_20_is_never_held(t):
    consul = t.consul()
    for i in range(20):
        consul.register("web", node=f"n{i}", port=8000 + i)
    weir = site(t, consul).start()
    t.until_file("out", lambda s: s.count(" ") == 20)
    for i in range(0, 20, 4):
        for k in range(i, i + 4):
            consul.deregister(node=f"n{k}", service="web")
        for k in range(i, i + 4):
            consul.register("web", node=f"n{k}", port=9000 + k)
    t.until_file("out", lambda s: s.count("90") == 20)
    assert ": held: " not in weir.log()


def test_one_by_one_passes_and_the_last_is_held(t):
    consul = t.consul()
    for i in range(4):
        consul.register("web", node=f"n{i}", port=8000 + i)
    weir = site(t, consul, hold="2s").start()
    t.until_file("out", lambda s: s == text(4))
    for left in (3, 2, 1):
        consul.deregister(node=f"n{left}", service="web")
        t.until_file("out", lambda s, n=left: s == text(n))
    consul.deregister(node="n0", service="web")
    weir.wait_log("held: from 1 to 0")
    assert t.read("out") == text(1)
    t.until_file("out", lambda s: s == "")


def test_a_consul_that_comes_back_empty_wipes_nothing(t):
    consul = t.consul()
    for i in range(3):
        consul.register("web", node=f"n{i}", port=8000 + i)
    consul.register("api", node="n1", port=1)
    consul.kv_put("app/mode", "on")
    consul.kv_put("app/list/a", "1")
    weir = site(t, consul, LINE + '{{keyOrDefault "app/mode" "off"}} '
                '{{range ls "app/list"}}{{.Key}}{{end}} '
                '{{range services}}{{.Name}} {{end}}').start()
    wanted = text(3) + "on a api consul web "
    t.until_file("out", lambda s: s == wanted)
    consul.kill()
    weir.wait_log("the last good answer stays")
    consul.start()
    for query in (r"health\.service\(web\|passing\)", r"kv\.get\(app/mode\)",
                  r"kv\.list\(app/list\)", r"catalog\.services"):
        weir.wait_log(query + ": held: ")
    # The blocking queries return with a lower index, some times over.
    answers = weir.metric("weir_consul_answers_total")
    weir.wait_metric("weir_consul_answers_total", lambda n: n >= answers + 12)
    assert t.read("out") == wanted
    assert len(held(weir)) == 4
    # it is found again as it was
    for i in range(3):
        consul.register("web", node=f"n{i}", port=8100 + i)
    t.until_file("out", lambda s: s.startswith("8100 8101 8102 on a "))


def test_a_line_in_a_tag_never_reaches_haproxy(t):
    conf = t.path("haproxy.cfg")
    fake = t.fake_consul()
    fake.say(WEB, web(2))
    t.write("in.tmpl", 'global\n{{range service "web"}}# {{.ID}} '
            '{{join "," .Tags}} {{.ServiceMeta.k}}\n{{end}}')
    weir = t.weir({
        "consul": QUICK,
        'haproxy "main"': {"config": conf, "check": "no",
                           "reload": "command: true"},
        'template "a"': {"source": t.path("in.tmpl"), "destination": conf,
                         "haproxy": "main", "settle": "10ms:50ms"}},
        consul=fake).start()
    good = "global\n# w0  \n# w1  \n"
    t.until_file("haproxy.cfg", lambda s: s == good)
    for evil in ("x\nbackend evil", "x\r", "x\0y", "\x1b[0m", "\x7f"):
        for field in ({"tags": ["ok", evil]}, {"meta": {"k": evil}},
                      {"id": evil}):
            weir.mark()
            fake.say(WEB, web(1) + [instance("web", **{"id": "w1", **field})])
            weir.wait_log(r'a: failed, the last good text stays: .*refused: a '
                          r'control character in health\.service\(web\|passing'
                          r'\): node "web-1", service "web"')
            assert t.read("haproxy.cfg") == good
            fake.say(WEB, web(2))
            weir.wait_log("a: the same text")
    for tag in ('"', "'", "#", "\\", " "):
        fake.say(WEB, [instance("web", id="w9", tags=[tag])])
        t.until_file("haproxy.cfg", lambda s, g=tag: f"# w9 {g} " in s)
