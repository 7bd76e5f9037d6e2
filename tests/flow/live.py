# SPDX-License-Identifier: MIT
"""Changes that a running HAProxy takes without a reload, and every way in
which it can go wrong."""
import csv
import json
import os
import re
import signal
import socket
import stat
import time

from lib.backend import fetch
from lib.haproxy import program
from lib.relay import Relay
from lib.sites import proxy_weir
from lib.wait import TimedOut

FRONT = """frontend f
\tbind 127.0.0.1:{port}
\t{{{{key "line"}}}}
\tdefault_backend web

backend web
\tbalance roundrobin
\toption redispatch
{{{{range service "web"}}}}\tserver {{{{.ID}}}} {{{{.Address}}}}:{{{{.Port}}}} \
weight {{{{.Weights.Passing}}}}
{{{{end}}}}"""


class Site:
    """One HAProxy, one weir, one service whose instances come and go."""

    def __init__(self, t, head="", front=FRONT, **keys):
        self.t = t
        self.port = t.port()
        self.proxy = t.haproxy()
        self.web = {}
        self.keys = {"line": ""}
        self.set(a=(8001, 1), b=(8002, 1), c=(8003, 1))
        t.write("haproxy.tmpl",
                self.proxy.header(head) + front.format(port=self.port))
        self.weir = proxy_weir(t, self.proxy, **{"drain": "0", **keys})

    def set(self, line=None, **instances):
        """Instances by name: (port, weight), None takes it away."""
        if line is not None:
            self.keys["line"] = line
        for name, instance in instances.items():
            if instance is None:
                self.web.pop(name)
            else:
                self.web[name] = instance
        self.t.replace("catalog.json", json.dumps({
            "Datacenter": "dc1", "KV": self.keys, "Nodes": [
                {"Node": name, "Address": "127.0.0.1", "Services": [
                    {"Service": "web", "ID": name, "Port": port,
                     "Weights": {"Passing": weight, "Warning": 1}}]}
                for name, (port, weight) in sorted(self.web.items())]}))

    def render(self):
        first = self.weir.render()
        assert first.code == 0, first

    def begin(self):
        """HAProxy runs what weir rendered, and weir looks after it."""
        self.render()
        self.proxy.age()
        self.proxy.start()
        self.weir.start()
        self.weir.wait_log("ready")
        self.pid = self.proxy.worker()
        return self

    def change(self, pattern, **instances):
        """A change, and the log line that it must end with."""
        self.weir.mark()
        self.set(**instances)
        return self.weir.wait_log(pattern)

    def servers(self):
        """name → (port, weight) of those that take traffic."""
        found = {}
        for name, row in self.proxy.servers().items():
            backend, _, server = name.partition("/")
            admin = int(row["srv_admin_state"])
            if backend == "web" and not admin & 0x3b:
                found[server] = (int(row["srv_port"]),
                                 int(row["srv_uweight"]))
        return found

    def runs_as_wanted(self):
        assert self.servers() == self.web, (self.servers(), self.web)
        return True

    def text(self):
        with open(self.proxy.config, encoding="utf-8") as f:
            return f.read()

    def is_written(self):
        for name, (port, weight) in self.web.items():
            assert (f"server {name} 127.0.0.1:{port} weight {weight}\n"
                    in self.text()), self.text()
        return True

    def is_right(self, same_worker=True):
        """What runs is what is wanted, and what is on disk."""
        self.t.until(self.runs_as_wanted, "the running servers")
        self.t.until(self.is_written, "the file")
        if same_worker:
            assert self.proxy.worker() == self.pid
        return True

    def reload_count(self, reason):
        return self.weir.metric(
            f'weir_haproxy_reloads_total{{haproxy="main",reason="{reason}"}}')


# --- the plain story --------------------------------------------------------

def test_weight_and_address_change_without_a_reload(t):
    site = Site(t).begin()
    site.change(r"run time: backend web: server a: .*1 -> 7", a=(8001, 7))
    site.is_right()
    site.change("run time: ", b=(8012, 3), c=(8003, 9))
    site.is_right()
    assert site.weir.metric('weir_applies_total{outcome="runtime"}') == 2
    assert site.weir.status()["applies"]["runtime"] == 2


def test_lines_that_come_and_go_with_health(t):
    site = Site(t, drain="30s").begin()
    site.change("run time: .*server b", b=None)
    site.is_right()
    assert "server b" not in site.text()
    left = site.weir.status()["haproxy"][0]["leftovers"]
    assert [(o["server"], o["draining"]) for o in left] == [("b", True)]
    site.change("run time: .*server b", b=(8002, 1))
    site.is_right()
    assert site.weir.status()["haproxy"][0]["leftovers"] == []
    for i in range(5):
        site.change("run time: ", a=None)
        site.change("run time: ", a=(8001, 1 + i), b=None)
        site.change("run time: ", b=(8002 + i, 1))
        site.is_right()
    assert site.weir.metric('weir_applies_total{outcome="reloaded"}') == 0


