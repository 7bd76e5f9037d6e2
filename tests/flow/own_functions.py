# SPDX-License-Identifier: MIT
"""What weir's own functions make of random texts, as the real HAProxy reads
it: names that it takes and that stay apart, arguments and maps that come back
as they were."""
import json
import random
import re

# What decides between one branch and another; and what only looks like it.
ALPHABET = " #'\"\\$%.:_-/09AFaxé\u00ffß日{}[]()=,"
NAMES = ALPHABET + "\n\t\x00\x7f"


def texts(alphabet, count, longest=8):
    """Different random texts; the same each time."""
    rng = random.Random(alphabet)
    return sorted({"".join(rng.choices(alphabet, k=rng.randint(1, longest)))
                   for _ in range(count)})


def render(t, template, keys):
    """The template with the texts as `keys`, a list in JSON."""
    t.write("catalog.json", json.dumps({"KV": {"keys": json.dumps(keys)}}))
    t.write("x.tmpl", '{{ range key "keys" | parseJSON }}' + template
            + "{{ end }}")
    weir = t.weir({
        "catalog": {"file": t.path("catalog.json")},
        'template "x"': {"source": t.path("x.tmpl"),
                         "destination": t.path("x.out")}})
    result = weir.render()
    assert result.code == 0, result
    return t.read("x.out")


def decoded(name):
    """The rule of weir-template(7), read backwards."""
    return re.sub(rb"\.\.((?:[0-9A-F]{2})+)\.",
                  lambda m: bytes.fromhex(m.group(1).decode()),
                  name.encode()).decode()


def test_names_are_taken_and_stay_apart(t):
    proxy = t.haproxy()
    keys = sorted({*texts(NAMES, 400), *texts("..2E0 ", 400, 12)})
    names = render(t, "{{ haproxyName . }}\n", keys).split("\n")[:-1]
    assert [decoded(n) for n in names] == keys
    assert len(set(names)) == len(keys) > 700
    servers = "".join(f"\tserver {n} 127.0.0.1:1\n" for n in names)
    proxies = "".join(f"backend {n}\n" for n in names)
    proxy.write(proxy.header() + f"listen all\n\tbind 127.0.0.1:{t.port()}\n"
                + servers + proxies)
    valid, said = proxy.test()
    assert valid, said


def test_a_quoted_text_is_one_argument(t):
    proxy = t.haproxy()
    keys = ["z" + k for k in texts(ALPHABET, 400)] + texts("#\"'\\$ ", 40)
    lines = render(t, "{{ haproxyQuote . }}\n", keys).split("\n")[:-1]
    wrong = []
    for at in range(0, len(keys), 15):    # it gives up after some errors
        some = slice(at, at + 15)
        # what is no keyword comes back in the message
        proxy.write("global\n" + "\n".join(lines[some]) + "\n")
        _, said = proxy.test()
        for number, key in enumerate(keys[some]):
            want = f":{number + 2}] : unknown keyword '{key}' in 'global'"
            if want not in said:
                wrong.append((key, lines[at + number], said))
    assert not wrong, wrong[0]


def test_a_map_gives_back_keys_and_values(t):
    keys = [k for k in texts(ALPHABET.replace(" ", ""), 300)
            if k[0] != "#" and " " not in k]
    text = render(t, '{{ mapLine . (printf "%s  $" .) }}\n', keys)
    t.write("x.map", text)
    proxy = t.haproxy(
        f"frontend f\n\tbind 127.0.0.1:{t.port()}\n"
        f"\thttp-request set-header x %[path,map_str({t.path('x.map')})]\n")
    shown = [line.partition(" ")[2]
             for line in proxy.cli("show map #0").splitlines() if line]
    assert sorted(shown) == sorted(f"{k} {k}  $" for k in keys)


def test_an_address_is_read_with_its_port(t):
    hosts = ["127.0.0.1", "::1", "[fd00::1]", "fd00::20:80"]
    servers = render(t, "\tserver {{ haproxyName . }} {{ hostPort . 8080 }}\n",
                     hosts)
    proxy = t.haproxy(f"listen all\n\tbind 127.0.0.1:{t.port()}\n" + servers)
    state = proxy.servers()
    seen = sorted((s["srv_addr"], s["srv_port"]) for s in state.values())
    assert seen == sorted((h.strip("[]"), "8080") for h in hosts), state
