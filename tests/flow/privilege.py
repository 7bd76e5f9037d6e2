# SPDX-License-Identifier: MIT
"""What weir must not give away, and what it must not be led to."""
import os
import resource
import signal
import stat
import subprocess

from lib.fake_consul import instance
from lib.sites import catalog, catalog_site
from lib.weir import PROGRAM

WEB = "/v1/health/service/web"
TOKEN = "44444444-secret-of-the-test"
AUTH = "user:password-of-the-test"
SECRETS = ("secret-of-the-test", "password-of-the-test",
           "dXNlcjpwYXNzd29yZC1vZi10aGUtdGVzdA")     # base64 of AUTH


def spied(t, template, consul, env=None, **keys):
    """A weir whose check, reload and plugin write down their environment."""
    t.write("plugin", "#!/bin/sh\nenv > %s; tr '\\0' ' ' < "
            "/proc/$PPID/cmdline > %s; echo ok"
            % (t.path("plugin.env"), t.path("argv")))
    os.chmod(t.path("plugin"), 0o755)
    t.write("in.tmpl", template + '{{plugin "%s"}}' % t.path("plugin"))
    return t.weir({
        "consul": keys,
        'template "a"': {"source": t.path("in.tmpl"),
                         "destination": t.path("out"),
                         "check": f"env > {t.path('check.env')} && "
                                  "test -f {candidate}",
                         "reload": f"env > {t.path('reload.env')}"}},
        consul=consul, env=env)


def look_everywhere(t, weir):
    """No secret in anything that others can see."""
    seen = {"log": weir.log(), "status": weir.call("status").out,
            "status --json": weir.call("status", "--json").out}
    for page in ("/", "/status", "/metrics", "/readyz"):
        seen[page] = weir.get(page)[1]
    for name in ("plugin.env", "check.env", "reload.env", "argv", "out"):
        seen[name] = t.until_file(name, lambda s: s)
    with open(f"/proc/{weir.pid}/cmdline", encoding="utf-8") as f:
        seen["cmdline"] = f.read()
    weir.stop()
    for name in os.listdir(weir.state):
        path = os.path.join(weir.state, name)
        if stat.S_ISREG(os.stat(path).st_mode):
            with open(path, "rb") as f:
                seen[name] = f.read().decode("latin-1")
    assert "answers" in seen, seen.keys()
    for where, text in seen.items():
        for secret in SECRETS:
            assert secret not in text, f"{secret} in {where}"


def test_tokens_are_nowhere_to_be_seen(t):
    fake = t.fake_consul()
    fake.say(WEB, [instance("web", port=1)])
    weir = spied(t, '{{range service "web"}}{{.Port}}{{end}}', fake, env={
        "CONSUL_HTTP_TOKEN": TOKEN, "CONSUL_HTTP_AUTH": AUTH,
        "NOTIFY_SOCKET": "/nowhere", "KEPT": "for the programs"})
    weir.start().wait_log("ready")
    asked = fake.asked(WEB)[0].headers
    assert asked["x-consul-token"] == TOKEN and "authorization" in asked
    for name in ("plugin.env", "check.env", "reload.env"):
        text = t.until_file(name, lambda s: "PATH=" in s)
        assert "CONSUL_" not in text and "NOTIFY_SOCKET" not in text, text
        assert "KEPT=for the programs" in text
    look_everywhere(t, weir)


def test_a_token_of_a_file_is_nowhere_to_be_seen_when_consul_refuses(t):
    fake = t.fake_consul()
    fake.say(WEB, [instance("web", port=1)])
    weir = spied(t, '{{range service "web"}}{{.Port}}{{end}}', fake,
                 token_file=t.write("token", TOKEN), retry_min="100ms",
                 retry_max="200ms", wait="1s")
    weir.start().wait_log("ready")
    fake.refuse()
    weir.wait_log("the last good answer stays")
    look_everywhere(t, weir)


