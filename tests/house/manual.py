#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The manual pages and the units against the program.

Every key of the tables in src/config/key.c stands in weir.ini(5), in the part of
its section and with its default, and no other does; every option that --help
shows, every variable that is read, every metric and every member of the status
stands in weir(1), and the latter two no other; the examples load; the pages are
clean; the unit is as confined as it claims to be.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
WEIR = os.environ.get("WEIR", os.path.join(ROOT, "build", "weir"))
PAGE_1 = os.path.join(ROOT, "packaging", "man", "weir.1")
PAGE_5 = os.path.join(ROOT, "packaging", "man", "weir.ini.5")
UNIT = os.path.join(ROOT, "packaging", "systemd", "weir.service")
EXPOSURE_MOST = 2.5

passed = failed = skipped = 0


def fact(name, complaints):
    """Prints what became of one fact; complaints: a list, empty if it holds."""
    global passed, failed
    if complaints:
        failed += 1
        print(f"not ok {name}")
        for line in complaints:
            print(f"    {line}")
    else:
        passed += 1
        print(f"ok {name}")


def skip(name, why):
    global skipped
    skipped += 1
    print(f"ok {name} # SKIP {why}")


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def tables():
    """{section: {key: preset or None}}, secrets left out."""
    text = read("src", "config", "key.c")
    found = {}
    for section, body in re.findall(
            r"static const struct key (\w+)_keys\[\] = \{(.*?)\n\};", text,
            re.S):
        found[section] = {}
        for key, rest in re.findall(
                r'\{"(\w+)", &key_\w+,((?:[^{}])*)\}', body):
            if "KEY_SECRET" in rest:
                continue
            preset = re.search(r'\.preset = "([^"]*)"', rest)
            found[section][key] = preset and preset.group(1)
    return found


def items(page, section):
    """{key: text below it} of `.Sh SECTION`, outermost list only."""
    part = re.search(rf"^\.Sh {section.upper()}\n(.*?)(?=^\.Sh )", page,
                     re.S | re.M)
    if not part:
        return {}
    found = {}
    for chunk in re.split(r"^\.It Ic ", part.group(1), flags=re.M)[1:]:
        name, _, rest = chunk.partition("\n")
        found[name.strip()] = rest
    return found


def check_keys():
    page = read("packaging", "man", "weir.ini.5")
    known = tables()
    complaints = []
    if sum(len(keys) for keys in known.values()) < 40:
        complaints.append("the tables were not understood")
    for section, keys in known.items():
        told = items(page, section)
        complaints += [f"[{section}] {key} is not in weir.ini(5)"
                       for key in keys if key not in told]
        complaints += [f"[{section}] {key} is in weir.ini(5) only"
                       for key in told if key not in keys]
        complaints += [
            f"[{section}] {key}: default {preset} is not in weir.ini(5)"
            for key, preset in keys.items()
            if preset and preset not in told.get(key, preset)]
    fact("every key stands in weir.ini(5), with its default", complaints)


def check_variables():
    page = read("packaging", "man", "weir.1")
    names = re.findall(r'\{"(CONSUL_\w+)", "', read(
        "src", "config", "environment.c"))
    fact("every variable stands in weir(1)",
         [n for n in names if not re.search(rf"\bEv {n}\b", page)]
         or ([] if len(names) > 10 else ["the table was not understood"]))


def both_ways(name, said, coded, least):
    """What the manual says is what the code has, and that is not little."""
    fact(name, [f"{n} is not in weir(1)" for n in sorted(coded - said)]
         + [f"{n} is in weir(1) only" for n in sorted(said - coded)]
         + ([] if len(coded) >= least else ["the code was not understood"]))


def quoted(section):
    """The words that a list in `.Sh SECTION` has as literal ones."""
    part = re.search(rf"^\.Sh {section}\n.*?^\.Bl(.*?)^\.Sh ",
                     read("packaging", "man", "weir.1"), re.S | re.M).group(1)
    return set(re.findall(r"\w+", " ".join(re.findall(
        r"^\..*?\bQl (.*)", part, re.M))))


