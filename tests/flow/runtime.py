# SPDX-License-Identifier: MIT
"""The stats socket of a real HAProxy, through build/tools/talker.

What is sent, judged, read back and compared here is what weir sends, judges,
reads back and compares; on the machine's HAProxy, or that of
WEIR_TEST_HAPROXY.
"""
import os
import random
import re
import shutil
import signal
import socket
import subprocess

from lib.wait import seconds

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TALKER = os.path.join(ROOT, "build", "tools", "talker")
ADDRESS, WEIGHT, READY, MAP, CERT = 0, 1, 7, 13, 14

BACKENDS = """frontend f
\tbind unix@{dir}/f.sock
\thttp-request set-header x %[path,map({dir}/keyed.map,none)]
\thttp-request set-header y %[path,map_reg({dir}/ordered.map,none)]
\thttp-request deny if {{ path -f {dir}/paths.acl }}
\tdefault_backend b

backend b
\tdefault-server weight 10
\tserver a 127.0.0.1:8001 check inter 100s
\tserver c 127.0.0.2:8002 weight 20 check port 88 addr 127.0.0.9 inter 100s
\tserver d 127.0.0.1:8004 check inter 100s disabled
\tserver e [::1]:8005 weight 0
\tserver n localhost:8006 init-addr none
\tserver u unix@{dir}/none.sock
\tserver g 127.0.0.1:8007 agent-check agent-port 99 agent-inter 100s
\tserver t 127.0.0.1:8008 track b/d
\tserver-template s- 3 127.0.0.1:9000 disabled

backend static
\tbalance static-rr
\tserver a 127.0.0.1:8001 weight 3
\tserver c 127.0.0.1:8002
"""


