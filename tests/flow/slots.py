# SPDX-License-Identifier: MIT
"""Slots over the life of a weir, and of the next one."""
import os

from lib.sites import catalog_site, catalog

# Plain ranges on both sides: what the engine copies from its last output must
# not be moved by what slots prints between them.
TEMPLATE = """\
{{ range service "web" }}# {{ .Port }}
{{ end }}backend web
{{ slots "web" (service "web") 2 "check" }}
{{ range service "web" }}# {{ .ID }}
{{ end }}"""


def servers(text):
    """Who is in web-1, web-2 …: a port; None while nobody is."""
    found = []
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["server"]:
            assert words[1] == f"web-{len(found) + 1}", text
            assert "check" in words, text
            found.append(None if "disabled" in words
                         else int(words[2].rpartition(":")[2]))
    return found


def site(t):
    weir, _ = catalog_site(t)
    t.write("a.tmpl", TEMPLATE)
    t.write("catalog.json", catalog(8001, 8002, 8003))
    return weir


def change(t, ports, wanted):
    t.replace("catalog.json", catalog(*ports))
    text = t.until_file("a.out", lambda s: servers(s) == wanted)
    ports = [p for p in ports if p]
    for port in ports:
        assert f"# {port}\n" in text, text
    assert text.count("# web-") == len(ports), text
    assert text.count("# 8") == len(ports), text


def test_each_stays_in_its_slot(t):
    weir = site(t)
    weir.start()
    weir.wait_log("ready")
    change(t, [8001, 8002, 8003], [8001, 8002, 8003, None, None])
    change(t, [8002, 8003], [None, 8002, 8003, None, None])
    change(t, [8004, 8003, 8002], [None, 8002, 8003, 8004, None])
    change(t, [8004, 8001, 8003], [8001, None, 8003, 8004, None])


def test_the_next_weir_reads_who_sits_where(t):
    weir = site(t)
    weir.start()
    weir.wait_log("ready")
    change(t, [8001, 8002, 8003], [8001, 8002, 8003, None, None])
    change(t, [8003, 8001], [8001, None, 8003, None, None])
    for ports, wanted in (
            ([8003, 8001, 8002], [8001, 8002, 8003, None, None]),
            ([8003, 8004], [None, None, 8003, 8004, None]),
            ([8001, 8003, 8002], [8001, 8002, 8003, None, None])):
        assert weir.stop() == 0
        t.write("catalog.json", catalog(*ports))
        weir.start()
        weir.wait_log("ready")
        assert servers(t.read("a.out")) == wanted, t.read("a.out")


def test_one_shot_renders_keep_the_slots_too(t):
    weir = site(t)
    assert weir.render().code == 0
    t.write("catalog.json", catalog(8003, 8009))
    shown = weir.render("--stdout")
    assert servers(shown.out) == [None, None, 8003, 8009, None], shown
    assert servers(t.read("a.out")) == [8001, 8002, 8003, None, None]
    assert weir.diff().code == 1
    assert weir.render().code == 0
    assert t.read("a.out") == shown.out
    assert weir.diff().code == 0


def test_what_cannot_be_read_is_not_dealt_anew(t):
    weir = site(t)
    os.mkdir(t.path("a.out"))
    shown = weir.render("--stdout")
    assert shown.code == 1, shown
    assert "error calling slots: who has which slot cannot be read" \
        in shown.err, shown
