# SPDX-License-Identifier: MIT
"""What weir knows of an earlier run: a start while Consul is away."""
import difflib
import os
import re
import time

from lib import fake_consul as fake_module
from lib.fake_consul import instance

WEB = "/v1/health/service/web"
LINE = '{{range service "web|any"}}{{.ID}}:{{.Port}} {{end}}'
QUICK = {"retry_min": "100ms", "retry_max": "400ms", "wait": "10s"}
# Everything that a template can ask an agent without a mesh.
ALL = """{{range services}}{{.Name}} {{.Tags}}
{{range service .Name}}{{.}} {{.ID}} {{.Address}}:{{.Port}} {{.Tags | join ","}}
{{.Checks | toJSON}} {{.NodeMeta}} {{.ServiceMeta}} {{.Weights | toJSON}}
{{.ServiceTaggedAddresses | toJSON}} {{.Status}} {{spew_sdump .}}{{end}}{{end}}
{{range service "web~_agent|any"}}{{.Node}} {{end}}
{{range nodes}}{{. | toJSON}}{{end}}
{{with node "web-1"}}{{. | toJSON}}{{end}}{{node "none"}}
{{datacenters}} {{key "app/name"}} {{keyOrDefault "app/none" "x"}}
{{range ls "app"}}{{. | toJSON}}{{end}}{{range tree ""}}{{.Path}} {{end}}
{{with $d := tree "app" | explode}}{{$d | toTOML}}{{end}}
"""


def site(t, consul, template=LINE, **more):
    """A weir with one template that is written to "out"."""
    t.write("in.tmpl", template)
    config = {"consul": dict(QUICK),
              'template "a"': {"source": t.path("in.tmpl"),
                               "destination": t.path("out"),
                               "settle": "10ms:100ms"}}
    for section, keys in more.items():
        config.setdefault(section, {}).update(keys)
    return t.weir(config, consul=consul)


def web(*ports):
    return [instance("web", id=f"w{p}", port=p) for p in ports]


def saved(t, weir):
    """Waits until nothing is left to be saved."""
    t.until(lambda: os.path.exists(weir.state + "/answers"), "a state")


def left(t, *ports, **more):
    """A weir that has heard these and was killed, its Consul gone too."""
    fake = t.fake_consul()
    fake.say(WEB, web(*ports))
    weir = site(t, fake, **more).start()
    weir.wait_log("ready")
    saved(t, weir)
    weir.kill()
    fake.refuse()
    return fake, weir


def test_a_start_without_consul_gives_the_last_known_and_says_so(t):
    fake, weir = left(t, 1, 2)
    os.unlink(t.path("out"))
    began = time.monotonic()
    weir.start()
    t.until_file("out", lambda s: s == "w1:1 w2:2 ")
    assert time.monotonic() - began < t.seconds(2)
    weir.wait_log(r"warn +state: .*does not answer: 1 answer of an earlier run "
                  r"in use, stale, \d+ s old")
    [watch] = weir.status()["consul"]["watches"]
    assert watch["remembered"] and watch["stale"], watch
    assert 0 <= watch["age_ms"] < 60000, watch
    assert weir.metric("weir_remembered_answers") == 1
    assert "1 answer of an earlier run in use" in weir.call("status").out
    assert "1 answers of an earlier run in use" in weir.get("/")[1]
    fake.say(WEB, web(1, 2, 3))
    fake.listen()
    began = time.monotonic()
    t.until_file("out", lambda s: s == "w1:1 w2:2 w3:3 ")
    assert time.monotonic() - began < t.seconds(2)
    weir.wait_log("no answer of an earlier run is in use any more")
    assert weir.metric("weir_remembered_answers") == 0
    [watch] = weir.status()["consul"]["watches"]
    assert not watch["remembered"] and not watch["stale"], watch