class Talker:
    """A talker on the stats socket of a proxy."""

    def __init__(self, t, proxy, path=None):
        version = subprocess.run([proxy.program, "-v"], text=True,
                                 capture_output=True, check=True).stdout
        self.version = tuple(
            int(n) for n in re.search(r"(\d+)\.(\d+)", version).groups())
        self.program = subprocess.Popen(
            [TALKER, path or proxy.stats_socket,
             ".".join(map(str, self.version)) + ".0"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, cwd=t.dir)
        t._keep(self)

    def say(self, *words):
        """The lines of the answer."""
        self.program.stdin.write(
            "\t".join(str(w).replace("\n", "\\n") for w in words) + "\n")
        self.program.stdin.flush()
        lines = []
        while (line := self.program.stdout.readline().rstrip("\n")) != ".":
            assert line or self.program.poll() is None, "the talker is gone"
            lines.append(line)
        return lines

    def run(self, *steps):
        """Runs steps (kind, command[, undo]): (done, us, error or None)."""
        self.say("clear")
        for step in steps:
            assert self.say("step", *step) == []
        return self.result(self.say("run"))

    @staticmethod
    def result(lines):
        done, _, us = re.match(r"done (\d+) of (\d+) in (\d+) us",
                               lines[0]).groups()
        error = lines[1][len("error: "):] if len(lines) > 1 else None
        return int(done), int(us), error

    def stop(self):
        self.program.stdin.close()
        code = self.program.wait(seconds(10))
        assert code in (0, -signal.SIGKILL), f"talker: exit {code}"


class Site:
    def __init__(self, t, more="", body=BACKENDS, keyed="k 1\n"):
        self.t = t
        for name, text in (("keyed.map", keyed), ("ordered.map", "o 1\n"),
                           ("paths.acl", "/x\n")):
            t.write(name, text)
        self.proxy = t.haproxy()
        self.proxy.write(self.proxy.header(more) + body.format(dir=t.dir))
        self.proxy.start()
        self.talker = Talker(t, self.proxy)
        self.say, self.run = self.talker.say, self.talker.run

    def verify(self, *more):
        return self.say("verify", self.proxy.config, *more)


# --- steps ------------------------------------------------------------------

def many(count):
    body = ""
    for b in range(count // 20):
        body += f"backend b{b}\n" + "".join(
            f"\tserver s{s} 127.0.0.1:{8000 + s}\n" for s in range(20))
    return body


def test_a_thousand_servers_change_at_once(t):
    site = Site(t, body=many(1000))
    best = min(site.run(*[
        (WEIGHT, f"set server b{i % 50}/s{i // 50} weight {n}")
        for i in range(1000)])[1] for n in (2, 3, 4))
    assert site.run(*[(ADDRESS, f"set server b{i % 50}/s{i // 50} addr "
                       f"127.0.0.2 port {7000 + i}")
                      for i in range(1000)])[0] == 1000
    rows = site.proxy.servers()
    assert {r["srv_uweight"] for r in rows.values()} == {"4"}
    assert all(rows[f"b{i % 50}/s{i // 50}"]["srv_port"] == str(7000 + i)
               for i in range(1000))
    print(f"1000 weights in {best} us")
    assert best < 100_000, best


def test_one_step_on_the_kept_connection(t):
    site = Site(t)
    times = sorted(site.run((WEIGHT, f"set server b/a weight {n}"))[1]
                   for n in range(1, 100))
    print(f"a step in {times[50]} us (median)")
    assert times[50] < 1000, times[50]


def test_connection_ends_soon_so_that_an_old_worker_can(t):
    site = Site(t)
    assert site.run((WEIGHT, "set server b/a weight 3"))[0] == 1
    worker = site.proxy.worker()
    site.proxy.reload()
    site.say("sleep", 400)
    t.until(lambda: not os.path.exists(f"/proc/{worker}"),
            "the old worker to be gone", 5)
    assert site.run((WEIGHT, "set server b/a weight 4"))[0] == 1
    assert site.proxy.servers()["b/a"]["srv_uweight"] == "4"


def test_every_step_is_known_to_have_taken(t):
    site = Site(t)
    steps = ["set server b/a addr 127.0.0.3 port 9001",
             "set server b/a addr 127.0.0.3 port 9001",
             "set server b/a addr 127.0.0.3 port 9002",
             "set server b/a addr ::1 port 9002",
             "set server b/a weight 3", "set maxconn server b/a 5",
             "set server b/c check-port 77",
             "set server b/a state drain", "set server b/a state ready",
             "set server b/a state maint", "set server b/a state ready",
             "set server static/a weight 0", "set server static/a weight 100%",
             "set server b/g agent-addr 127.0.0.4",
             "set server b/g agent-send x"]
    if site.talker.version >= (2, 4):
        steps += ["set server b/c check-addr 127.0.0.4 port 6",
                  "set server b/g agent-port 98"]
    if site.talker.version >= (2, 5):
        steps += ["add server b/new 127.0.0.1:1 check",
                  "enable health b/new", "set server b/new state ready",
                  "set server b/new state maint", "del server b/new"]
    for command in steps:
        done, _, error = site.run((READY, command))
        assert error is None and done == 1, (command, error)


def test_what_is_refused_is_known_to_be(t):
    site = Site(t)
    for command, words in (
            ("set server b/a weight 500", "between 0 and 256"),
            ("set server b/none weight 5", "No such server"),
            ("set server none/a weight 5", "backend"),
            ("set server static/a weight 5", "static LB algorithm"),
            ("set server b/a addr nowhere port 1", "Invalid addr"),
            ("set server b/a addr 127.0.0.1 port x", "converting port"),
            ("set server b/u addr 127.0.0.1 port 1", "family"),
            ("set server b/n addr 127.0.0.1 port 1", "family"),
            ("set server b/a state up", "expects"),
            ("add server b/a 127.0.0.1:1", ""),
            ("add server static/new 127.0.0.1:1", ""),
            ("del server b/a", ""), ("set server b/a", ""),
            ("wait 1s srv-removable b/none", ""),
            (f"del map {t.dir}/keyed.map none", "not found"),
            (f"add map {t.dir}/none.map a b", "Unknown map"),
            ("set ssl cert /none <<\nx\n", "")):
        done, _, error = site.run((READY, command))
        assert done == 0 and error, command
        assert words in error and command.split(" <<")[0] in error, error
        assert site.proxy.stats_socket in error, error


def test_what_took_behind_a_refusal_is_taken_back(t):
    site = Site(t)
    before = site.say("digest")
    done, _, error = site.run(
        (WEIGHT, "set server b/a weight 7", "set server b/a weight 10"),
        (WEIGHT, "set server b/a weight 700", "set server b/a weight 10"),
        (WEIGHT, "set server b/c weight 8", "set server b/c weight 20"),
        (WEIGHT, "set server b/e weight 8", "set server b/e weight 0"))
    assert done == 1 and "weight 700" in error, error
    assert site.proxy.servers()["b/c"]["srv_uweight"] == "20"
    assert site.say("digest") != before
    assert site.say("undo", 1)[0].startswith("done 1")
    assert site.say("digest") == before


# --- the socket's bad days --------------------------------------------------

def test_socket_of_level_user(t):
    site = Site(t, more=f"\tstats socket {t.dir}/user.sock level user\n")
    talker = Talker(t, site.proxy, f"{t.dir}/user.sock")
    done, _, error = talker.run((WEIGHT, "set server b/a weight 3"))
    assert done == 0 and "Permission denied" in error, error
    assert "level admin" in error, error
    assert any("be_name" in l for l in talker.say("ask",
                                                  "show servers state"))


def test_socket_with_no_connection_left(t):
    site = Site(t, more=f"\tstats socket {t.dir}/full.sock level admin\n"
                        "\tstats maxconn 1\n")
    with socket.socket(socket.AF_UNIX) as busy:
        busy.connect(f"{t.dir}/full.sock")
        busy.sendall(b"prompt\n")
        assert busy.recv(16)
        talker = Talker(t, site.proxy, f"{t.dir}/full.sock")
        done, _, error = talker.run((WEIGHT, "set server b/a weight 3"))
        assert done == 0 and "no answer within 2 s" in error, error
        assert "stats maxconn" in error, error
    t.until(lambda: talker.run((WEIGHT, "set server b/a weight 4"))[2] is None,
            "the socket to be free again")


def test_haproxy_gone_and_back(t):
    site = Site(t)
    assert site.run((WEIGHT, "set server b/a weight 3"))[2] is None
    site.proxy.stop()
    done, _, error = site.run((WEIGHT, "set server b/a weight 4"))
    assert done == 0 and ("refused" in error or "no such file" in error), error
    site.proxy.start()
    assert site.run((WEIGHT, "set server b/a weight 5"))[2] is None


def test_haproxy_that_hangs(t):
    site = Site(t)
    worker = site.proxy.worker()
    os.kill(worker, signal.SIGSTOP)
    try:
        done, _, error = site.run((WEIGHT, "set server b/a weight 9"))
    finally:
        os.kill(worker, signal.SIGCONT)
    assert done == 0 and "no answer within 2 s" in error, error
    t.until(lambda: site.run((WEIGHT, "set server b/a weight 8"))[2] is None,
            "the worker to go on")


def test_haproxy_killed_between_steps(t):
    site = Site(t)
    assert site.run((WEIGHT, "set server b/a weight 9"))[2] is None
    os.kill(site.proxy.worker(), signal.SIGKILL)
    done, _, error = site.run((WEIGHT, "set server b/a weight 8"))
    assert done == 0 and error, error


def test_large_answer(t):
    count = 20000
    site = Site(t, keyed="".join(
        f"key-{i} > value {i}\n" for i in range(count)))
    lines = site.say("ask", f"show map {t.dir}/keyed.map")
    assert len([l for l in lines if " > value " in l]) == count
    assert site.say("check", 1, t.path("keyed.map"),
                    t.path("keyed.map")) == ["same"]


# --- the proof --------------------------------------------------------------

def test_fresh_start_is_as_the_text_says(t):
    site = Site(t)
    assert site.verify() == []
    site.proxy.reload()
    assert site.verify() == []


def test_what_a_hand_changes_is_found_and_mended(t):
    site = Site(t)
    before = site.say("digest")
    changes = [
        ("set server b/a addr 127.0.0.1 port 8099", "port 8099, not 8001"),
        ("set server b/a addr 127.0.0.8", "address 127.0.0.8:8001"),
        ("set server b/e addr ::2", "address ::2:8005, not [::1]:8005"),
        ("set server b/a weight 11", "weight 11, not 10"),
        ("set server b/e weight 1", "weight 1, not 0"),
        ("set server b/a state maint", "in maintenance, not ready"),
        ("set server b/a state drain", "draining, not ready"),
        ("set server b/d state ready", "ready, not in maintenance"),
        ("set server static/a weight 0", "weight 0, not 3")]
    if site.talker.version >= (2, 4):
        changes += [
            ("set server b/c check-port 66", "check port 66, not 88"),
            ("set server b/c check-addr 127.0.0.7", "check address 127.0.0.7"),
            ("set server b/g agent-port 66", "agent port 66, not 99")]
    for command, what in changes:
        site.proxy.cli(command)
        assert site.say("digest") != before, command
        found = site.verify()
        assert len(found) == 2 and what in found[0], (command, found)
        done = site.say("repair", site.proxy.config)
        assert done[-1].startswith("done 1 of 1"), (command, done)
        assert site.verify() == [], command
        # A disabled server that was ready reads otherwise, and is the same.
        assert site.say("digest") == before, command


def test_what_a_hand_stopped_may_be_left(t):
    site = Site(t)
    site.proxy.cli("set server b/a state maint")
    assert site.verify("manual") == ["manual b/a: in maintenance, not ready"]
    site.proxy.cli("set server b/a state drain")
    assert site.verify("manual") == ["manual b/a: draining, not ready"]


def test_server_that_the_text_does_not_name(t):
    site = Site(t)
    if site.talker.version < (2, 5):
        t.skip("no dynamic servers")
    site.proxy.cli("add server b/new 127.0.0.1:1")
    assert site.verify() == [
        "leftover b/new: in maintenance, and the text does not name it"]
    site.proxy.cli("set server b/new state ready")
    found = site.verify()
    assert found[0].startswith("unknown b/new: ready"), found
    assert site.say("repair", site.proxy.config)[-1].startswith("done 1 of 1")
    assert site.verify()[0].startswith("leftover")
    site.proxy.cli("del server b/new")


def test_another_text_is_not_what_runs(t):
    site = Site(t)
    text = open(site.proxy.config, encoding="utf-8").read()
    other = t.write("other.cfg", text.replace("server a 127.0.0.1:8001 check",
                                              "server z 127.0.0.1:8001 check"))
    found = site.say("verify", other)
    assert "missing b/z: does not run" in found, found
    assert any(l.startswith("unknown b/a: ready") for l in found), found
    assert found[-1].startswith("reload "), found


# --- files ------------------------------------------------------------------

def test_haproxy_says_what_a_file_is(t):
    site = Site(t)
    for name, kind in (("keyed.map", 2), ("ordered.map", 1),
                       ("paths.acl", 3), ("none.map", 0)):
        assert site.say("kind", t.path(name), site.proxy.config) == [
            f"kind {kind}"], name


def some_map(chance, old):
    """Old lines, some gone, some changed, some new; twins at times."""
    lines = [l for l in old if chance.random() > 0.1]
    for _ in range(chance.randrange(6)):
        key = f"key{chance.randrange(60)}"
        at = chance.choice([len(lines), chance.randrange(len(lines) + 1)])
        if chance.random() < 0.9 and any(l.split()[0] == key for l in lines):
            continue
        value = chance.choice(["", "v", "two words", "a;b", "back\\slash",
                               '"quo\'ted"', "#hash", "<<", "x > y", "@* z"])
        lines.insert(at, f"{key} {value}")
    return [l + "x" if chance.random() < 0.05 else l for l in lines]


def walk(t, site, name, kind, count, make):
    chance = random.Random(5)
    loaded, lines = t.path(name), t.read(name).splitlines()
    reloads = 0
    for i in range(count):
        new = make(chance, lines)
        shutil.copy(loaded, t.path("old.txt"))
        t.write("new.txt", "# comment\n\n" + "".join(l + "\n" for l in new))
        said = site.say("file", kind, loaded, t.path("old.txt"),
                        t.path("new.txt"))
        if said[0].startswith("reload"):
            reloads += 1
            continue
        assert len(said) == 1, (i, said, new)
        assert site.say("check", kind, loaded, t.path("new.txt")) == [
            "same"], (i, site.proxy.cli(f"show map {loaded}"), new)
        shutil.copy(t.path("new.txt"), loaded)
        lines = new
    return reloads


def test_maps_walk(t):
    site = Site(t)
    ordered = walk(t, site, "ordered.map", 1, 100, some_map)
    keyed = walk(t, site, "keyed.map", 2, 100, some_map)
    if site.talker.version >= (2, 4):
        assert (ordered, keyed) == (0, 0)
    site.proxy.reload()
    for name, kind in (("ordered.map", 1), ("keyed.map", 2)):
        assert site.say("check", kind, t.path(name), t.path(name)) == ["same"]


def some_acl(chance, old):
    lines = [l for l in old if chance.random() > 0.1]
    for _ in range(chance.randrange(5)):
        lines.insert(chance.randrange(len(lines) + 1), chance.choice(
            [f"/p{chance.randrange(40)}", "/with blank ", "/semi;colon",
             "/back\\slash", "/#", "/<<"]))
    return lines


def test_acl_walk(t):
    site = Site(t)
    reloads = walk(t, site, "paths.acl", 3, 100, some_acl)
    if site.talker.version >= (2, 4):
        assert reloads == 0
    site.proxy.reload()
    assert site.say("check", 3, t.path("paths.acl"),
                    t.path("paths.acl")) == ["same"]


def test_whole_map_goes_in_batches(t):
    site = Site(t)
    if site.talker.version < (2, 4):
        t.skip("no versions of maps")
    t.write("new.map", "".join(f"key-{i} value\n" for i in range(10000)))
    said = site.say("file", 1, t.path("ordered.map"), t.path("ordered.map"),
                    t.path("new.map"))
    done, us, error = Talker.result(said)
    assert error is None, error
    print(f"10,000 keys in {us} us")
    assert site.say("check", 1, t.path("ordered.map"),
                    t.path("new.map")) == ["same"]


def test_refused_key_leaves_the_map_as_it_was(t):
    site = Site(t)
    if site.talker.version < (2, 4):
        t.skip("no versions of maps")
    t.write("new.map", "o 1\n(unclosed 2\nz 3\n")
    said = site.say("file", 1, t.path("ordered.map"), t.path("ordered.map"),
                    t.path("new.map"))
    assert len(said) == 2, said
    done = Talker.result(said)[0]
    assert site.say("undo", done)[0].startswith(f"done {done} ")
    assert site.say("check", 1, t.path("ordered.map"),
                    t.path("ordered.map")) == ["same"]


# --- certificates -----------------------------------------------------------

def certificate(t, name, subject):
    path = t.path(name)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path + ".k",
         "-out", path + ".c", "-days", "30", "-subj", f"/CN={subject}"],
        capture_output=True, check=True)
    text = "".join(open(path + s, encoding="utf-8").read() + "\n\n"
                   for s in (".c", ".k"))
    os.unlink(path + ".k")
    return t.write(name, text)