def test_drain_ends_in_maintenance(t):
    site = Site(t, drain="2s").begin()
    site.change("run time: .*server b", b=None)
    row = site.proxy.servers()["web/b"]
    assert int(row["srv_admin_state"]) & 0x18, row
    site.weir.wait_log("of a line that went: .*server b: has drained: maintenance")
    row = site.proxy.servers().get("web/b")
    assert row is None or int(row["srv_admin_state"]) & 0x01, row
    site.is_right()
    site.change("run time: .*server b|reload: ", b=(8002, 1))
    site.is_right(same_worker=False)


def test_server_that_somebody_deleted_while_it_drains_is_forgotten(t):
    # Seen: a deletion of weir's own that took, but whose reply an apply cut
    # off; the line that came back was set ready, refused, and reloaded.
    site = Site(t, drain="1s", dynamic="yes").begin()
    if site.proxy.info("Version") < "3":
        t.skip("this HAProxy deletes no server well")
    site.change("server b: its line is gone: drains for 1 s", b=None)
    for command in ("set server web/b state maint", "del server web/b"):
        site.proxy.cli(command)
    assert "web/b" not in site.proxy.servers()
    site.weir.wait_log("of a line that went: .*server b: is no more")
    site.change("run time: .*server b: is added", b=(8002, 1))
    assert site.is_right()


def test_server_that_was_deleted_while_weir_was_away_is_forgotten(t):
    """By weir's own command, maybe, to which it heard no answer."""
    site = Site(t, drain="30s", dynamic="yes").begin()
    if site.proxy.info("Version") < "3":
        t.skip("this HAProxy deletes no server well")
    site.change("server b: its line is gone: drains for 30 s", b=None)
    site.weir.stop()
    for command in ("set server web/b state maint", "del server web/b"):
        site.proxy.cli(command)
    assert "web/b" not in site.proxy.servers()
    site.weir.mark()
    site.weir.start()
    site.weir.wait_log("is the one of the record")
    t.until(lambda: not site.weir.status()["haproxy"][0]["leftovers"],
            "it to be forgotten")
    site.change("run time: .*server b: is added", b=(8002, 1))
    assert site.is_right()


def test_last_server_goes_and_comes_back(t):
    site = Site(t).begin()
    site.change("run time: ", a=None, b=None, c=None)
    site.is_right()
    site.change("run time: ", a=(8001, 1), b=(8002, 2), c=(8003, 3))
    site.is_right()


def test_change_of_a_comment_is_only_written(t):
    site = Site(t).begin()
    site.change("run time: nothing that HAProxy does differs",
                line="# a comment")
    assert "# a comment" in site.text()
    site.is_right()


def test_what_takes_a_reload_says_why(t):
    site = Site(t).begin()
    site.change(r"reload: frontend f.*", line="maxconn 77")
    site.weir.wait_log(r"reloaded in \d+ ms")
    t.until(lambda: site.proxy.worker() != site.pid, "another worker")
    site.is_right(same_worker=False)
    assert site.reload_count("change") == 1
    # And from there on without one.
    site.pid = site.proxy.worker()
    site.change("run time: ", a=(8001, 5))
    site.is_right()


def test_apply_reload_turns_it_off(t):
    site = Site(t, apply="reload").begin()
    site.change(r"reloaded in \d+ ms", a=(8001, 5))
    site.is_right(same_worker=False)
    assert site.weir.status()["haproxy"] == []
    assert site.weir.count_log("run time:") == 0


def test_traffic_goes_where_the_file_says(t):
    one, two = t.backend("one"), t.backend("two")
    site = Site(t)
    site.set(a=(one.port, 1), b=None, c=None)
    site.begin()
    t.until_served(site.port, "one")
    site.change("run time: ", a=(two.port, 1))
    t.until_served(site.port, "two")
    assert site.proxy.worker() == site.pid


# --- what is known ----------------------------------------------------------

def test_weir_that_is_started_again_remembers(t):
    site = Site(t).begin()
    site.change("run time: ", b=None)
    site.weir.stop()
    site.weir.start()
    site.weir.wait_log("ready")
    site.change("run time: .*server b", b=(8002, 4))
    site.is_right()
    site.weir.stop()
    site.set(a=(8001, 9))
    site.weir.mark()
    site.weir.start()
    site.weir.wait_log("run time: .*server a")
    site.is_right()


def test_files_newer_than_the_worker_make_the_first_change_a_reload(t):
    site = Site(t)
    site.render()
    site.proxy.start()
    with open(site.proxy.config, "a", encoding="utf-8") as f:
        f.write("# touched\n")
    site.weir.start()
    site.weir.wait_log(r"reload: .*haproxy\.cfg changed after it began")
    site.weir.wait_log("ready")
    site.pid = site.proxy.worker()
    site.change("run time: ", a=(8001, 5))
    site.is_right()


def test_foreign_file_that_changed_is_a_reload(t):
    site = Site(t)
    other = t.write("other.cfg", "backend other\n\tserver x 127.0.0.1:1\n")
    site.proxy.argv += ["-f", other]
    site.weir.configure({'haproxy "main"': {
        "config": [site.proxy.config, other]}})
    site.begin()
    site.change("run time: ", a=(8001, 5))
    t.write("other.cfg", "backend other\n\tserver y 127.0.0.1:1\n")
    site.change(r"reload: .*other\.cfg changed on disk", a=(8001, 6))
    t.until(lambda: "other/y" in site.proxy.servers(), "the foreign file")
    assert site.reload_count("foreign file") == 1
    site.pid = site.proxy.worker()
    site.change("run time: ", a=(8001, 7))
    site.is_right()


