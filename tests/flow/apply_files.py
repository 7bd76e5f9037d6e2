# SPDX-License-Identifier: MIT
"""Files and programs that are not HAProxy's, and disks that refuse."""
import os
import subprocess

from lib.sites import catalog

SERVER = """server {{
	listen 127.0.0.1:{port};
	{{{{key "line"}}}}
	location / {{ return 200 {{{{key "word"}}}}; }}
}}
"""


class Site:
    """An nginx, and a weir that renders what it includes."""

    def __init__(self, t):
        self.t = t
        self.nginx = t.nginx()
        self.data = {"line": "", "word": "one"}
        self.set()
        # nginx tests a whole configuration: one that includes the candidate.
        whole = t.write("check.sh", f"""#!/bin/sh
sed "s,include {self.nginx.included},include $1," {self.nginx.config} \
>{t.path("check.conf")}
exec {self.nginx.program} -t -q -e stderr -c {t.path("check.conf")}
""")
        os.chmod(whole, 0o755)
        t.write("nginx.tmpl", SERVER.format(port=self.nginx.port))
        self.weir = t.weir({
            "catalog": {"file": t.path("catalog.json")},
            'template "nginx"': {
                "source": t.path("nginx.tmpl"),
                "destination": self.nginx.included,
                "check": f"{whole} {{candidate}}",
                "reload": f"kill -HUP $(cat {self.nginx.folder}/nginx.pid)",
                "settle": "10ms:50ms"}})

    def set(self, **keys):
        self.data.update(keys)
        self.t.replace("catalog.json", catalog(kv=self.data))

    def begin(self):
        self.weir.configure({'template "nginx"': {}})
        first = self.weir.render()
        assert first.code == 0, first
        self.nginx.start()
        self.weir.start()
        self.weir.wait_log("ready")
        self.serves("one")
        return self

    def serves(self, word):
        self.t.until_served(self.nginx.port, word)

    def text(self):
        with open(self.nginx.included, encoding="utf-8") as f:
            return f.read()


def test_nginx_is_checked_and_reloaded(t):
    site = Site(t).begin()
    site.set(word="two")
    site.weir.wait_log("reloaded")
    site.serves("two")


def test_nginx_refuses_and_everything_stays(t):
    site = Site(t).begin()
    before = site.text()
    site.weir.mark()
    site.set(line="blah blah;", word="two")
    site.weir.wait_log(
        r'sites\.conf:3: check command .* exited with status 1')
    site.weir.wait_log('unknown directive "blah" in .*/sites.conf:3')
    site.weir.wait_log(r"3 \| .*blah blah;")
    assert site.text() == before
    site.set(line="", word="three")
    site.serves("three")


def test_reload_command_that_fails_puts_the_file_back(t):
    site = Site(t)
    site.weir.configure({'template "nginx"': {
        "reload": "echo gone; exit 7"}})
    site.begin()
    before = site.text()
    site.weir.mark()
    site.set(word="two")
    site.weir.wait_log("rolled back.*exited with status 7")
    assert site.text() == before
    assert [n for n in os.listdir(site.nginx.folder) if n[0] == "."] == []


# --- disks ------------------------------------------------------------------

class Disk:
    """A small file system of its own; skips where mounting is not allowed."""
    name = "disk"

    def __init__(self, t, size="64k"):
        self.folder = t.path("disk")
        os.mkdir(self.folder)
        if os.getuid() or self._run("mount", "-t", "tmpfs", "-o",
                                    f"size={size}", "weir", self.folder):
            t.skip("no mounting here")
        t._keep(self)

    @staticmethod
    def _run(*argv):
        return subprocess.run(argv, stderr=subprocess.DEVNULL,
                              check=False).returncode

    def make_read_only(self):
        assert self._run("mount", "-o", "remount,ro", self.folder) == 0

    def stop(self):
        self._run("umount", "-l", self.folder)


def three_files(t, folder):
    """A weir with three templates, the third one large."""
    t.write("catalog.json", catalog(8001))
    sections = {"catalog": {"file": t.path("catalog.json")}}
    t.write("a.tmpl", "{{key \"n\"}} a\n")
    t.write("b.tmpl", "{{key \"n\"}} b\n")
    t.write("c.tmpl", "{{key \"n\"}} " + 9000 * "0123456789" + "\n")
    for name in "abc":
        sections[f'template "{name}"'] = {
            "source": t.path(f"{name}.tmpl"), "haproxy": "main",
            "destination": os.path.join(folder, name)}
    sections['haproxy "main"'] = {
        "config": os.path.join(folder, "a"), "check": False,
        "reload": "command:true"}
    return t.weir(sections)


def set_n(t, n):
    t.write("catalog.json", catalog(8001, kv={"n": n}))


def state(folder):
    return {n: open(os.path.join(folder, n), encoding="utf-8").read()
            for n in os.listdir(folder)}


def test_full_disk_changes_nothing(t):
    disk = Disk(t, "128k")
    weir = three_files(t, disk.folder)
    set_n(t, "1")
    r = weir.render()
    assert r.code == 0, r
    before = state(disk.folder)
    assert set(before) == {"a", "b", "c"}
    # The old c and the new one do not fit beside each other.
    set_n(t, "2")
    r = weir.render()
    assert r.code == 1, r
    assert "No space left on device" in r.err, r
    assert os.path.join(disk.folder, "c") in r.err, r
    assert state(disk.folder) == before


def test_read_only_disk_is_named(t):
    disk = Disk(t, "1m")
    weir = three_files(t, disk.folder)
    set_n(t, "1")
    assert weir.render().code == 0
    before = state(disk.folder)
    disk.make_read_only()
    set_n(t, "2")
    r = weir.render()
    assert r.code == 1 and "Read-only file system" in r.err, r
    assert os.path.join(disk.folder, "a") in r.err, r
    assert state(disk.folder) == before


def test_check_needs_no_writable_directory(t):
    disk = Disk(t, "1m")
    weir = three_files(t, disk.folder)
    weir.configure({'haproxy "main"': {
        "check": True, "binary": t.write("haproxy", "#!/bin/sh\ncat $3\n")}})
    os.chmod(t.path("haproxy"), 0o755)
    disk.make_read_only()
    set_n(t, "2")
    r = weir.call("check")
    assert r.code == 0, r
    assert state(disk.folder) == {}


def test_full_disk_is_tried_again(t):
    disk = Disk(t, "128k")
    weir = three_files(t, disk.folder)
    set_n(t, "1")
    assert weir.render().code == 0
    weir.start()
    weir.wait_log("ready")
    set_n(t, "2")
    weir.wait_log("failed.*No space left on device")
    assert state(disk.folder)["a"] == "1 a\n"
    subprocess.run(["mount", "-o", "remount,size=1m", disk.folder],
                   check=True)
    t.until(lambda: state(disk.folder).get("a") == "2 a\n",
            "another try", 20)


def test_render_removes_what_a_killed_one_left_but_not_a_running_one_s(t):
    os.mkdir(t.path("out"))
    weir = three_files(t, t.path("out"))
    set_n(t, "1")
    weir.start()
    weir.wait_log("ready")
    left = t.write("out/.a.weir-aaaaaa", "half a fi")
    assert weir.render().code == 0
    assert os.path.exists(left)
    weir.stop()
    assert weir.render().code == 0
    assert not os.path.exists(left)
    assert sorted(os.listdir(t.path("out"))) == ["a", "b", "c"]
