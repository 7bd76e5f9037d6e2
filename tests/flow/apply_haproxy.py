# SPDX-License-Identifier: MIT
"""A rendered change on its way into a running HAProxy, and every way it ends."""
import os
import re
import signal
import socket
import subprocess
import time

from lib.sites import catalog, proxy_weir

# What the template adds to the header: a frontend that answers with a word.
FRONT = """frontend f
\tbind 127.0.0.1:{port}
\t{{{{key "line"}}}}
\thttp-request return status 200 content-type text/plain string {{{{key "word"}}}}
"""


class Site:
    """One HAProxy, one weir, one configuration with two keys in it."""

    def __init__(self, t, front=FRONT, **keys):
        self.t = t
        self.port = t.port()
        self.proxy = t.haproxy()
        self.data = {"line": "", "word": "one"}
        self.set()
        t.write("haproxy.tmpl",
                self.proxy.header() + front.format(port=self.port))
        self.weir = proxy_weir(t, self.proxy, "10ms:50ms", None, **keys)

    def set(self, **keys):
        """Changes the data that the template reads."""
        self.data.update(keys)
        self.t.replace("catalog.json", catalog(kv=self.data))

    def begin(self):
        """HAProxy runs what weir rendered, and weir looks after it."""
        first = self.weir.render()
        assert first.code == 0, first
        self.proxy.start()
        self.weir.start()
        self.weir.wait_log("ready")
        self.serves("one")
        return self

    def serves(self, word):
        self.t.until_served(self.port, word)

    def text(self):
        with open(self.proxy.config, encoding="utf-8") as f:
            return f.read()

    def reloads(self):
        """How often the master was told."""
        # 2.6 and earlier answer nobody while they load; 2.4 and earlier
        # have a column more.
        lines = self.t.until(
            lambda: self.proxy.master("show proc").splitlines(), "show proc")
        heading = re.findall("<(.*?)>", lines[0])
        master = next(l for l in lines if " master " in l).split()
        return int(master[heading.index("reloads")])

    def leftovers(self):
        """But for the lock of the weir that runs."""
        return [n for n in os.listdir(self.proxy.folder)
                if n.startswith(".") and not n.endswith(".weir-lock")]

    def is_untouched(self, before, worker):
        assert self.text() == before
        # 3.1 and later call the one that goes on an old one.
        assert worker in [pid for _, pid, _ in self.proxy.processes()]
        assert self.leftovers() == [], self.leftovers()
        return True


def occupied(t):
    """A port that somebody else listens on: (socket, port)."""
    s = socket.socket()
    s.bind(("127.0.0.1", t.port()))
    s.listen(1)
    return s, s.getsockname()[1]


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


# --- the good way -----------------------------------------------------------

def test_change_is_reloaded_and_seen_to_be(t):
    site = Site(t).begin()
    worker = site.proxy.worker()
    site.set(word="two")
    site.weir.wait_log(r"reloaded in \d+ ms")
    site.serves("two")
    assert site.proxy.worker() != worker
    assert site.leftovers() == []


def reloads(site, how):
    """A change goes live by the way of `how`, {} in it for the pid file."""
    site.weir.configure({'haproxy "main"': {
        "reload": how.format(site.proxy.pidfile)}})
    site.begin()
    site.set(word="two")
    site.weir.wait_log(r"reloaded in \d+ ms")
    site.serves("two")


def test_reload_by_signal(t):
    reloads(Site(t), "signal:{}")


def test_reload_by_signal_is_seen_on_the_stats_socket(t):
    reloads(Site(t, master_socket=None), "signal:{}")


def test_a_process_that_the_signal_would_end_is_left_alone(t):
    """Another one has the number of a master that is gone."""
    site = Site(t)
    other = subprocess.Popen(["sleep", "60"])
    try:
        with open(t.path("pid"), "w", encoding="utf-8") as f:
            f.write(f"{other.pid}\n")
        site.weir.configure({'haproxy "main"': {
            "reload": f"signal:{t.path('pid')}"}})
        site.begin()
        before, worker = site.text(), site.proxy.worker()
        site.set(word="two")
        site.weir.wait_log(f"USR2 would end process {other.pid}: it is no "
                           "master of HAProxy")
        t.until(lambda: site.is_untouched(before, worker),
                "the file of before to be back")
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_reload_by_command(t):
    reloads(Site(t), "command:kill -USR2 $(cat {})")


def test_reloads_keep_their_distance(t):
    site = Site(t, reload_interval="2s").begin()
    site.set(word="two")
    site.serves("two")
    start = time.monotonic()
    site.weir.mark()
    for i in range(5):
        site.set(word=f"then{i}")
        site.weir.wait_log("rendered")
        site.weir.mark()
    site.serves("then4")
    took = time.monotonic() - start
    assert took > 1.5, took
    site.weir.wait_log("reloaded")
    assert site.reloads() == 2


