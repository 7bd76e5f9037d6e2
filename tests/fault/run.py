#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails, or stops, weir at the n-th of the calls by which it changes files.

usage: tests/fault/run.py [--build DIR] [--few] [--list] [--jobs N] [-v]
                          [SUBJECT …]

For each subject a run without a fault counts the calls (see nth.c); then there
is a run for every call and every fault (an error, a kill, a kill after which
nothing is left of what was not synced), and after each the promises are looked
at: each destination has its old or its new bytes, haproxy -c takes what is on
disk, HAProxy answers, and the next run finishes the work and leaves nothing
behind. --few is what `make test` has time for. What is found is said as

    SUBJECT: call N (NAME PATH) ERROR: what was wrong
"""
import argparse
import collections
import concurrent.futures
import errno
import json
import os
import re
import subprocess
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))
from lib import weir as weir_module  # noqa: E402
from lib.backend import fetch  # noqa: E402
from lib.fake_consul import instance  # noqa: E402
from lib.scenario import Scenario, Skip  # noqa: E402
from lib.sites import proxy_weir  # noqa: E402
from lib.wait import seconds, until  # noqa: E402

# A power cut is a kill after which what was not synced is empty.
DEADLY = ("KILL", "POWER")
ERRORS = ("ENOSPC", "EIO", "EMFILE", "ENOMEM")
# A kill at one of these is one at the next call that changes something.
HARMLESS = ("open", "read", "close", "socket", "socketpair", "pipe", "fork")
# The lock and the state directory may stay.
LEFTOVER = re.compile(r"\.weir-(?!lock$)")

# The k-th of its name; the n-th of all, when nothing fails.
Call = collections.namedtuple("Call", "n k name path")


class Wrong(AssertionError):
    """A promise that was not kept."""


def expect(condition, what):
    if not condition:
        raise Wrong(what)


def read(path):
    try:
        with open(path, encoding="utf-8") as f:
            return f.read()
    except FileNotFoundError:
        return None


def leftovers(folder):
    return sorted(n for n in os.listdir(folder) if LEFTOVER.search(n))


class Subject:
    """One apply that is done again and again; t is its scenario."""
    errors = ERRORS
    only_files = ""                 # "yes": how often it asks is not the same
    name = ""

    def __init__(self, t, library):
        self.t = t
        self.library = library
        self.trace = t.path("trace")
        self.armed = t.path("armed")
        self.disk = t.path("disk")
        os.mkdir(self.disk)
        self.set_up()

    def path(self, name):
        return os.path.join(self.disk, name)

    def fault(self, call, action):
        """The environment that lets this call fail."""
        for path in self.trace, self.armed:
            if os.path.exists(path):
                os.unlink(path)
        return {"LD_PRELOAD": self.library,
                "WEIR_FAULT_UNDER": self.disk,
                "WEIR_FAULT_TRACE": self.trace,
                "WEIR_FAULT_ARMED": self.armed,
                "WEIR_FAULT_CALL": call.name, "WEIR_FAULT_AT": str(call.k),
                "WEIR_FAULT_FILES": self.only_files,
                "WEIR_FAULT_DO": action if action in DEADLY
                else str(getattr(errno, action))}

    def arm(self):
        open(self.armed, "w", encoding="utf-8").close()

    def calls(self):
        """What the last run did."""
        seen, found = collections.Counter(), []
        for line in (read(self.trace) or "").splitlines():
            name, path = line.split(" ", 1)
            seen[name] += 1
            found.append(Call(len(found) + 1, seen[name], name, path))
        return found

    def was_hit(self):
        return any(c.name == "hit" for c in self.calls())

    # What a subject says of itself:
    def set_up(self):
        raise NotImplementedError

    def shoot(self, call, action):
        """One run with a fault; raises Wrong."""
        raise NotImplementedError

    def count(self):
        """The calls of a run without a fault."""
        self.shoot(Call(0, 0, "", ""), "ENOSPC")
        return self.calls()


# --- render: two files and a check -------------------------------------------

CONFIG = """global
\tmaxconn 100
defaults
\tmode http
\ttimeout connect 1s
\ttimeout client 5s
\ttimeout server 5s
frontend f
\tbind 127.0.0.1:{port}
\tuse_backend %[path,map_beg({map},web)]
backend web
{{{{range service "web"}}}}\tserver {{{{.ID}}}} {{{{.Address}}}}:{{{{.Port}}}}
{{{{end}}}}# {{{{key "word"}}}}
"""
MAP = '{{range service "web"}}/{{.ID}} web\n{{end}}/{{key "word"}} web\n'


def catalog(word, **ports):
    return json.dumps({
        "Datacenter": "dc1", "KV": {"word": word, "line": ""}, "Nodes": [
            {"Node": name, "Address": "127.0.0.1", "Services": [
                {"Service": "web", "ID": name, "Port": port,
                 "Weights": {"Passing": weight, "Warning": 1}}]}
            for name, (port, weight) in ports.items()]})


class Render(Subject):
    """`weir render` of a configuration and its map."""
    name = "render"
    backup = False

    def set_up(self):
        t = self.t
        self.proxy = t.haproxy()
        self.files = [self.path("haproxy.cfg"), self.path("paths.map")]
        t.write("haproxy.tmpl", CONFIG.format(port=t.port(),
                                              map=self.files[1]))
        t.write("paths.tmpl", MAP)
        t.write("old.json", catalog("one", a=(8001, 1)))
        t.write("new.json", catalog("two", a=(8002, 1), b=(8003, 1)))
        sections = {'haproxy "main"': {
            "config": self.files[0], "binary": self.proxy.program}}
        for name, source, file in zip("ab", ("haproxy.tmpl", "paths.tmpl"),
                                      self.files):
            sections[f'template "{name}"'] = {
                "source": t.path(source), "destination": file,
                "haproxy": "main", "backup": self.backup}
        self.weir = t.weir(sections)
        self.arm_at_start()
        self.new = self.texts_after("new.json")
        self.old = self.texts_after("old.json")

    def arm_at_start(self):
        self.arm()

    def run(self, world, env=None):
        """Not call(): this one may be killed."""
        done = subprocess.run(
            [weir_module.PROGRAM, "render", "-c", self.weir.ini, "--from",
             self.t.path(world)], stdin=subprocess.DEVNULL,
            capture_output=True, timeout=seconds(60), check=False,
            env={**self.weir.env, **(env or {})})
        return weir_module.Result(done)

    def texts(self):
        return [read(f) for f in self.files]

    def texts_after(self, world):
        done = self.run(world)
        expect(done.code == 0, f"render {world}: {done}")
        return self.texts()

    def put_old(self):
        for name in os.listdir(self.disk):
            os.unlink(self.path(name))
        for file, text in zip(self.files, self.old):
            with open(file, "w", encoding="utf-8") as f:
                f.write(text)

    def shoot(self, call, action):
        self.put_old()
        env = self.fault(call, action)
        self.arm()
        done = self.run("new.json", env)
        self.look(call, action, done)
        again = self.run("new.json")
        expect(again.code == 0 and self.texts() == self.new,
               f"the next run did not finish: {again}")
        expect(not leftovers(self.disk), f"left: {leftovers(self.disk)}")

    def look(self, call, action, done):
        now = self.texts()
        for file, text, old, new in zip(self.files, now, self.old, self.new):
            expect(text in (old, new), f"{file} is {text!r}\n{done}")
        valid, said = self.proxy.test(self.files[0])
        expect(valid, f"haproxy -c: {said}")
        if action in DEADLY:
            expect(done.code == -9, f"not killed: {done}")
            return
        # libuv aborts when the first pipe of all can't be had.
        expect(done.code in (0, 1) or call.name == "pipe",
               f"died of it: {done}")
        if done.code < 0:
            return
        expect(done.code or now == self.new, f"exit 0, not done: {done}")
        expect(not done.code or now == self.old, f"half done: {done}")
        expect(not done.code or re.search(r"weir: .*\S+: .*|: cannot",
                                          done.err), f"no message: {done}")
        if call.name != "unlink":
            expect(not leftovers(self.disk),
                   f"left behind: {leftovers(self.disk)} {done}")


class RenderBackup(Render):
    """The same with a backup of each file."""
    name = "render-backup"
    backup = True


# --- run: HAProxy is told -----------------------------------------------------

FRONT = """frontend f
\tbind 127.0.0.1:{port}
\thttp-request return status 200 content-type text/plain string "{{{{key "word"}}}}" if {{ path / }}
\t{{{{key "line"}}}}
\tdefault_backend web
backend web
{{{{range service "web"}}}}\tserver {{{{.ID}}}} {{{{.Address}}}}:{{{{.Port}}}} \
weight {{{{.Weights.Passing}}}}
{{{{end}}}}"""


class Run(Subject):
    """`weir run` beside a HAProxy that never ends."""
    errors = ()
    only_files = "yes"

    def world(self, number):
        """The catalog of the number-th change."""
        raise NotImplementedError

    def set_up(self):
        t = self.t
        self.number = 0
        self.port = t.port()
        self.proxy = t.haproxy()
        self.file = self.path("haproxy.cfg")
        self.proxy.config = self.file
        self.proxy.argv[-1] = self.file
        t.write("haproxy.tmpl",
                self.proxy.header() + FRONT.format(port=self.port))
        self.say()
        self.weir = proxy_weir(t, self.proxy, drain="0", reload_interval="0")
        first = self.weir.render()
        expect(first.code == 0, first)
        self.proxy.age()
        self.proxy.start()
        self.env = dict(self.weir.env)
        self.begin({})
        self.weir.stop()
        self.weir.code = None

    def say(self):
        word, servers = self.world(self.number)
        self.t.replace("catalog.json", catalog(word, **servers))

    def begin(self, env):
        self.weir.env = {**self.env, **env}
        self.weir.start()
        self.weir.wait_log("ready", patience=60)

    def servers(self):
        """name → (port, weight) of those that take traffic."""
        return {n.partition("/")[2]: (int(r["srv_port"]),
                                      int(r["srv_uweight"]))
                for n, r in self.proxy.servers().items()
                if n.startswith("web/") and not int(r["srv_admin_state"]) & 0x3b}

    def runs(self, number):
        """Is what runs that of the number-th change?"""
        word, servers = self.world(number)
        return (self.servers() == servers
                and fetch(self.port) == (200, word))

    def says(self, number, text):
        """Is the file's text that of the number-th change?"""
        word, servers = self.world(number)
        lines = re.findall(r"server (\S+) 127\.0\.0\.1:(\d+) weight (\d+)\n",
                           text)
        return (f'string "{word}" if' in text and text.endswith("\n")
                and {n: (int(p), int(w)) for n, p, w in lines} == servers)

    def shoot(self, call, action):
        self.begin(self.fault(call, action))
        self.arm()
        self.number += 1
        self.say()
        self.weir.mark()
        if action in DEADLY:
            code = self.weir.wait_exit(60)
            expect(code == -9, f"ended with {code}")
        else:
            self.settle(call)
        self.look(action)
        if action in DEADLY:
            self.begin({})
        until(lambda: self.runs(self.number), "the new state to run", 30)
        until(lambda: self.says(self.number, read(self.file)), "the new file")
        until(lambda: not leftovers(self.disk), "nothing left: "
              + str(leftovers(self.disk)))
        self.end()

    def settle(self, call):
        """The fault has been met, or the change was made."""
        # How often a file is opened to be compared is not always the same.
        until(lambda: self.was_hit() or self.runs(self.number)
              and not leftovers(self.disk), "the change", 60)
        if not call.n:
            until(lambda: not leftovers(self.disk), "the end")
            self.t.holds(lambda: True, "", 0.3)

    def end(self):
        os.path.exists(self.armed) and os.unlink(self.armed)
        self.weir.stop()
        self.weir.code = None

    def look(self, action):
        text = read(self.file)
        expect(text and (self.says(self.number, text)
                         or self.says(self.number - 1, text)),
               f"the file is {text!r}")
        valid, said = self.proxy.test(self.file)
        expect(valid, f"haproxy -c: {said}")
        served = until(lambda: fetch(self.port), "HAProxy to answer")
        words = [self.world(n)[0] for n in (self.number - 1, self.number)]
        expect(served[0] == 200 and served[1] in words,
               f"HAProxy says {served}")