def check_metrics():
    text = read("src", "report", "metrics.c")
    coded = set(re.findall(r'\b(?:family|gauge)\(\s*b, "(\w+)"', text)
                + re.findall(r'put_live_gauge\(b, o, "(\w+)"', text)
                + re.findall(r'^    \{"(\w+)", "', text, re.M))
    said = {n for n in quoted("METRICS") if n.startswith("weir_")}
    both_ways("every metric stands in weir(1)", said,
              {"weir_" + n for n in coded}, 40)


LIMITS = {
    "weir.1": ("ANSWER_BYTES", "CATALOG_BYTES", "STATE_BYTES",
               "RUNTIME_REPLY", "DATACENTERS", "CHILD_OUTPUT",
               "HTTP_CONNECTIONS", "HTTP_SECONDS"),
    "weir.ini.5": ("CONFIG_BYTES", "CONFIG_LINE"),
    "weir-template.7": ("TEMPLATE_BYTES", "OUTPUT_BYTES", "STEPS",
                        "RENDER_BYTES", "CALL_DEPTH", "BLOCK_DEPTH",
                        "SEQUENCE", "MAP_LINE", "SLOTS", "COMMAND_SECONDS"),
}


def in_words(name, value):
    """A limit as the manual writes it."""
    if name.endswith(("_BYTES", "_OUTPUT", "_REPLY")):
        for unit, size in ("GiB", 30), ("MiB", 20), ("KiB", 10):
            if value >> size and not value & ((1 << size) - 1):
                return f"{value >> size} {unit}"
    if name.endswith("_SECONDS"):
        return f"{value} s"
    return f"{value:,}"


def check_limits():
    values = {name: int(n) << int(shift or 0) for name, n, shift in re.findall(
        r"^#define LIMIT_(\w+)\s+\(?(\d+)u(?: << (\d+)\))?$",
        read("include", "weir", "limits.h"), re.M)}
    complaints = []
    for page, names in LIMITS.items():
        text = read("packaging", "man", page)
        complaints += [
            f"{in_words(n, values[n])} of LIMIT_{n} is not in {page}"
            for n in names if not re.search(
                rf"\b{in_words(n, values[n])}\b", text)]
    fact("limits stand in the manual", complaints)


def check_status():
    coded = set(re.findall(
        r'json_object_set_new\(\s*\w+,\s*"(\w+)"',
        read("src", "report", "status.c")
        + read("src", "apply", "live_status.c")))
    both_ways("every member of the status stands in weir(1)",
              quoted("STATUS AS JSON"), coded, 60)