TLS = """frontend f
\tbind unix@{dir}/f.sock ssl crt {dir}/one.pem
\tbind unix@{dir}/g.sock ssl crt-list {dir}/list.crt
"""


def tls_site(t):
    if shutil.which("openssl") is None:
        t.skip("no openssl")
    for name in ("one", "two", "three"):
        certificate(t, name + ".pem", name)
    t.write("list.crt", f"{t.dir}/one.pem\n{t.dir}/two.pem [alpn h2] "
                        f"two.example !not.example\n")
    return Site(t, body=TLS)


def test_certificate_is_replaced(t):
    site = tls_site(t)
    one, two = t.path("one.pem"), t.path("two.pem")
    assert site.say("kind", one, site.proxy.config) == ["kind 4"]
    assert site.say("check", 4, one, one) == ["same"]
    assert Talker.result(site.say("file", 4, one, one, two))[2] is None
    assert site.say("check", 4, one, two) == ["same"]
    assert site.say("check", 4, one, one)[0].startswith("differs")


def test_broken_certificate_is_refused_and_aborted(t):
    site = tls_site(t)
    one = t.path("one.pem")
    text = open(one, encoding="utf-8").read()
    broken = t.write("broken.pem", text.replace("M", "X", 1))
    said = site.say("file", 4, one, one, broken)
    assert len(said) == 2 and "set ssl cert" in said[1], said
    assert "PRIVATE" not in "".join(said)
    assert site.say("check", 4, one, one) == ["same"]
    site.say("clear")
    assert site.say("file", 4, one, one, t.path("two.pem"))[0].startswith(
        "done 2")


def test_crt_list_lines_come_and_go(t):
    site = tls_site(t)
    path, old = t.path("list.crt"), t.read("list.crt")
    assert site.say("kind", path, site.proxy.config) == ["kind 5"]
    assert site.say("check", 5, path, path) == ["same"]
    new = t.write("new.crt", old + f"{t.dir}/one.pem [alpn h2] a.example "
                                   "b.example\n")
    assert Talker.result(site.say("file", 5, path, path, new))[2] is None
    assert site.say("check", 5, path, new) == ["same"]
    last = t.write("last.crt", f"{t.dir}/one.pem\n{t.dir}/one.pem [alpn h2] "
                               "a.example b.example\n")
    assert Talker.result(site.say("file", 5, path, new, last))[2] is None
    assert site.say("check", 5, path, last) == ["same"]