def test_a_crash_leaves_no_core(t):
    """There is none even where the operator allows them."""
    def allow():
        os.chdir(t.dir)
        resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))

    def dies(argv, is_up=lambda: True):
        child = subprocess.Popen(argv, preexec_fn=allow,
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        t.until(is_up, f"{argv[0]} to be up")
        os.kill(child.pid, signal.SIGABRT)
        _, status = os.waitpid(child.pid, 0)
        child.returncode = 0
        assert os.WIFSIGNALED(status), status
        return os.WCOREDUMP(status)

    weir, out = catalog_site(t)
    if not dies(["sleep", "60"]):
        t.skip("nothing leaves a core here")
    assert not dies([PROGRAM, "run", "-c", weir.ini],
                    lambda: os.path.exists(out))


def test_every_file_has_its_mode_from_the_first_byte(t):
    """The check sees the candidate as it will be; nobody saw it otherwise."""
    weir, out = catalog_site(
        t, check=f"stat -c %a {{candidate}} >> {t.path('modes')}",
        mode="0600")
    os.umask(0)
    try:
        weir.start()
    finally:
        os.umask(0o022)
    weir.wait_log("ready")
    assert t.read("modes") == "600\n"
    assert os.stat(out).st_mode & 0o7777 == 0o600
    assert os.stat(weir.state).st_mode & 0o7777 == 0o750
    control = os.path.join(weir.state, "control")
    assert os.stat(control).st_mode & 0o7777 == 0o600


def test_another_s_link_is_not_followed(t):
    if os.getuid() != 0:
        t.skip("only root can make another user's link")
    weir, _ = catalog_site(t)
    os.mkdir(t.path("elsewhere"))
    os.symlink(t.path("elsewhere"), t.path("way"))
    weir.configure({'template "a"': {"destination": t.path("way/a.out")}})
    weir.start().wait_log("ready")
    weir.stop()
    assert t.read("elsewhere/a.out") == "web-1:8001\n"
    os.unlink(t.path("elsewhere/a.out"))
    os.lchown(t.path("way"), 65534, 65534)
    weir.start().wait_log(r"way is a link made by user 65534")
    assert os.listdir(t.path("elsewhere")) == []


def test_a_link_at_the_destination_is_replaced(t):
    weir, out = catalog_site(t)
    t.write("precious", "precious")
    os.symlink(t.path("precious"), out)
    weir.start().wait_log("ready")
    assert not os.path.islink(out)
    assert t.read("a.out") == "web-1:8001\n"
    assert t.read("precious") == "precious"


def test_a_command_that_hangs_ends_with_all_its_children(t):
    weir, out = catalog_site(
        t, command_timeout="1s",
        check=f"(sleep 300 & echo $! > {t.path('pid')}; wait) # {{candidate}}")
    weir.start().wait_log("did not finish within 1 s and was killed")
    pid = int(t.read("pid"))
    t.until(lambda: not os.path.exists(f"/proc/{pid}")
            or open(f"/proc/{pid}/stat").read().split()[2] == "Z",
            "the grandchild to be gone")
    assert not os.path.exists(out)
    t.write("catalog.json", catalog(8002))
    assert weir.is_running()


def test_a_plugin_that_hangs_ends_with_all_its_children(t):
    """Its time is a constant of thirty seconds."""
    t.write("plugin", f"""#!/bin/sh
sleep 300 & echo $! > {t.path("pid")}; wait
""")
    os.chmod(t.path("plugin"), 0o755)
    weir, _ = catalog_site(t)
    t.write("a.tmpl", '{{plugin "%s"}}' % t.path("plugin"))
    done = weir.call("render", "--stdout", patience=60)
    assert done.code == 1 and "did not finish in 30s" in done.err, done
    pid = int(t.read("pid"))
    t.until(lambda: not os.path.exists(f"/proc/{pid}")
            or open(f"/proc/{pid}/stat").read().split()[2] == "Z",
            "the grandchild to be gone")