def test_somebody_elses_reload_is_noticed(t):
    site = Site(t, verify="1s").begin()
    site.change("run time: ", b=None)
    # A worker that begins with the file may have read the one before.
    site.proxy.age()
    site.weir.mark()
    site.proxy.reload()
    site.weir.wait_log("was reloaded or restarted, not by weir")
    site.pid = site.proxy.worker()
    assert "web/b" not in site.proxy.servers()
    site.change("run time: ", a=(8001, 5))
    site.is_right()
    site.change("run time: .*server b|reload: .*server b", b=(8002, 1))
    site.is_right(same_worker=False)


def test_line_that_comes_back_after_a_reload_is_new(t):
    """The worker that had it in maintenance is gone."""
    site = Site(t, dynamic="no").begin()
    site.change("run time: .*server b", b=None)
    site.change(r"reloaded in \d+ ms", line="maxconn 77")
    assert site.weir.status()["haproxy"][0]["leftovers"] == []
    site.change("reload: .*no server of that name runs", b=(8002, 1))
    site.is_right(same_worker=False)


def mapped(t, relay=False, twice=False, **keys):
    """A site whose frontend answers what a map of weir's has for the host:
    the port of the instance of that name; (site, the map's path)."""
    site = Site(t, **keys)
    names = os.path.join(site.proxy.folder, "names.map")
    again = "{{.ID}} 1\n" if twice else ""
    t.write("names.tmpl", '{{range service "web"}}{{.ID}} {{.Port}}\n'
            + again + "{{end}}")
    t.write("haproxy.tmpl", site.proxy.header() + f"""frontend f
\tbind 127.0.0.1:{site.port}
\thttp-request return status 200 content-type text/plain \
lf-string %[hdr(host),map({names},none)]
""")
    site.weir.configure({'template "names.map"': {
        "source": t.path("names.tmpl"), "haproxy": "main",
        "destination": names, "settle": "1ms:5ms"}})
    return (relayed(t, site) if relay else site.begin()), names


def test_map_of_ours_changes_at_run_time(t):
    site, names = mapped(t)
    t.until_served(site.port, "8001", host="a")
    site.change("run time: ", a=(9001, 1))
    t.until_served(site.port, "9001", host="a")
    site.change("run time: ", d=(9004, 1), b=None)
    t.until_served(site.port, "9004", host="d")
    t.until_served(site.port, "none", host="b")
    assert site.proxy.worker() == site.pid
    with open(names, encoding="utf-8") as f:
        assert f.read() == "a 9001\nc 8003\nd 9004\n"


def test_map_that_somebody_changed_is_put_right(t):
    site, names = mapped(t, verify="1s")
    # At once: a look in between would find more wrong behind its mending.
    site.proxy.cli(f"set map {names} a 1; del map {names} b;"
                   f" add map {names} x 5")
    site.weir.wait_log(r"drift: .*names\.map")
    site.weir.wait_log("drift repaired")
    for host, answer in ("a", "8001"), ("b", "8002"), ("x", "none"):
        t.until_served(site.port, answer, host=host)
    assert site.proxy.worker() == site.pid


# --- drift ------------------------------------------------------------------

def test_drift_is_repaired_and_counted(t):
    site = Site(t, verify="1s").begin()
    site.proxy.cli("set server web/a weight 99")
    site.proxy.cli("set server web/b addr 127.0.0.1 port 9")
    site.weir.wait_log("drift: backend web: server a")
    site.weir.wait_log("drift repaired")
    site.is_right()
    site.weir.wait_metric(
        'weir_haproxy_drift_found_total{haproxy="main"}', lambda n: n == 2)


def test_drift_is_left_alone_in_a_pause(t):
    site = Site(t, verify="1s").begin()
    assert site.weir.call("pause").code == 0
    site.proxy.cli("set server web/a weight 99")
    t.holds(lambda: site.servers()["a"] == (8001, 99), "the weight", 2.5)
    assert site.weir.call("resume").code == 0
    site.weir.wait_log("drift repaired")
    site.is_right()


def test_no_drain_ends_in_a_pause(t):
    site = Site(t, drain="1s", verify="1s").begin()
    site.change("server b: its line is gone: drains for 1 s", b=None)
    assert site.weir.call("pause").code == 0
    assert site.weir.call("reload").code == 0   # it is one after that, too
    t.holds(lambda: site.weir.status()["haproxy"][0]["leftovers"][0]
            ["draining"], "it drains", 2.5)
    site.weir.mark()
    assert site.weir.call("resume").code == 0
    site.weir.wait_log("server b: has drained: maintenance")


def test_what_a_person_did_by_hand_stays(t):
    site = Site(t, verify="1s").begin()
    site.proxy.cli("set server web/a state maint")
    site.weir.wait_log("web/a: .*set by hand, left as it is")
    t.holds(lambda: "a" not in site.servers(), "a is out", 2.2)
    assert site.weir.count_log("set by hand") == 1
    assert len(site.weir.status()["haproxy"][0]["manual"]) == 1
    site.change("run time: ", b=(8002, 5))
    assert "a" not in site.servers()
    site.proxy.cli("set server web/a state ready")
    t.until(lambda: not site.weir.status()["haproxy"][0]["manual"],
            "nothing by hand any more")
    site.is_right()