def test_everything_that_templates_read_gives_the_same_bytes(t):
    consul = t.consul()
    consul.register("web", port=8001, tags=["b", "a"], meta={"k": "v"},
                    weights={"Passing": 3, "Warning": 1},
                    node_meta={"rack": "1"}, output="fine\n")
    consul.register("web", node="web-2", port=8002, status="warning")
    consul.register("api", node="web-2", address="10.0.0.9", port=1)
    consul.check("passing", node="web-2")
    for key, value in {"app/name": "shöp", "app/a/b": "1",
                       "app/empty": "", "z": "\n"}.items():
        consul.kv_put(key, value)
    weir = site(t, consul, ALL).start()
    weir.wait_log("ready")
    t.until_file("out", lambda s: "serfHealth" in s and "lan_ipv4" in s)

    def is_still():
        """The agent goes on registering itself for a while."""
        before = t.read("out")
        time.sleep(t.seconds(1))
        return t.read("out") == before
    t.until(is_still, "the agent to be done with itself")
    weir.stop()
    wanted = t.read("out")
    assert wanted.count("web-2") > 5, wanted
    consul.kill()
    os.unlink(t.path("out"))
    weir.start()
    weir.wait_log("ready")
    again, wanted = (re.sub("0x[0-9a-f]{6,}", "0x", s)     # spew's pointers
                     for s in (t.read("out"), wanted))
    assert again == wanted, "\n".join(
        difflib.unified_diff(wanted.split("\n"), again.split("\n"), n=0))


def test_the_same_bytes_reload_nothing(t):
    more = {'template "a"': {"reload": f"echo x >> {t.path('reloads')}"}}
    fake, weir = left(t, 1, 2, **more)
    before = os.stat(t.path("out")).st_mtime_ns
    weir.start()
    weir.wait_log("nothing to do")
    fake.listen()
    weir.wait_log("answered again|every answer|no answer of an earlier run")
    t.holds(lambda: t.read("reloads") == "x\n", "one reload", 0.5)
    assert os.stat(t.path("out")).st_mtime_ns == before


def test_a_consul_that_comes_back_empty_is_held_against_it(t):
    fake, weir = left(t, 1, 2)
    weir.start()
    t.until_file("out", lambda s: s == "w1:1 w2:2 ")
    weir.wait_log("in use, stale")
    fake.say(WEB, [], index=3)
    fake.listen()
    weir.wait_log(r"health\.service\(web\|any\): held: from 2 to 0")
    [h] = weir.status()["held"]
    assert h["was"] == 2
    fake.say(WEB, web(1, 3))
    t.until_file("out", lambda s: s == "w1:1 w3:3 ")


def test_an_empty_consul_at_the_start_is_held_against_it(t):
    """It answers at once, so nothing of the earlier run was in use."""
    fake, weir = left(t, 1, 2)
    fake.say(WEB, [])
    fake.listen()
    os.unlink(t.path("out"))
    weir.start()
    weir.wait_log("held: from 2 to 0")
    t.until_file("out", lambda s: s == "w1:1 w2:2 ")


def test_an_agent_of_another_datacenter_is_not_held_against_it(t):
    fake = t.fake_consul()
    fake.say(WEB, web(1, 2))

    def agent(name):
        fake.say("/v1/agent/self", {"Config": {"NodeName": "n",
                                               "Datacenter": name}})
    agent("dc1")
    weir = site(t, fake).start()
    weir.wait_log("ready")
    saved(t, weir)
    weir.kill()
    agent("dc2")
    fake.say(WEB, [])
    weir.start()
    weir.wait_log("the agent is of datacenter dc2, the answers of an earlier "
                  "run of dc1: they are forgotten")
    t.until_file("out", lambda s: s == "")