def help_of(command):
    done = subprocess.run([WEIR, command, "--help"], capture_output=True,
                          text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def commands():
    done = subprocess.run([WEIR, "--help"], capture_output=True, text=True,
                          check=False)
    return re.findall(r"^  ([a-z]+) ", done.stdout, re.M)


def check_options():
    page = read("packaging", "man", "weir.1")
    complaints = [] if "run" in commands() else ["weir --help lists nothing"]
    for command in commands():
        text = help_of(command)
        if text is None:
            complaints.append(f"weir {command} --help fails")
            continue
        options = re.findall(r"^ {2,6}(?:-(\w), )?--([a-z-]+)", text, re.M)
        for letter, name in options:
            if not re.search(rf"\bFl Fl {name}\b", page):
                complaints.append(f"{command}: --{name} is not in weir(1)")
            if letter and not re.search(rf"^\.It Fl {letter}\b", page, re.M):
                complaints.append(f"{command}: -{letter} is not in weir(1)")
        if not re.search(rf"^\.It Cm {command}$", page, re.M):
            complaints.append(f"{command} is not in weir(1)")
    fact("every option of --help stands in weir(1)", complaints)
    words = " ".join(re.findall(r"commands\+?='([^']*)'", read(
        "packaging", "completion", "weir.bash"))).split()
    fact("the shell completes every command",
         [] if words == commands() else [f"{words}, not {commands()}"])


def check_example(name, text):
    """weir reads it: `check --syntax` complains of nothing but the template,
    which is not there."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "weir.ini")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        done = subprocess.run([WEIR, "check", "--syntax", "-c", path],
                              capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        fact(f"{name} is a good configuration",
             [] if re.search(r"its source \S+ does not exist", said)
             else [said])


def check_examples():
    page = read("packaging", "man", "weir.ini.5")
    block = re.search(r"^\.Sh EXAMPLES\n\.Bd -literal\n(.*?)^\.Ed", page,
                      re.S | re.M).group(1)
    check_example("the example of weir.ini(5)", block)
    example = read("packaging", "weir.ini")
    check_example("packaging/weir.ini", example)
    section, complaints = None, []
    for line in example.splitlines():
        section = (re.findall(r"^\[(\w+)", line) or [section])[0]
        key, value = (re.findall(r"^# (\w+) = (\S*)", line) or [("", "")])[0]
        preset = tables().get(section, {}).get(key)
        if preset and value != preset:
            complaints.append(f"[{section}] {key}: {value}, not {preset}")
    fact("what packaging/weir.ini has as a default is one", complaints)
    check_example("packaging/weir.ini with every key in it", re.sub(
        r"^# (\w+ = )", r"\1", example, flags=re.M).replace("datacenter =",
                                                           "datacenter = x"))


def check_form():
    for page in (PAGE_1, PAGE_5):
        name = f"{os.path.basename(page)} is clean"
        if shutil.which("mandoc"):
            done = subprocess.run(
                ["mandoc", "-Tlint", "-W", "warning", page],
                capture_output=True, text=True, check=False)
        elif shutil.which("man"):
            done = subprocess.run(
                ["man", "--warnings", "-l", page], capture_output=True,
                text=True, check=False, env={**os.environ, "PAGER": "cat"})
        else:
            skip(name, "neither mandoc nor man is installed")
            continue
        said = done.stderr if "man" == done.args[0] else (
            done.stdout + done.stderr)
        fact(name, said.splitlines())


def check_unit():
    name = f"weir.service has an exposure of at most {EXPOSURE_MOST}"
    if not shutil.which("systemd-analyze"):
        skip(name, "systemd-analyze is not installed")
        return
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", UNIT],
        capture_output=True, text=True, check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"})
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)",
                      done.stdout)
    if not level:
        fact(name, [done.stdout + done.stderr])
        return
    fact(name, [] if float(level.group(1)) <= EXPOSURE_MOST
         else [f"it is {level.group(1)}"])
    unit = read("packaging", "systemd", "weir.service")
    fact("weir.service is only ordered beside haproxy.service",
         [line for line in unit.splitlines()
          if re.match(r"(PartOf|BindsTo|Requires|Requisite|Conflicts)=",
                      line)])


def check_install():
    """What lies in packaging/ for the machine goes there."""
    done = subprocess.run(["make", "-n", "install", "DESTDIR=/none"], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    fact("make install puts every unit, page and the service's user in place",
         [f"{folder}/{name} is not installed"
          for folder in ("systemd", "man", "completion")
          for name in sorted(os.listdir(os.path.join(
              ROOT, "packaging", folder)))
          if f"packaging/{folder}/{name}" not in done.stdout])


def main():
    check_keys()
    check_variables()
    check_metrics()
    check_status()
    check_limits()
    if os.access(WEIR, os.X_OK):
        check_options()
        check_examples()
    else:
        skip("options and examples", f"{WEIR} is not built")
    check_form()
    check_unit()
    check_install()
    tail = f", {skipped} skipped" if skipped else ""
    print(f"{passed} passed, {failed} failed{tail}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