def test_what_a_person_did_is_undone_if_so_configured(t):
    site = Site(t, verify="1s", respect_manual=False).begin()
    site.proxy.cli("set server web/a state maint")
    site.weir.wait_log("drift repaired")
    site.is_right()


def test_reload_that_does_not_help_is_not_tried_again(t):
    site = relayed(t, verify="1s")
    site.relay.when = "show servers state"
    site.relay.lie = (b" 8001 ", b" 8009 ")
    site.relay.fault = "lie"
    site.weir.wait_log("drift: .*server a: port 8009, not 8001")
    site.weir.wait_log("reload: what runs is not what the files say")
    site.weir.wait_log("not even after a reload")
    t.holds(lambda: site.reload_count("drift") == 1, "one reload", 2.5)
    assert site.weir.count_log("not even after a reload") == 1
    assert site.weir.metric('weir_haproxy_diverged{haproxy="main"}') == 1
    site.relay.fault = None
    site.weir.wait_metric('weir_haproxy_diverged{haproxy="main"}',
                          lambda n: n == 0)
    site.pid = site.proxy.worker()
    site.change("run time: ", b=(8002, 5))
    site.is_right()


def test_owed_reload_that_fails_keeps_its_distance(t):
    """Each may pause HAProxy's listeners for seconds."""
    site = relayed(t, verify="1s", reload_interval="100ms",
                   reload="command:exit 3")
    site.relay.when = "show servers state"
    site.relay.lie = (b" 8001 ", b" 8009 ")
    site.relay.fault = "lie"
    site.weir.wait_log("rolled back")
    t.holds(lambda: site.weir.count_log("rolled back") == 1, "one try", 3.5)
    site.relay.fault = None
    site.weir.mark()
    # A change is not kept waiting.
    site.set(line="maxconn 77")
    site.weir.wait_log("rolled back", 1)


def mortal(t, site):
    """Restarted for every reload, and it does not start with maxconn 77."""
    proxy = site.proxy
    path = t.write("restart", f"""#!/bin/sh
echo >>{t.path("restarts")}
kill $(cat {proxy.pidfile}) 2>/dev/null && sleep 0.5
rm -f {proxy.stats_socket} {proxy.master_socket}
grep -q "maxconn 77" {proxy.config} && exit 1
exec {proxy.program} -D -W -S {proxy.master_socket} -p {proxy.pidfile} \
	-f {proxy.config} -f {t.path("other.cfg")} >/dev/null 2>&1
""")
    site.weir.configure({'haproxy "main"': {"reload": "command:sh " + path}})


def test_what_haproxy_died_of_is_not_tried_again(t):
    """It is started with the files of before; that is no reason to reload."""
    site = Site(t, verify="1s", reload_interval="1s")
    mortal(t, site)
    # A file of tomorrow: nobody can tell whether a worker has read it.
    other = t.write("other.cfg", "backend other\n")
    os.utime(other, (time.time() + 86400,) * 2)
    site.proxy.argv += ["-f", other]
    site.weir.configure({'haproxy "main"': {
        "config": [site.proxy.config, other]}})
    site.begin()
    before = site.text()
    site.change("rolled back", line="maxconn 77")
    t.until(site.runs_as_wanted, "HAProxy to be back")
    assert site.text() == before

    try:
        t.holds(lambda: len(t.read("restarts")) == 2,
                "one restart each way", 4)
    finally:
        site.weir.stop()
        with open(site.proxy.pidfile, encoding="utf-8") as f:
            os.kill(int(f.read()), signal.SIGTERM)


def test_text_of_a_dead_weir_that_is_refused_is_not_tried_again(t):
    """Nobody saw it taken; HAProxy does not, and goes on with the old one."""
    site = Site(t, verify="1s", reload_interval="1s").begin()
    before = site.text()
    site.weir.stop()
    with socket.socket() as other:
        other.bind(("127.0.0.1", t.port()))
        other.listen(1)
        site.set(line=f"bind 127.0.0.1:{other.getsockname()[1]}")
        previous = os.path.join(site.proxy.folder, ".haproxy.cfg.weir-prev")
        os.link(site.proxy.config, previous)
        os.unlink(site.proxy.config)
        site.render()
        site.weir.mark()
        site.weir.start()
        site.weir.wait_log("rolled back")
        assert site.text() == before
        t.holds(lambda: site.weir.count_log("rolled back") == 1, "one try", 4)
    site.change(r"reloaded in \d+ ms", line="maxconn 77")


def test_a_set_with_missing_data_is_not_written(t):
    """All files of one HAProxy go live together, or none does."""
    site = Site(t)
    later = t.path("later.map")
    t.write("later.tmpl", '{{key "later"}}')
    site.weir.configure({'template "later.map"': {
        "source": t.path("later.tmpl"), "haproxy": "main",
        "destination": later}})
    site.weir.start()
    site.weir.wait_log(r"haproxy\.cfg: rendered")
    t.holds(lambda: not os.path.exists(later)
            and not os.path.exists(site.proxy.config), "nothing is there", 1)
    site.keys["later"] = "a 1\n"
    site.set()
    t.until_file(later, lambda s: s == "a 1\n")
    t.until(site.is_written, "the other file")