class Reload(Run):
    """A change that wants a reload."""
    name = "reload"
    errors = ("ENOSPC",)

    def world(self, number):
        return f"w{number}", {"a": (8001, 1), "b": (8002, 1)}


class Steps(Run):
    """A change at run time: a weight differs, and a server comes or goes."""
    name = "steps"

    def world(self, number):
        servers = {"a": (8001, 1 + number % 7), "b": (8002, 1)}
        if number % 2:
            servers.pop("b")
        return "w", servers

    def shoot(self, call, action):
        before = self.proxy.worker()
        super().shoot(call, action)
        if not call.n:
            expect(self.proxy.worker() == before, "it was reloaded")


# --- the state ---------------------------------------------------------------

class State(Subject):
    """What `weir run` keeps of Consul's answers."""
    name = "state"
    only_files = "yes"

    def set_up(self):
        t = self.t
        self.fake = t.fake_consul()
        self.number = 0
        t.write("a.tmpl", '{{range service "web"}}{{.Port}} {{end}}')
        self.out = t.path("out")
        self.weir = t.weir(
            {"consul": {"retry_min": "50ms", "retry_max": "200ms"},
             "state": {"path": self.path("state")},
             'template "a"': {"source": t.path("a.tmpl"),
                              "destination": self.out,
                              "settle": "1ms:5ms"}}, consul=self.fake)
        self.env = dict(self.weir.env)

    def say(self, number):
        self.fake.say("/v1/health/service/web", [
            instance("web", id="w", port=1000 + number)])

    def is_out(self, *numbers):
        return read(self.out) in [f"{1000 + n} " for n in numbers]

    def begin(self, env, pattern="ready"):
        self.weir.env = {**self.env, **env}
        self.weir.start()
        self.weir.wait_log(pattern, 60)

    def shoot(self, call, action):
        self.say(self.number)
        self.begin(self.fault(call, action))
        until(lambda: self.is_out(self.number), "the old answer")
        until(lambda: self.weir.count_log("answers saved"), "the old state")
        self.weir.mark()
        self.arm()
        self.number += 1
        self.say(self.number)
        if action in DEADLY:
            code = self.weir.wait_exit(60)
            expect(code == -9, f"ended with {code}")
        else:
            until(lambda: (self.was_hit() or not call.n)
                  and self.is_out(self.number),
                  "the fault")
            until(lambda: self.weir.count_log(
                "answers saved|answers can't be kept"), "a message")
            self.weir.kill()
        self.look(self.number - 1)

    def look(self, oldest):
        """A start without Consul gives the old answer or the new one."""
        self.fake.refuse()
        os.unlink(self.out)
        self.begin({}, "earlier run")
        until(lambda: self.is_out(oldest, self.number), "a whole state", 30)
        expect("set aside" not in self.weir.log_after_mark(),
               "a state of weir's own was set aside")
        self.fake.listen()
        until(lambda: self.is_out(self.number), "the new answer", 30)
        until(lambda: not leftovers(self.path("state")), "nothing left: "
              + str(leftovers(self.path("state"))))
        self.weir.stop()
        self.weir.code = None