def test_old_workers_are_counted(t):
    site = Site(t).begin()
    with socket.create_connection(("127.0.0.1", site.port)) as s:
        s.sendall(b"GET / HTTP/1.1\r\n")   # and not the rest
        t.until(lambda: site.proxy.info("CurrConns") == "1",
                "HAProxy to have taken the connection")
        site.set(word="two")
        site.weir.wait_log(r"reloaded in \d+ ms, 1 old worker left")
        assert site.weir.metric("weir_haproxy_old_workers") == 1
    site.serves("two")


def test_same_bytes_are_not_reloaded(t):
    site = Site(t)
    assert site.weir.render().code == 0
    site.proxy.start()
    before = os.stat(site.proxy.config)
    r = site.weir.render("--reload")
    assert (r.code, "unchanged" in r.out) == (0, True), r
    after = os.stat(site.proxy.config)
    assert (before.st_ino, before.st_mtime_ns) \
        == (after.st_ino, after.st_mtime_ns)
    assert site.reloads() == 0
    site.set(word="two")
    r = site.weir.render("--reload")
    assert (r.code, "reloaded" in r.out) == (0, True), r
    assert site.reloads() == 1
    site.serves("two")


def test_what_does_not_run_is_written_for_its_start(t):
    site = Site(t)
    r = site.weir.render("--reload")
    assert r.code == 0, r
    assert "not running" in r.err, r
    site.proxy.start()
    site.serves("one")


# --- checks -----------------------------------------------------------------

def test_refused_candidate_leaves_everything(t):
    site = Site(t).begin()
    before, worker = site.text(), site.proxy.worker()
    line = before.splitlines().index("\t") + 1
    site.weir.mark()
    site.set(line="blah blah")
    site.weir.wait_log("refused")
    site.weir.wait_log(
        re.escape(f"{site.proxy.config}:{line}: ")
        + "unknown keyword 'blah' in 'frontend' section")
    site.weir.wait_log(rf"{line} \| .*blah blah")
    t.holds(lambda: site.is_untouched(before, worker),
            "all is as it was", 0.5)
    site.serves("one")
    site.set(line="", word="two")
    site.serves("two")


def test_map_that_is_not_there_yet_is_checked_with_who_names_it(t):
    site = Site(t)
    names = os.path.join(site.proxy.folder, "names.map")
    t.write("names.tmpl", '{{range ls "names"}}{{.Key}} {{.Value}}\n{{end}}')
    t.write("haproxy.tmpl", site.proxy.header() + f"""frontend f
\tbind 127.0.0.1:{site.port}
\thttp-request set-var(txn.n) hdr(host),map_str_int({names},0)
\thttp-request return status 200 content-type text/plain lf-string %[var(txn.n)]
""")
    site.weir.configure({'template "names.map"': {
        "source": t.path("names.tmpl"), "haproxy": "main",
        "destination": names, "settle": "10ms:50ms"}})
    site.set(**{"names/a.example": "1"})
    r = site.weir.render()
    assert r.code == 0, r
    assert sorted(os.listdir(site.proxy.folder))[:2] \
        == ["haproxy.cfg", "names.map"]
    site.proxy.start()
    site.weir.start()
    site.weir.wait_log("ready")
    t.until_served(site.port, "1", host="a.example")
    # Only the map changes: it is checked with the configuration that is there.
    site.set(**{"names/b.example": "no number"})
    site.weir.wait_log("refused")
    assert "no number" not in t.read("haproxy/names.map")
    assert site.leftovers() == []
    # Both at once, one reload.
    reloads = site.reloads()
    site.set(**{"names/b.example": "2"})
    t.write("haproxy.tmpl", t.read("haproxy.tmpl").replace(",0)", ",9)"))
    t.until_served(site.port, "2", host="b.example")
    t.until_served(site.port, "9", host="c.example")
    assert site.reloads() - reloads <= 2


def test_two_files_go_live_with_one_reload(t):
    site = Site(t)
    second = os.path.join(site.proxy.folder, "second.cfg")
    port = t.port()
    t.write("second.tmpl", FRONT.format(port=port).replace(
        "frontend f", "frontend g"))
    site.proxy.argv += ["-f", second]
    site.weir.configure({
        'haproxy "main"': {"config": [site.proxy.config, second]},
        'template "second"': {
            "source": t.path("second.tmpl"), "haproxy": "main",
            "destination": second, "settle": "10ms:50ms"}})
    site.begin()
    reloads = site.reloads()
    site.set(word="two")
    site.serves("two")
    t.until_served(port, "two")
    assert site.reloads() - reloads == 1