# --- the fast lane ----------------------------------------------------------

def strict(t, site):
    """A haproxy whose -c refuses a weight of 77."""
    path = t.write("strict", f"""#!/bin/sh
case "$*" in
*-c*) for f; do
	grep -s "weight 77" "$f" && echo "[ALERT] (1) : config : weight 77" &&
		exit 1
	done;;
esac
exec {site.proxy.program} "$@"
""")
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
    site.weir.configure({'haproxy "main"': {"binary": path}})


def test_steps_are_undone_when_the_check_refuses(t):
    site = Site(t)
    strict(t, site)
    site.begin()
    before = site.text()
    site.change("refused", a=(8001, 77), b=(8022, 2))
    assert site.text() == before
    assert site.servers() == {"a": (8001, 1), "b": (8002, 1), "c": (8003, 1)}
    assert site.proxy.worker() == site.pid
    site.change("run time: ", a=(8001, 7))
    site.is_right()


def slow_check(t, site):
    """A haproxy whose -c takes 2 s; meanwhile there is a file "checking"."""
    path = t.write("slow", f"""#!/bin/sh
case "$1" in -c) : >{t.path("checking")}; sleep 2
	rm {t.path("checking")};;
esac
exec {site.proxy.program} "$@"
""")
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
    site.weir.configure({'haproxy "main"': {"binary": path}})


def kill_in_check(t, site):
    """Until the check runs, its child shares weir's sockets."""
    site.weir.wait_log("write -> check")
    t.until(lambda: t.read("checking") is not None, "the check to run")
    site.weir.kill()


def test_weir_killed_between_steps_and_file(t):
    site = Site(t)
    site.begin()
    site.change("run time: ", c=(8003, 2))
    site.weir.stop()
    slow_check(t, site)
    site.weir.start()
    site.weir.wait_log("ready")
    site.weir.mark()
    site.set(a=(8001, 9), b=None)
    t.until(site.runs_as_wanted, "the steps")
    kill_in_check(t, site)
    assert "weight 9" not in site.text()
    # What the steps were for is gone meanwhile: the file is what counts.
    site.set(a=(8001, 1), b=(8002, 1))
    site.weir.mark()
    site.weir.start()
    site.weir.wait_log("drift repaired")
    site.is_right()


def test_weir_stopped_between_steps_and_file(t):
    """What it drained was not a person's doing, however it ended."""
    site = Site(t, drain="10s")
    slow_check(t, site)
    site.begin()
    site.weir.mark()
    site.set(b=None)
    site.weir.wait_log("write -> check")
    t.until(lambda: t.read("checking") is not None, "the check to run")
    assert int(site.proxy.servers()["web/b"]["srv_admin_state"])
    site.weir.stop()
    site.set(b=(8002, 1))
    site.weir.mark()
    site.weir.start()
    site.weir.wait_log("drift repaired")
    site.is_right()


def test_weir_killed_between_when_somebody_reloaded_before(t):
    """The record is of the worker before; what weir drained is still its own."""
    site = Site(t, verify="1s", drain="10s")
    slow_check(t, site)
    site.begin()
    site.proxy.age()
    site.proxy.reload()
    site.weir.wait_log("was reloaded or restarted, not by weir")
    site.pid = site.proxy.worker()
    site.weir.mark()
    site.set(b=None)
    t.until(lambda: int(site.proxy.servers()["web/b"]["srv_admin_state"]),
            "b to leave")
    kill_in_check(t, site)
    site.set(b=(8002, 1))
    site.weir.mark()
    site.weir.start()
    site.weir.wait_log("drift repaired")
    site.is_right()


def test_steps_come_before_check_and_file(t):
    site = Site(t)
    slow_check(t, site)
    site.begin()
    began = time.monotonic()
    site.weir.mark()
    site.set(a=(8001, 9))
    t.until(site.runs_as_wanted, "the steps")
    assert time.monotonic() - began < t.seconds(1)
    assert "weight 9" not in site.text()
    site.weir.wait_log("run time: ")
    site.is_right()


def test_what_cannot_be_proven_is_checked_first(t):
    """A key that stands twice: the whole map is sent, which has no undo."""
    site, _ = mapped(t, twice=True)
    if site.proxy.info("Version") < "2.4":
        t.skip("this HAProxy takes no map as a whole")
    site.weir.stop()
    slow_check(t, site)
    site.weir.start()
    site.weir.wait_log("ready")
    site.weir.mark()
    site.set(a=(9001, 1))
    t.until(lambda: t.read("checking") is not None, "the check to run")
    t.holds(lambda: fetch(site.port, host="a") == (200, "8001"),
            "the map of before", 0.5)
    site.weir.wait_log("run time: ")
    t.until_served(site.port, "9001", host="a")
    assert site.proxy.worker() == site.pid


# --- reloads that can't be avoided ------------------------------------------

def test_bind_that_is_taken_is_not_reloaded(t):
    site = Site(t).begin()
    before = site.text()
    with socket.socket() as s:
        s.bind(("127.0.0.1", t.port()))
        s.listen(1)
        port = s.getsockname()[1]
        site.change("failed:.*" + str(port),
                    line=f"bind 127.0.0.1:{port}")
        assert site.text() == before
        assert site.proxy.worker() == site.pid
    # The port is free: it is tried again.
    site.weir.wait_log(r"reloaded in \d+ ms", patience=20)
    site.is_right(same_worker=False)


