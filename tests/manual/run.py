#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs every example of the manual pages and says which differ.

In weir-template(7) an example is a block behind a line `.\\" examples`. In it
stand the lines of a template and under them what weir makes of it:

  => TEXT   a line of the output
  =~ TEXT   a line of the output of this shape (times, random values)
  =! TEXT   the template fails, and standard error has this in a line
  =? TEXT   the template waits, and standard error names this

What follows these lines, perhaps after an empty one, is the next template. Each is rendered with
catalog.json, which the page shows, in a folder of its own.

Every function stands in the page, none stands there that does not exist, and
each is called by an example of its own item, unless the item says why not:
`.\\" no example NAME: WHY`.
"""
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WEIR = os.environ.get("WEIR", os.path.join(ROOT, "build", "weir"))
MAN = os.path.join(ROOT, "packaging", "man")
PAGE = os.path.join(MAN, "weir-template.7")
CATALOG = os.path.join(HERE, "catalog.json")
SCALE = float(os.environ.get("WEIR_TEST_SCALE", "1"))

# What the examples find around them, as the page says.
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent",
               "TZ": "UTC", "STAGE": "test", "NOTHING": ""}
FILES = {"motd.txt": "Welcome\n"}

MARKS = ("=>", "=~", "=!", "=?")
ESCAPES = {r"\e": "\\", r"\&": "", r"\-": "-", r"\(aq": "'", r"\(ga": "`",
           r"\(ha": "^", r"\(ti": "~", r"\(dq": '"'}

passed = failed = skipped = 0


def fact(name, complaint):
    """Prints what became of one fact; complaint: "" if it holds."""
    global passed, failed
    if complaint:
        failed += 1
        print(f"not ok {name}")
        print("    " + complaint.rstrip("\n").replace("\n", "\n    "))
    else:
        passed += 1
        print(f"ok {name}")


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def plain(line):
    """A line of a literal block as the reader sees it."""
    return re.sub(r"\\(\(..|\[u[0-9A-F]+\]|.)", lambda m:
                  chr(int(m.group(1)[2:-1], 16))
                  if m.group(1).startswith("[u") else ESCAPES[m.group(0)],
                  line)


class Example:
    """A template, where it stands, and what the page says of it."""

    def __init__(self, path, line):
        self.where = f"{os.path.basename(path)}:{line}"
        self.template = []
        self.said = []              # (mark, text)


def examples_of(lines, path, first):
    """The examples of one block that begins at line `first`."""
    found, current = [], None
    for at, line in enumerate(lines):
        text = plain(line)
        mark = text[:2] if text[:2] in MARKS and text[2:3] in ("", " ") \
            else None
        if not text and (current is None or current.said):
            continue
        if mark is None and (current is None or current.said):
            current = Example(path, first + at)
            found.append(current)
        if mark is None:
            current.template.append(text)
        elif current is None:
            raise ValueError(f"{path}:{first + at}: a result of nothing")
        else:
            current.said.append((mark, text[3:]))
    return found


class Item:
    """The functions of one `.It` and what stands below it."""

    def __init__(self, names, line):
        self.names, self.line = names, line
        self.examples, self.excused = [], {}


def parse_page(path):
    """(examples, items of functions, the catalog that is shown)"""
    examples, items, catalog = [], [], None
    lines = read(path).split("\n")
    at, functions = 0, False
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith((".Sh ", ".Ss ")):
            functions = False
        elif line == r'.\" functions':
            functions = True
        elif functions and line.startswith(".It Ic "):
            items.append(Item(re.findall(r"\bIc (\w+)", line), at))
        elif line.startswith(r'.\" no example ') and items:
            name, _, why = line[len(r'.\" no example '):].partition(": ")
            items[-1].excused[name] = why
        elif line in (r'.\" examples', r'.\" catalog'):
            if not lines[at].startswith(".Bd -literal"):
                raise ValueError(f"{path}:{at}: no block follows")
            end = lines.index(".Ed", at)
            block = lines[at + 1:end]
            if line == r'.\" catalog':
                catalog = "\n".join(map(plain, block)) + "\n"
            else:
                found = examples_of(block, path, at + 2)
                examples += found
                if functions and items:
                    items[-1].examples += found
            at = end + 1
    return examples, items, catalog


# --- running ----------------------------------------------------------------

def render(template, catalog=CATALOG):
    """weir render --stdout: (status, stdout, stderr)"""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**FILES, "example.tmpl": template}.items():
            with open(os.path.join(folder, name), "w",
                      encoding="utf-8") as f:
                f.write(text)
        done = subprocess.run(
            [WEIR, "render", "--stdout", "--from", catalog, "--timeout",
             f"{int(300 * SCALE)}ms", "-t", "example.tmpl"],
            cwd=folder, env=ENVIRONMENT, capture_output=True, check=False,
            stdin=subprocess.DEVNULL, timeout=60 * SCALE)
    return (done.returncode, done.stdout.decode(errors="replace"),
            done.stderr.decode(errors="replace"))


def shape(line):
    """Times and random values, as far as they repeat."""
    return re.sub(r"[A-Za-z0-9./+=]+", "x", line)


def same_output(said, stdout):
    lines = stdout.split("\n")
    if lines[-1] == "":
        lines.pop()
    return len(lines) == len(said) and all(
        text == line if mark == "=>" else shape(text) == shape(line)
        for (mark, text), line in zip(said, lines))


def judge(example):
    """What is wrong with it, "" if nothing is."""
    status, stdout, stderr = render("\n".join(example.template) + "\n")
    seen = (f"{chr(10).join(example.template)}\n--- the page\n"
            + "\n".join(f"{m} {t}" for m, t in example.said)
            + f"\n--- weir, exit {status}\n{stdout}{stderr}")
    marks = {mark for mark, _ in example.said}
    if marks <= {"=>", "=~"}:
        return "" if status == 0 and marks and same_output(
            example.said, stdout) else seen
    if len(marks) != 1 or status != 1:
        return seen
    waits = "has no answer for" in stderr
    good = waits == (marks == {"=?"}) and all(
        text in stderr for _, text in example.said)
    return "" if good else seen


def check_examples(examples):
    workers = min(4, os.cpu_count() or 1)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for example, wrong in zip(examples, pool.map(judge, examples)):
            fact(f"{example.where} {example.template[0]}", wrong)


# --- the page is whole ------------------------------------------------------

def functions():
    """Every function: those of `weir check --functions`, and Go's own."""
    done = subprocess.run([WEIR, "check", "--functions"],
                          capture_output=True, text=True, check=True)
    listed = [line.split()[0] for line in done.stdout.splitlines()]
    own = re.findall(r'^\s+\{\{"(\w+)", ', read(
        os.path.join(ROOT, "src", "template", "builtin.c")), re.M)
    if len(listed) < 200 or len(own) < 15:
        raise ValueError("the functions could not be listed")
    return set(listed) | set(own)