SUBJECTS = {s.name: s for s in (Render, RenderBackup, Reload, Steps, State)}


# --- all of it ---------------------------------------------------------------

def shots(subject, calls):
    for call in calls:
        if call.name not in HARMLESS:
            yield call, "KILL"
            yield call, "POWER"
    for call in calls:
        for error in subject.errors:
            yield call, error


# How many of a subject's shots `make test` takes, spread evenly.
FEW = {"render": 12, "render-backup": 0, "reload": 1, "steps": 3, "state": 2}


def spread(all_shots, count):
    """Half of them the ends, with the last of both kinds; half the errors."""
    ends = [s for s in all_shots if s[1] in DEADLY]
    errors = [s for s in all_shots if s[1] not in DEADLY]
    chosen = []
    for some, share in ((ends, count - count // 2 * bool(errors)),
                        (errors, count // 2)):
        n = len(some)
        chosen += [some[n - 1 - i * n // share] for i in range(min(share, n))]
    return chosen


def play(name, args):
    """(shots, findings) of one subject; None: not here."""
    t = Scenario()
    findings = done = 0
    try:
        subject = SUBJECTS[name](t, args.library)
        calls = subject.count()
        todo = list(shots(subject, calls))
        if args.few:
            todo = spread(todo, FEW[name])
        if args.list:
            print("\n".join(f"{name}: {c.n} {c.name} {c.path}"
                            for c in calls))
            todo = []
        for call, action in todo:
            done += 1
            title = f"{name}: call {call.n} ({call.name} {call.path}) {action}"
            began = time.monotonic()
            try:
                subject.shoot(call, action)
            except (AssertionError, OSError) as wrong:
                findings += 1
                print(f"    {title}: {wrong}", flush=True)
                t.close()
                t.remove()
                t = Scenario()
                subject = SUBJECTS[name](t, args.library)
            if args.v:
                print(f"    {title} {time.monotonic() - began:.1f} s",
                      flush=True)
        print(f"{'not ' if findings else ''}ok fault/{name}: {done} faults of "
              f"{len(calls)} calls, {findings} findings", flush=True)
    except Skip as why:
        print(f"ok fault/{name} # skip {why}")
        return None
    except Exception:
        traceback.print_exc(file=sys.stdout)
        print(t.logs())
        print(f"not ok fault/{name}")
        findings += 1
    finally:
        t.close()
        t.remove()
    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--few", action="store_true",
                        help="only what `make test` has time for")
    parser.add_argument("--list", action="store_true",
                        help="only say which calls there are")
    parser.add_argument("--jobs", type=int, default=4,
                        help="subjects at a time; they mostly wait")
    parser.add_argument("-v", action="store_true")
    parser.add_argument("subject", nargs="*", choices=[[], *SUBJECTS])
    args = parser.parse_intermixed_args()
    args.library = os.path.join(os.path.abspath(args.build), "fault", "nth.so")
    if not os.path.exists(args.library):
        sys.exit(f"{args.library} is not built (make unit-programs)")
    names = args.subject or [n for n in SUBJECTS if FEW[n] or not args.few]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        counts = list(pool.map(lambda name: play(name, args), names))
    failed = sum(1 for c in counts if c)
    skipped = counts.count(None)
    print(f"{len(counts) - failed - skipped} passed, {failed} failed"
          + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