def requests_in(proxy):
    """Connections that the current worker holds open in frontend f."""
    rows = list(csv.DictReader(proxy.cli("show stat").splitlines()))
    return sum(int(r["scur"]) for r in rows if r["# pxname"] == "f"
               and r["svname"] == "FRONTEND")


def hold_a_request(site):
    """A connection that keeps the current worker, with half a request.

    A worker of 2.2 that was told to stop may still accept for a while; what
    it took is closed again.
    """
    s = socket.create_connection(("127.0.0.1", site.port))
    try:
        s.sendall(b"GET / HTTP/1.1\r\n")
        site.t.until(lambda: requests_in(site.proxy) == 1,
                     "the current worker to hold the connection", 1)
    except TimedOut:
        s.close()
        return None
    return s


def old_workers_that_stay(t, **keys):
    """Two of them, and a change that needs a reload: it waits. Ends when they
    have gone; gives the site while they are there."""
    one = t.backend("one")
    patient = FRONT.replace("\tbind", "\ttimeout client 2m\n\tbind", 1)
    site = Site(t, max_old_workers=1, front=patient, **keys)
    site.set(a=(one.port, 1), b=None, c=None)
    site.begin()

    def held():
        return t.until(lambda: hold_a_request(site), "a held request")
    with held():
        site.change(r"reloaded in \d+ ms, 1 old worker", line="maxconn 77")
        with held():
            site.change(r"reloaded in \d+ ms, 2 old workers",
                        line="maxconn 78")
            site.pid = site.proxy.worker()
            site.change("the reload waits: 2 old workers",
                        line="maxconn 79")
            t.holds(lambda: site.proxy.worker() == site.pid,
                    "the worker stays while the old ones have work", 1.5)
            assert site.weir.count_log("the reload waits") == 1
            yield site, one
    site.weir.wait_log(r"reloaded in \d+ ms")


def test_reload_waits_for_old_workers(t):
    for site, one in old_workers_that_stay(t):
        # What takes no reload does not wait.
        site.set(line="maxconn 78")
        site.change("run time: ", a=(one.port, 3))
        site.change("the reload waits: 2 old workers", line="maxconn 79")
    site.is_right(same_worker=False)


def test_reload_waits_for_old_workers_where_every_change_is_one(t):
    for site, _ in old_workers_that_stay(t, apply="reload"):
        assert site.weir.count_log("compare -> gate") <= 3


def test_steps_do_not_wait_for_the_reload_interval(t):
    site = Site(t, reload_interval="3s").begin()
    site.change(r"reloaded in \d+ ms", line="maxconn 77")
    site.pid = site.proxy.worker()
    site.change("run time: ", a=(8001, 4))
    site.is_right()
    site.change("the reload waits", line="maxconn 78")
    assert site.proxy.worker() == site.pid
    site.weir.wait_log(r"reloaded in \d+ ms")


def test_reload_that_weir_may_not_make_is_left_to_others(t):
    site = Site(t, reload="none", verify="1s").begin()
    site.change("run time: ", a=(8001, 4))
    site.is_right()
    site.change("reload: frontend f", line="maxconn 77", a=(8001, 5))
    site.is_written()
    # Nothing is half done: neither is the weight.
    t.holds(lambda: site.servers()["a"] == (8001, 4), "the old weight", 1.2)
    assert site.proxy.worker() == site.pid
    site.proxy.reload()
    site.weir.wait_log("was reloaded or restarted, not by weir")
    site.pid = site.proxy.worker()
    site.is_right()
    site.change("run time: ", a=(8001, 6))
    site.is_right()


def test_state_file_is_filtered(t):
    state = t.path("state.txt")
    site = Site(t, head=f"\tserver-state-file {state}\n", front="""defaults
\tmode http
\ttimeout connect 1s
\ttimeout client 1s
\ttimeout server 1s
\tload-server-state-from-file global
""" + FRONT)
    t.write("state.txt", "1\n")
    site.begin()
    site.proxy.cli("set server web/b state drain")
    # A port that changes together with something that takes a reload:
    # HAProxy's own file would bring the old port back.
    site.change(r"reloaded in \d+ ms", line="maxconn 77", a=(8091, 1))
    site.t.until(lambda: site.proxy.servers()["web/a"]["srv_port"] == "8091",
                 "the new port")
    lines = t.read("state.txt")
    assert "web 2 b" in lines, lines
    assert not re.search(r"^\d+ web \d+ a ", lines, re.M), lines


# --- faults -----------------------------------------------------------------

def test_stats_socket_that_is_not_there(t):
    site = Site(t, stats_socket=t.path("none.sock")).begin()
    site.change(r"reload: .*none\.sock", a=(8001, 5))
    site.weir.wait_log(r"reloaded in \d+ ms")
    site.is_right(same_worker=False)
    assert site.reload_count("socket") == 1