def test_what_another_datacenter_said_is_not_recalled(t):
    """Not even where the agent that is there now has no answer."""
    fake = t.fake_consul()
    fake.say(WEB, web(1, 2))
    fake.say("/v1/agent/self", {"Config": {"NodeName": "n",
                                           "Datacenter": "dc1"}})
    weir = site(t, fake).start()
    weir.wait_log("ready")
    saved(t, weir)
    weir.kill()
    os.unlink(t.path("out"))
    fake.say("/v1/agent/self", {"Config": {"NodeName": "n",
                                           "Datacenter": "dc2"}})

    def late(talk, data, index):
        time.sleep(t.seconds(0.5))      # the agent has said who it is
        fake_module.status(500, "x")(talk, data, index)
    fake.always(WEB, late)
    weir.start()
    weir.wait_log("they are forgotten")
    weir.wait_log("code: 500")
    t.holds(lambda: t.read("out") is None, "nothing is recalled", 1.5)


def test_a_consul_that_answers_is_not_preceded_by_what_was(t):
    fake, weir = left(t, 1, 2)
    fake.say(WEB, web(2, 3))
    fake.listen()
    weir.start()
    t.until_file("out", lambda s: s == "w2:2 w3:3 ")
    assert weir.count_log("a: rendered") == 1
    assert weir.count_log("in use, stale") == 0


def test_a_consul_that_is_silent_is_not_waited_for(t):
    fake, weir = left(t, 1, 2)
    fake.always(WEB, fake_module.silence())
    fake.listen()
    os.unlink(t.path("out"))
    began = time.monotonic()
    weir.start()
    t.until_file("out", lambda s: s == "w1:1 w2:2 ")
    assert 1.5 < time.monotonic() - began < t.seconds(4)


def test_what_changed_last_is_what_is_known(t):
    fake = t.fake_consul()
    fake.say(WEB, web(1))
    for i in range(8):
        fake.say(f"/v1/health/service/s{i}",
                 [instance(f"s{i}", port=i) for _ in range(20)])
    weir = site(t, fake, LINE + "".join(
        '{{range service "s%d|any"}}{{.Port}}{{end}}' % i
        for i in range(8))).start()
    weir.wait_log("answers saved in .* bytes$")
    whole = os.stat(weir.state + "/answers").st_mtime_ns
    fake.say(WEB, web(7))
    weir.wait_log("1 answers saved in .*of what changed")
    assert os.stat(weir.state + "/answers").st_mtime_ns == whole
    wanted = t.read("out")
    assert wanted.startswith("w7:7 ")
    weir.kill()
    fake.refuse()
    os.unlink(t.path("out"))
    weir.start()
    t.until_file("out", lambda s: s == wanted)


API = "/v1/health/service/api"


def pair(t):
    """A weir with two queries, and the time at which both were true."""
    fake = t.fake_consul()
    fake.say(WEB, web(1))
    fake.say(API, [instance("api", id="a1", port=1)])
    weir = site(t, fake, LINE + LINE.replace("web", "api")).start()
    weir.wait_log("ready")
    saved(t, weir)
    return fake, weir, int(time.time())


def is_as_old(t, fake, weir, when):
    """Saved once more with news of the other, and begun without Consul."""
    fake.say(API, [instance("api", id="a2", port=2)])
    t.until_file("out", lambda s: s == "w1:1 a2:2 ")
    saves = weir.metric("weir_state_saves_total")
    weir.wait_metric("weir_state_saves_total", lambda n: n > saves)
    weir.stop()         # which says once more what is true, if all is
    fake.refuse()
    weir.start()
    weir.wait_log("in use, stale")
    oldest = weir.status()["state"]["oldest_unix"]
    assert oldest <= when + 1, (oldest, when)


def test_what_fails_grows_old_in_the_state(t):
    fake, weir, when = pair(t)
    fake.always(WEB, fake_module.status(500, "x"))
    fake.drop_connections()
    weir.wait_log("the last good answer stays")
    time.sleep(4)
    is_as_old(t, fake, weir, when)


def test_what_is_recalled_keeps_its_age_in_the_state(t):
    fake, weir, when = pair(t)
    weir.kill()
    fake.always(WEB, fake_module.status(500, "x"))
    time.sleep(4)
    weir.start()
    weir.wait_log("in use, stale")
    is_as_old(t, fake, weir, when)


