# SPDX-License-Identifier: MIT
"""render, diff, check, snapshot: what they print, touch and exit with."""
import json
import os
import subprocess

from lib.weir import PROGRAM

CATALOG = {
    "Datacenter": "dc1",
    "Nodes": [
        {"Node": "n1", "Address": "10.0.0.1", "Services": [
            {"Service": "web", "ID": "web-1", "Port": 8001,
             "Checks": [{"CheckID": "c1", "Status": "passing"}]}]},
        {"Node": "n2", "Address": "10.0.0.2", "Services": [
            {"Service": "web", "ID": "web-2", "Port": 8002,
             "Checks": [{"CheckID": "c2", "Status": "passing"}]}]}],
    "KV": {"app/name": "shop"}}

SERVERS = ('{{range service "web"}}{{.ID}} {{.Address}}:{{.Port}}\n{{end}}')


def site(t, template=SERVERS, catalog=None, **keys):
    """A weir with a catalog file and one template; (weir, out path)."""
    t.write("catalog.json", json.dumps(catalog or CATALOG))
    t.write("a.tmpl", template)
    out = t.path("a.out")
    weir = t.weir({
        "catalog": {"file": t.path("catalog.json")},
        'template "a"': {"source": t.path("a.tmpl"), "destination": out,
                         **keys}})
    return weir, out


def test_render_writes_and_says_so(t):
    weir, _ = site(t)
    r = weir.render()
    assert (r.code, r.out) == (0, "a: 1 file written\n"), r
    assert t.read("a.out") == "web-1 10.0.0.1:8001\nweb-2 10.0.0.2:8002\n"
    r = weir.render()
    assert (r.code, r.out) == (0, "a: unchanged\n"), r


def test_render_to_stdout_prints_the_bytes_and_touches_nothing(t):
    weir, out = site(t)
    r = weir.render("--stdout")
    assert (r.code, r.out, r.err) == (
        0, "web-1 10.0.0.1:8001\nweb-2 10.0.0.2:8002\n", ""), r
    assert not os.path.exists(out)


def test_render_needs_no_configuration_file(t):
    t.write("catalog.json", json.dumps(CATALOG))
    t.write("a.tmpl", '{{key "app/name"}}')
    done = subprocess.run(
        [PROGRAM, "render", "--from", t.path("catalog.json"),
         "-t", f"{t.path('a.tmpl')}:{t.path('a.out')}"],
        capture_output=True, text=True, check=False, env={"PATH": "/bin"})
    assert done.returncode == 0, done
    assert t.read("a.out") == "shop"


def test_a_closed_standard_output_is_a_failure_and_no_abort(t):
    weir, _ = site(t)
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@" >&-', "sh", PROGRAM, "render", "--stdout",
         "-c", weir.ini], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done
    assert "cannot write to standard output" in done.stderr, done


def test_render_takes_the_template_that_it_is_told(t):
    weir, _ = site(t)
    t.write("b.tmpl", '{{key "nothing/here"}}')
    weir.configure({'template "b"': {"source": t.path("b.tmpl"),
                                     "destination": t.path("b.out")}})
    assert weir.render("a").code == 0
    r = weir.render("c")
    assert r.code == 2 and 'destination "c"' in r.err, r


def test_render_names_what_it_waits_for_and_who_asks(t):
    weir, out = site(t, 'x\n{{key "no/such"}}{{key "app/name"}}')
    r = weir.render()
    assert r.code == 1, r
    assert f"kv.block(no/such)  ({t.path('a.tmpl')}:2)" in r.err, r
    assert "app/name" not in r.err, r
    assert not os.path.exists(out)


def test_render_shows_an_execution_error_with_line_and_caret(t):
    weir, out = site(t, 'ok\n{{range service "web"}}{{.Prot}}{{end}}\n')
    r = weir.render()
    assert r.code == 1, r
    want = (f"{t.path('a.tmpl')}:2:25: executing \"a.tmpl\" at <.Prot>: "
            "can't evaluate field Prot in type *dependency.HealthService")
    assert want in r.err, r
    lines = r.err.splitlines()
    at = next(i for i, l in enumerate(lines) if want in l)
    assert lines[at + 1].endswith(
        '{{range service "web"}}{{.Prot}}{{end}}'), r
    assert lines[at + 2].index("^") == lines[at + 1].index(".Prot"), r
    assert "Port" in r.err.split(want)[1], r
    assert not os.path.exists(out)


def test_render_shows_a_parse_error_with_line_and_caret(t):
    weir, out = site(t, 'ok\n{{range servce "web"}}{{end}}\n')
    for command in ("render", "check"):
        r = weir.call(command)
        assert r.code == 1, r
        assert f"{t.path('a.tmpl')}:2:" in r.err, r
        assert 'function "servce" not defined' in r.err, r
        assert "service" in r.err and "^" in r.err, r
    assert weir.diff().code == 2
    assert not os.path.exists(out)