def test_stats_socket_of_level_user(t):
    site = Site(t)
    text = t.read("haproxy.tmpl").replace("level admin", "level user")
    t.write("haproxy.tmpl", text)
    site.begin()
    site.change("reload: .*[Pp]ermission denied", a=(8001, 5))
    site.weir.wait_log(r"reloaded in \d+ ms")
    site.is_right(same_worker=False)


def test_stats_socket_that_is_full(t):
    site = Site(t, head="\tstats maxconn 1\n").begin()
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(t.seconds(15))
        s.connect(site.proxy.stats_socket)
        s.sendall(b"prompt\n")
        # The one that it allows is ours when it answers.
        assert s.recv(100).endswith(b"> ")
        site.change(r"reload: ", a=(8001, 5))
        site.weir.wait_log(r"reloaded in \d+ ms")
    site.is_right(same_worker=False)
    site.pid = site.proxy.worker()
    site.change("run time: ", a=(8001, 6))
    site.is_right()


def relayed(t, site=None, **keys):
    site = site or Site(t, **keys)
    path = t.path("relay.sock")
    site.weir.configure({'haproxy "main"': {"stats_socket": path}})
    site.relay = Relay(path, site.proxy.stats_socket)
    return site.begin()


def test_reply_that_is_cut_is_a_reload(t):
    site = relayed(t)
    site.change("run time: ", a=(8001, 4))
    site.relay.when = "set server"
    site.relay.fault = "cut"
    site.change("reload: ", a=(8001, 5), b=(8022, 3))
    site.weir.wait_log(r"reloaded in \d+ ms")
    site.relay.fault = None
    site.is_right(same_worker=False)
    site.pid = site.proxy.worker()
    site.change("run time: ", a=(8001, 6))
    site.is_right()


def test_steps_that_did_not_take_are_a_reload(t):
    """HAProxy said that they did; what it says of its servers counts."""
    site = relayed(t)
    site.relay.when = "show servers state"
    site.relay.lie = (b" 5 1 ", b" 1 1 ")
    site.relay.fault = "lie"
    site.change("reload: read back after the steps: .*server a: "
                "weight 1, not 5", a=(8001, 5))
    site.weir.wait_log(r"reloaded in \d+ ms")
    site.relay.fault = None
    site.is_right(same_worker=False)
    assert site.reload_count("read-back") == 1


def test_map_that_did_not_take_is_a_reload(t):
    site, names = mapped(t, relay=True)
    site.relay.when = "show map "
    site.relay.lie = (b"9001", b"9002")
    site.relay.fault = "lie"
    site.change(r"reload: .*names\.map: .*9002", a=(9001, 1))
    site.weir.wait_log(r"reloaded in \d+ ms")
    site.relay.fault = None
    t.until_served(site.port, "9001", host="a")
    assert site.proxy.worker() != site.pid


def test_steps_that_cannot_be_taken_back_are_owed_a_reload(t):
    site = Site(t)
    strict(t, site)
    site = relayed(t, site)
    site.relay.when = "weight 1"
    site.relay.fault = "mute"
    before = site.text()
    site.change("could not be taken back", a=(8001, 77), b=(8002, 4))
    assert site.text() == before
    site.relay.fault = None
    site.change("reload: .*could not be taken back", a=(8001, 2))
    site.weir.wait_log(r"reloaded in \d+ ms")
    site.is_right(same_worker=False)


def test_slow_replies_are_waited_for(t):
    site = relayed(t)
    site.relay.delay = 0.5
    site.relay.fault = "slow"
    site.change("run time: ", a=(8001, 5))
    site.is_right()


def test_change_that_meets_a_look_at_a_worker_that_stops(t):
    """The look begins again; the change had waited for its end."""
    site = relayed(t, verify="1s")
    site.relay.when = "show info"
    site.relay.lie = (b"Stopping: 0", b"Stopping: 1")
    site.relay.fault = "slow lie"
    asked = len(site.relay.seen)
    t.until(lambda: "show info" in "".join(site.relay.seen[asked:]),
            "a look")
    site.weir.mark()
    site.set(a=(8001, 5))
    site.weir.wait_log("compare -> plan")
    site.relay.fault = None
    site.weir.wait_log("run time: ")
    site.is_right()


def test_no_reply_at_all_is_a_reload(t):
    site = relayed(t)
    site.relay.when = "set server"
    site.relay.fault = "mute"
    site.change("reload: .*no answer", a=(8001, 5))
    site.weir.wait_log(r"reloaded in \d+ ms")
    site.relay.fault = None
    site.is_right(same_worker=False)


def test_haproxy_killed_in_the_middle_of_steps(t):
    site = relayed(t, verify="1s")
    site.relay.when = "set server"
    site.relay.delay = 1.0
    site.relay.fault = "slow"
    site.weir.mark()
    site.set(a=(8001, 5), b=(8022, 3), c=None)
    t.until(lambda: any("set server" in s for s in site.relay.seen),
            "the steps")
    os.kill(site.pid, signal.SIGKILL)
    site.weir.wait_log("written, but not taken|reloaded in")
    site.relay.fault = None
    site.proxy.stop()
    site.proxy.start()
    site.is_right(same_worker=False)
    site.pid = site.proxy.worker()
    t.until(lambda: site.weir.status()["haproxy"][0]["worker"] == site.pid,
            "the new worker to be known")
    site.pid = site.proxy.worker()
    site.change("run time: ", a=(8001, 6))
    site.is_right(same_worker=False)