def test_sigterm_saves_what_is_not_saved_yet(t):
    fake = t.fake_consul()
    fake.say(WEB, web(1))
    weir = site(t, fake).start()
    weir.wait_log("ready")
    assert weir.stop() == 0
    mode = os.stat(weir.state + "/answers").st_mode
    assert mode & 0o7777 == 0o600, oct(mode)
    fake.refuse()
    os.unlink(t.path("out"))
    weir.start()
    t.until_file("out", lambda s: s == "w1:1 ")


def test_a_state_that_does_not_fit_is_set_aside(t):
    fake, weir = left(t, 1, 2)
    path = weir.state + "/answers"
    with open(path, "rb") as f:
        good = f.read()

    def damaged():
        with open(path, "r+b") as f:
            f.seek(len(good) // 2)
            f.write(b"\xff\xfe")

    for spoil, words in (
            (damaged, "damaged or cut off"),
            (lambda: os.truncate(path, 50), "damaged or cut off"),
            (lambda: os.truncate(path, 0), "damaged, or no state"),
            (lambda: os.chmod(path, 0o666), "can be written by others"),
            (lambda: weir.configure({"consul": {"datacenter": "dc9"}}),
             "it is of another Consul or configuration")):
        with open(path, "wb") as f:
            f.write(good)
        os.chmod(path, 0o600)
        spoil()
        weir.start()
        weir.wait_log(f"are not used, and set aside.*answers: .*{words}")
        t.holds(lambda: not os.path.exists(path), "nothing is saved", 0.2)
        assert weir.kill() == -9
        os.unlink(path + ".refused")


def test_a_state_directory_that_is_not_there_is_a_warning(t):
    fake = t.fake_consul()
    fake.say(WEB, web(1))
    t.write("file", "")
    weir = site(t, fake, state={"path": t.path("file/state")}).start()
    weir.wait_log("warn .*the last good answers are not kept")
    t.until_file("out", lambda s: s == "w1:1 ")
    weir.wait_log("ready")


def test_a_state_that_cannot_be_written_is_said_once_and_made_up_for(t):
    fake = t.fake_consul()
    fake.say(WEB, web(1))
    weir = site(t, fake).start()
    weir.wait_log("ready")
    saved(t, weir)
    os.rename(weir.state, weir.state + ".away")
    for port in (2, 3):
        fake.say(WEB, web(port))
        t.until_file("out", lambda s, p=port: s == f"w{p}:{p} ")
        weir.wait_metric("weir_state_save_errors_total",
                         lambda n, p=port: n >= p - 1)
    assert weir.count_log("the last good answers can't be kept in") == 1
    os.rename(weir.state + ".away", weir.state)
    fake.say(WEB, web(4))
    weir.wait_log("the last good answers are kept again")
    weir.kill()
    fake.refuse()
    os.unlink(t.path("out"))
    weir.start()
    t.until_file("out", lambda s: s == "w4:4 ")


def test_two_weirs_do_not_share_a_state(t):
    fake = t.fake_consul()
    fake.say(WEB, web(1))
    one = site(t, fake).start()
    one.wait_log("ready")
    saved(t, one)
    two = site(t, fake, state={"path": one.state})
    two.configure({'template "a"': {"destination": t.path("out2")}})
    two.start()
    two.wait_log("is in use by another weir")
    t.until_file("out2", lambda s: s == "w1:1 ")


def test_a_catalog_file_needs_no_state(t):
    t.write("catalog.json", '{"Nodes": [{"Node": "n", "Services": '
            '[{"Service": "web", "ID": "w1", "Port": 1}]}]}')
    t.write("in.tmpl", LINE)
    weir = t.weir({"catalog": {"file": t.path("catalog.json")},
                   'template "a"': {"source": t.path("in.tmpl"),
                                    "destination": t.path("out")}}).start()
    weir.wait_log("ready")
    weir.stop()
    assert not os.path.exists(weir.state + "/answers")