def test_template_that_loops_for_ever_is_stopped(t):
    weir, out = site(t, '{{define "a"}}{{template "a"}}{{end}}'
                     '{{template "a"}}')
    r = weir.render()
    assert r.code == 1, r
    assert "exceeded maximum template depth (100000)" in r.err, r
    t.write("a.tmpl", "{{range loop 9000000000}}{{range loop 1000000}}"
            "{{end}}{{end}}")
    r = weir.render(patience=100)
    assert r.code == 1, r
    assert f"{t.path('a.tmpl')}:1:" in r.err and "steps" in r.err, r
    assert not os.path.exists(out)


def test_missing_source_is_a_configuration_error(t):
    weir, _ = site(t)
    os.unlink(t.path("a.tmpl"))
    for command in ("render", "diff", "check"):
        r = weir.call(command)
        assert r.code == 2, r
        assert t.path("a.tmpl") in r.err and "does not exist" in r.err, r
        assert f"{weir.ini}:" in r.err, r


def test_missing_source_of_an_optional_template_is_none(t):
    weir, out = site(t, optional=True)
    os.unlink(t.path("a.tmpl"))
    r = weir.render()
    assert r.code == 0, r
    assert not os.path.exists(out)


def test_catalog_file_with_an_error_names_line_and_column(t):
    weir, _ = site(t)
    t.write("catalog.json", '{ "Datacenter": "dc1",\n  "Nodes": [ }\n')
    r = weir.render()
    assert r.code == 2, r
    assert f"{t.path('catalog.json')}:2:" in r.err, r


def test_catalog_file_with_a_wrong_shape_names_the_line(t):
    weir, _ = site(t)
    t.write("catalog.json", '{ "Datacenter": "dc1",\n  "Nodes":\n [\n'
            '  { "Node": 5 } ] }\n')
    r = weir.render()
    assert r.code == 2, r
    assert f"{t.path('catalog.json')}:4:" in r.err, r
    assert "Node" in r.err, r


def test_two_templates_with_one_destination_are_refused(t):
    weir, out = site(t)
    weir.configure({'template "b"': {"source": t.path("a.tmpl"),
                                     "destination": out}})
    r = weir.render()
    assert r.code == 2, r
    assert '"a"' in r.err and '"b"' in r.err and f"{weir.ini}:" in r.err, r


def test_diff_shows_the_change_and_its_effect(t):
    weir, out = site(t, reload="touch " + t.path("reloaded"))
    t.write("a.out", "web-1 10.0.0.1:8001\n")
    r = weir.diff()
    assert r.code == 1, r
    assert r.out.splitlines()[:5] == [
        f"--- {out}", f"+++ {out}", "@@ -1 +1,2 @@",
        " web-1 10.0.0.1:8001", "+web-2 10.0.0.2:8002"], r
    assert f"command: touch {t.path('reloaded')}" in r.out, r
    assert "\033" not in r.out
    assert t.read("a.out") == "web-1 10.0.0.1:8001\n"
    assert t.read("reloaded") is None
    weir.render()
    r = weir.diff()
    assert (r.code, r.out) == (0, ""), r


def test_diff_in_json_and_markdown(t):
    weir, out = site(t)
    r = weir.diff("--format", "json")
    assert r.code == 1, r
    doc = json.loads(r.out)
    assert doc["differs"] is True
    assert doc["files"][0]["path"] == out
    assert "+web-2 10.0.0.2:8002" in doc["files"][0]["diff"]
    assert doc["groups"][0]["action"] == "write"
    r = weir.diff("--format", "markdown")
    assert r.code == 1 and "```diff\n" in r.out, r
    r = weir.diff("--format", "html")
    assert r.code == 2 and "markdown" in r.err, r


def test_diff_in_markdown_keeps_what_follows_a_zero_byte(t):
    weir, _ = site(t, template='a{{"\\x00"}}b\nc\n')
    r = weir.diff("--format", "markdown")
    assert "+a\0b\n+c\n```\n" in r.out, r


def test_no_line_of_the_text_ends_the_fence_of_markdown(t):
    weir, out = site(t, template="```\n````\nnew\n")
    with open(out, "w", encoding="utf-8") as f:
        f.write("```\n````\n")
    r = weir.diff("--format", "markdown")
    assert "`````diff\n" in r.out and " ````\n+new\n`````\n" in r.out, r


def test_diff_shows_what_write_to_file_would_write(t):
    extra = t.path("extra.txt")
    weir, _ = site(t, '{{"one\\n" | writeToFile "%s" "" "" "0600"}}x' % extra)
    r = weir.diff()
    assert r.code == 1, r
    assert f"+++ {extra}" in r.out and "+one" in r.out, r
    assert not os.path.exists(extra)
    assert weir.render().code == 0
    assert t.read("extra.txt") == "one\n"