def test_haproxy_restarted_with_the_file_of_before(t):
    """Steps fail, HAProxy starts before the file is there: a reload is owed."""
    site = Site(t, verify="1s").begin()
    site.proxy.stop()
    site.change("written, but not taken", a=(8001, 5))
    new = site.text()
    site.proxy.write(new.replace("weight 5", "weight 1"))
    site.proxy.age()
    site.proxy.start()
    site.proxy.write(new)
    site.weir.wait_log(r"reload: it did not run")
    site.weir.wait_log(r"reloaded in \d+ ms")
    site.is_right(same_worker=False)


def test_haproxy_of_another_version_takes_over(t):
    other = "3.0" if not os.environ.get("WEIR_TEST_HAPROXY") else ""
    path = program(other)
    if path is None:
        t.skip(f"no haproxy {other}")
    site = Site(t, verify="1s").begin()
    site.change("run time: ", b=None)
    site.proxy.stop()
    site.proxy.age()
    site.proxy.argv[0] = path
    site.proxy.start()
    site.pid = site.proxy.worker()
    site.weir.wait_log("was reloaded or restarted, not by weir")
    version = site.proxy.info("Version")
    t.until(lambda: site.weir.status()["haproxy"][0]["version"] == version,
            "the other version to be known")
    site.change("run time: ", a=(8001, 5))
    site.is_right()
    site.change("run time: .*server b|reload: .*server b", b=(8002, 3))
    site.is_right(same_worker=False)


# --- one at a time ----------------------------------------------------------

def test_second_weir_is_refused_and_told_of_the_first(t):
    site = Site(t).begin()
    pid = site.weir.popen.pid
    again = site.weir.render("--reload")
    assert again.code == 1 and f"process {pid})" in again.err, again
    other = t.weir({k: v for k, v in site.weir.sections.items()
                    if k not in ("http", "state")})
    other.start()
    other.wait_exit()
    assert other.code == 1 and f"process {pid})" in other.log(), other.log()
    site.change("run time: ", a=(8001, 5))
    # A lock ends with its process.
    site.weir.send(signal.SIGKILL)
    site.weir.wait_exit()
    again = site.weir.render("--reload")
    assert again.code == 0, again
    site.weir.start()
    site.weir.wait_log("ready")
    site.weir.stop()
    assert [n for n in os.listdir(site.proxy.folder)
            if n.startswith(".")] == []


def test_status_says_what_is_known_of_it(t):
    site = Site(t, drain="30s").begin()
    site.change("run time: .*server b", b=None)
    status = site.weir.status()
    assert set(status["haproxy"][0]) == {
        "name", "worker", "version", "certain", "doubt", "owes_reload",
        "diverged", "leftovers", "manual", "last", "last_unix",
        "runtime_applies", "drift_found", "drift_repaired"}, status
    assert set(status["haproxy"][0]["leftovers"][0]) == {
        "backend", "server", "draining", "rest_ms"}, status
    assert status["haproxy"][0]["worker"] == site.pid
    assert 20000 < status["haproxy"][0]["leftovers"][0]["rest_ms"] <= 30000
    served = set(re.findall(r"^# TYPE weir_haproxy_(\w+)",
                            site.weir.get("/metrics")[1], re.M))
    assert served - {"old_workers"} == {
        "steps_total", "reloads_total", "verifies_total",
        "verify_errors_total", "drift_found_total", "drift_repaired_total",
        "restarts_total", "leftover_servers", "manual_servers",
        "diverged"}, served


def test_sighup_keeps_what_is_known(t):
    site = Site(t).begin()
    site.change("run time: ", b=None)
    site.weir.configure({'haproxy "main"': {"drain": "1s"}})
    site.weir.mark()
    site.weir.reload()
    site.weir.wait_log("configuration reloaded")
    site.change("run time: .*server b", b=(8002, 1))
    site.is_right()


# --- words beforehand -------------------------------------------------------

def test_diff_says_what_would_happen(t):
    site = Site(t)
    site.render()
    site.set(a=(8001, 5))
    r = site.weir.diff()
    assert r.code == 1 and "run time: 1 step" in r.out, r
    assert "-v says: no answer on" in r.out, r
    site.proxy.start()
    r = site.weir.diff()
    assert "main: run time: 1 step (HAProxy " in r.out, r
    assert "backend web: server a: weight 1 -> 5" in r.out, r
    site.set(line="maxconn 77")
    r = site.weir.diff()
    assert "main: reload: frontend f" in r.out, r
    r = json.loads(site.weir.diff("--format", "json").out)
    assert r["groups"][0]["action"] == "reload", r
    site.set(line="")
    r = json.loads(site.weir.diff("--format", "json").out)
    assert r["groups"][0]["action"] == "runtime", r
    assert any("weight 1 -> 5" in d for d in r["groups"][0]["details"]), r
    assert "run time: 1 step" in site.weir.diff("--format", "markdown").out


def test_diff_knows_the_servers_that_run_without_a_line(t):
    site = Site(t).begin()
    site.change("run time: ", b=None)
    site.weir.call("pause")
    site.set(b=(8002, 1))
    t.until(lambda: "main: run time: " in site.weir.diff().out,
            "the server to be known")