def check_functions(items):
    told = [name for item in items for name in item.names]
    known = functions()
    fact("every function stands in the page",
         "\n".join(sorted(known - set(told))))
    fact("the page has no function that does not exist",
         "\n".join(sorted(set(told) - known)))
    fact("no function stands in the page twice",
         "\n".join(sorted({n for n in told if told.count(n) > 1})))
    missing = []
    for item in items:
        text = "\n".join(line for e in item.examples for line in e.template)
        missing += [f"{name} (line {item.line})" for name in item.names
                    if name not in item.excused
                    and not re.search(rf"(?<![\w.$]){name}\b", text)]
    fact("every function is called by an example of its item",
         "\n".join(missing))


def check_form():
    if not shutil.which("mandoc"):
        global skipped
        skipped += 1
        print("ok weir-template.7 is clean # SKIP mandoc is not installed")
        return
    done = subprocess.run(["mandoc", "-Tlint", PAGE], capture_output=True,
                          text=True, check=False)
    said = [line for line in done.stdout.splitlines()
            if "referenced manual not found" not in line]
    fact("weir-template.7 is clean", "\n".join(said))


# --- the other pages --------------------------------------------------------

def block_behind(text, start):
    """The indented block of README.md whose first line is `start`."""
    lines = text.split("\n")
    at = lines.index("    " + start)
    found = []
    while at < len(lines) and (lines[at].startswith("    ")
                               or not lines[at]):
        found.append(lines[at][4:])
        at += 1
    return "\n".join(found).rstrip("\n") + "\n"


def check_readme():
    text = read(os.path.join(ROOT, "README.md"))
    template = block_behind(text, "# /etc/weir/templates/haproxy.cfg.tmpl")
    status, stdout, stderr = render(template)
    fact("the template of README.md renders",
         "" if status == 0 and "server web-1 10.0.0.1:8080 check" in stdout
         else stdout + stderr)
    ini = block_behind(text, "# /etc/weir/weir.ini")
    ini += block_behind(text, '[template "nginx"]')
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "source.tmpl")
        path = os.path.join(folder, "weir.ini")
        ini = re.sub(r"^source = .*$", f"source = {source}", ini, flags=re.M)
        for name, content in ((source, template), (path, ini)):
            with open(name, "w", encoding="utf-8") as f:
                f.write(content)
        done = subprocess.run([WEIR, "check", "--syntax", "-c", path],
                              capture_output=True, text=True, check=False)
    fact("the configuration of README.md passes check --syntax",
         "" if done.returncode == 0 else done.stdout + done.stderr)


def literal_blocks(path):
    return ["\n".join(map(plain, block.split("\n"))) for block in re.findall(
        r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed", read(path), re.S | re.M)]


def check_commands_page():
    """The catalog file and the message that weir(1) shows."""
    blocks = literal_blocks(os.path.join(MAN, "weir.1"))
    shown = next((b for b in blocks if b.startswith("{")), "")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "catalog.json")
        with open(path, "w", encoding="utf-8") as f:
            f.write(shown)
        status, stdout, stderr = render(
            '{{ key "app/name" }}{{ range service "web" }} '
            '{{ .Address }}:{{ .Port }}{{ end }}\n', path)
        fact("the catalog file of weir(1) can be read",
             "" if status == 0 and stdout == "shop 10.0.0.1:8080\n"
             else stdout + stderr)
        message = next((b for b in blocks if b.startswith("weir.ini:")),
                       "")
        lines = message.rstrip("\n").split("\n")
        number = int(re.match(r"weir\.ini:(\d+):", message).group(1))
        with open(os.path.join(folder, "weir.ini"), "w",
                  encoding="utf-8") as f:
            f.write("[consul]" + "\n" * (number - 1) + lines[1] + "\n")
        done = subprocess.run(
            [WEIR, "check", "--syntax", "-c", "weir.ini"], cwd=folder,
            capture_output=True, text=True, check=False)
    fact("the message of weir(1) is what weir says",
         "" if done.stderr.startswith(message) else done.stderr)


def main():
    examples, items, catalog = parse_page(PAGE)
    check_form()
    check_functions(items)
    fact("the page shows the catalog of its examples",
         "" if catalog and json.loads(catalog) == json.loads(read(CATALOG))
         else f"not that of {os.path.relpath(CATALOG, ROOT)}")
    check_examples(examples)
    check_readme()
    check_commands_page()
    tail = f", {skipped} skipped" if skipped else ""
    print(f"{passed} passed, {failed} failed{tail}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