def test_diff_and_check_run_plugins_only_when_told(t):
    weir, _ = site(t, '{{plugin "echo" "hello"}}')
    for command in ("diff", "check"):
        r = weir.call(command)
        assert r.code in (1, 2) and "--plugins" in r.err, r
    assert "+hello" in weir.diff("--plugins").out
    assert weir.render("--stdout").out == "hello"


def test_numbers_at_once_have_a_limit(t):
    for call in ("sprig_until 16777217", "sprig_untilStep 0 16777217 1",
                 "sprig_seq 1 16777217"):
        weir, _ = site(t, "{{len (%s)}}" % call)
        r = weir.render("--stdout")
        assert r.code == 1, (call, r)
        assert "more than 16777216 numbers at once" in r.err, (call, r)


def test_snapshot_gives_the_same_render(t):
    weir, _ = site(t, SERVERS + '{{key "app/name"}}{{range services}}'
                   "{{.Name}}{{end}}{{range nodes}}{{.Node}}{{end}}")
    want = weir.render("--stdout").out
    r = weir.call("snapshot", "-o", t.path("snap.json"))
    assert r.code == 0, r
    r = weir.render("--stdout", "--from", t.path("snap.json"))
    assert (r.code, r.out) == (0, want), r
    assert os.stat(t.path("snap.json")).st_mode & 0o777 == 0o600


def test_check_gives_the_set_to_haproxy(t):
    proxy = t.haproxy()
    config = t.path("haproxy.cfg")
    weir, _ = site(t)
    t.write("h.tmpl", proxy.header() + 'backend web\n{{range service "web"}}'
            "\tserver {{.ID}} {{.Address}}:{{.Port}}\n{{end}}")
    weir.configure({
        'haproxy "main"': {"config": config},
        'template "h"': {"source": t.path("h.tmpl"), "destination": config,
                         "haproxy": "main"}})
    r = weir.call("check")
    assert r.code == 0 and "main: ok" in r.out, r
    t.write("h.tmpl", proxy.header() + "backend web\n\tbalance rondrobin\n")
    r = weir.call("check")
    assert r.code == 1, r
    assert "rondrobin" in r.err and f"{config}:" in r.err, r
    assert not os.path.exists(config)
    assert [f for f in os.listdir(t.dir) if f.startswith(".")] == []


def test_usage_errors_exit_with_2_and_help_with_0(t):
    for args in (["rendr"], ["render", "--stdot"], ["diff", "--timeout", "5"],
                 ["render", "-c", t.path("none.ini")], []):
        done = subprocess.run([PROGRAM, *args], capture_output=True,
                              text=True, check=False)
        assert done.returncode == 2, (args, done)
        assert done.stderr and not done.stdout, (args, done)
    for command in ("run", "render", "diff", "check", "snapshot"):
        done = subprocess.run([PROGRAM, command, "--help"],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not done.stderr, done
        assert f"weir {command}" in done.stdout, done
    done = subprocess.run([PROGRAM, "rendr"], capture_output=True, text=True,
                          check=False)
    assert "render" in done.stderr, done


def test_unknown_section_key_and_unit_are_named(t):
    weir, _ = site(t)
    for section, keys, words in (
            ("consull", {"address": "x"}, ("consull", "consul")),
            ("consul", {"adress": "http://x"}, ("adress", "address")),
            ("consul", {"wait": "5"}, ("wait", "5")),
            ("consul", {"wait": "5 fortnights"}, ("wait",)),
            ('template "a"', {"haproxy": "mane"}, ("mane",))):
        weir.sections.pop("consull", None)
        weir.sections["consul"] = {}
        weir.sections['template "a"'].pop("haproxy", None)
        weir.configure({section: keys})
        r = weir.render()
        assert r.code == 2, (keys, r)
        assert f"{weir.ini}:" in r.err, (keys, r)
        assert all(w in r.err for w in words), (keys, r)


def test_a_line_that_inih_would_cut_is_refused(t):
    weir, _ = site(t)
    weir.configure({'template "a"': {"check": "true " + "x" * 300}})
    r = weir.render()
    assert r.code == 2 and f"{weir.ini}:" in r.err, r
    assert "indent" in r.err or "continue" in r.err, r


def test_progress_is_shown_on_a_terminal_and_wiped(t):
    fake = t.fake_consul()
    fake.say("/v1/health/service/web", [])
    t.write("a.tmpl", '{{key "app/late"}}')
    weir = t.weir({'template "a"': {"source": t.path("a.tmpl"),
                                    "destination": t.path("a.out")}},
                  consul=fake)
    done = subprocess.run(
        ["script", "-qec", f"{PROGRAM} render -c {weir.ini} --timeout 2s",
         "/dev/null"], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done
    assert "waiting for 1 answer" in done.stdout, done
    assert "kv.block(app/late)" in done.stdout, done
    wiped = done.stdout.rsplit("\033[K", 1)[1]
    assert "timeout" in wiped and "a.tmpl:1" in wiped, done