def test_directory_of_configurations_is_checked_as_haproxy_reads_it(t):
    site = Site(t)
    folder = t.path("conf.d")
    os.mkdir(folder)
    target = os.path.join(folder, "20-front.cfg")
    t.write("conf.d/10-head.cfg", site.proxy.header())
    t.write("haproxy.tmpl", FRONT.format(port=site.port))
    site.proxy.argv[-1] = folder
    site.weir.configure({
        'haproxy "main"': {"config": folder},
        'template "haproxy.cfg"': {"destination": target}})
    # Alone it is no configuration: only behind the head does it have a mode.
    r = site.weir.render()
    assert r.code == 0, r
    site.proxy.start()
    site.serves("one")
    site.set(line="blah")
    r = site.weir.render("--reload")
    assert r.code == 1 and f"{target}:3: unknown keyword" in r.err, r
    site.set(line="", word="two")
    r = site.weir.render("--reload")
    assert r.code == 0, r
    site.serves("two")
    assert sorted(os.listdir(folder)) == ["10-head.cfg", "20-front.cfg"]


def test_weir_check_touches_nothing(t):
    site = Site(t)
    r = site.weir.call("check")
    assert r.code == 0, r
    assert os.listdir(site.proxy.folder) == []
    site.set(line="blah")
    r = site.weir.call("check")
    assert r.code == 1 and "unknown keyword 'blah'" in r.err, r
    assert os.listdir(site.proxy.folder) == []


def test_diff_says_which_servers_change(t):
    site = Site(t, apply="reload", front="backend b\n{{{{key \"line\"}}}}\n")
    site.set(line="server a 127.0.0.1:1 check\nserver b 127.0.0.1:2")
    assert site.weir.render().code == 0
    before = site.text()
    site.set(line="server a 127.0.0.1:1 check weight 5\n"
                  "server c 127.0.0.1:3")
    r = site.weir.diff()
    assert r.code == 1, r
    assert "  backend b: server a: +weight 5\n" in r.out, r
    assert "  backend b: server c added: 127.0.0.1:3\n" in r.out, r
    assert "  backend b: server b removed: 127.0.0.1:2\n" in r.out, r
    assert site.text() == before


# --- reloads that fail ------------------------------------------------------

def test_failed_bind_puts_the_previous_file_back(t):
    # Otherwise the bind is tried before: flow/live.
    site = Site(t, apply="reload").begin()
    before, worker = site.text(), site.proxy.worker()
    other, port = occupied(t)
    site.weir.mark()
    site.set(line=f"bind 127.0.0.1:{port}", word="two")
    site.weir.wait_log("rolled back")
    t.until(lambda: site.is_untouched(before, worker), "the old state")
    site.serves("one")
    # Another change, and the port is free by then.
    other.close()
    site.set(word="three")
    site.serves("three")
    t.until_served(port, "three")


def test_failed_command_puts_the_previous_file_back(t):
    site = Site(t)
    site.weir.configure({'haproxy "main"': {
        "reload": "command:echo not today; exit 3"}})
    site.begin()
    before, worker = site.text(), site.proxy.worker()
    site.weir.mark()
    site.set(word="two")
    site.weir.wait_log("rolled back.*exited with status 3")
    site.weir.wait_log("not today")
    assert site.is_untouched(before, worker)
    said = site.weir.call("status").out
    assert re.search("its last text is not live: rolled back: .*status 3",
                     said), said


def test_reload_that_nobody_saw_is_followed_by_one_with_the_files_before(t):
    """A HAProxy that is slow may have read the new files, and take them when
    nobody looks any more."""
    site = Site(t)
    site.weir.configure({'haproxy "main"': {
        "reload_timeout": "1s",
        "reload": f"command:cat {site.proxy.config} >> {t.path('told')}"}})
    site.begin()
    before, worker = site.text(), site.proxy.worker()
    site.weir.mark()
    site.set(word="two")
    site.weir.wait_log("rolled back.*no new worker of HAProxy was seen")
    first, second = t.read("told")[:-len(before)], t.read("told")[-len(before):]
    assert "two" in first and second == before, (first, second)
    assert site.is_untouched(before, worker)


def test_master_that_ends_before_the_reload_finds_the_new_file(t):
    site = Site(t).begin()
    site.proxy.pause()
    site.weir.mark()
    site.set(word="two")
    t.until(lambda: "two" in site.text(), "the swap")
    site.proxy.kill()
    site.weir.wait_log("HAProxy is not running")
    assert site.leftovers() == []
    t.until(lambda: not listens(site.port), "the worker to follow its master")
    site.proxy.start()
    site.serves("two")


# --- death on the way -------------------------------------------------------

def test_weir_killed_at_any_moment_leaves_whole_files(t):
    site = Site(t).begin()
    words = ["one"]
    for i in range(12):
        word = f"w{i}"
        words.append(word)
        site.set(word=word)
        # From before the render to behind the reload, in steps.
        try:
            site.weir.popen.wait(0.004 * (i + 1) ** 1.6)
        except subprocess.TimeoutExpired:
            pass
        assert site.weir.kill() == -signal.SIGKILL
        # A child that was about to become a haproxy -c has its sockets.
        t.until(lambda: not listens(site.weir.http_port), "its port")
        text = site.text()
        assert any(text.endswith(f" string {w}\n") for w in words), text
        assert site.proxy.test()[0]
        site.weir.start()
        site.weir.wait_log("ready")
        site.serves(word)
        assert site.leftovers() == []
        words = [word]
