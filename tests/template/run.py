#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the template cases through a weir and says which differ.

Each case is one `weir render --stdout` in this folder, with the catalog file
world.json in place of Consul (or, with --consul, a real one that holds it):

  NAME.out   exit 0, and standard output is these bytes;
  NAME.err   exit 1, and a line of standard error is FILE:LINE:COLUMN: MESSAGE
             with the recorded line, column (where one was recorded) and
             message; an error without a line is its message alone;
  NAME.wait  exit 1, and standard error names each recorded dependency.
"""
import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "cases")
WORLD = os.path.join(HERE, "world.json")
SCALE = float(os.environ.get("WEIR_TEST_SCALE", "1"))

# What copying a tree loses first, and what cases then fail on.
LINKS = ["func-dirlink", "func-box/in-link", "func-box/out-link"]
SCRIPTS = ["func-plugin.sh", "func-fail.sh"]

# They were recorded as root, and another user is refused, by consul-template
# too.
ROOT = {"func/result-types": "sets the mode of /dev/null"}

RECORDED = re.compile(
    r"(?:parse|execute): template: :(\d+)(?::(\d+))?: (.*)", re.S)
# The sanitizer's; Go's own "runtime error: …" is a message like any other.
UNDEFINED = re.compile(r"\.(c|cc|h):\d+:\d+: runtime error:")
WITHOUT_PLACE = re.compile(r"^(?:parse|execute): (?:template: )?")


class Case:
    """One template and what became of it once."""

    def __init__(self, path):
        self.path = path
        self.stem = path[:-len(".tmpl")]
        self.name = os.path.relpath(self.stem, CASES)
        self.family = self.name.split("/")[0]
        self.kind = next((k for k in ("out", "err", "wait")
                          if os.path.exists(f"{self.stem}.{k}")), None)

    def options(self):
        try:
            with open(self.stem + ".json", encoding="utf-8") as f:
                return json.load(f)
        except FileNotFoundError:
            return {}

    def want(self):
        with open(f"{self.stem}.{self.kind}", "rb") as f:
            return f.read()

    def text(self):
        with open(self.path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def config(self, folder, consul):
        """The ini of this case; everything it may write is in `folder`."""
        options = self.options()
        lines = [f"[consul]\naddress = http://{consul}"] if consul else []
        lines += [f"[state]\npath = {folder}/state",
                  '[template "case"]',
                  f"source = {self.path}",
                  f"destination = {folder}/out"]
        for key in ("left_delimiter", "right_delimiter", "sandbox_path"):
            if key in options:
                lines.append(f"{key} = {options[key]}")
        if options.get("error_on_missing_key"):
            lines.append("error_on_missing_key = true")
        if "function_denylist" in options:
            denied = " ".join(options["function_denylist"])
            lines.append(f"function_denylist = {denied}")
        return "\n".join(lines) + "\n"

    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": "/nonexistent",
                "TZ": "UTC", **self.options().get("env", {})}


def same_error(want, stderr, path):
    """Does stderr hold the recorded error, at the recorded place?"""
    base = os.path.basename(path)
    stderr = stderr.replace(path, base).replace(f'"{base}"', '""')
    recorded = RECORDED.match(want.strip())
    if not recorded:
        return WITHOUT_PLACE.sub("", want.strip()) in stderr
    line, column, message = recorded.groups()
    lines = message.split("\n")
    said = re.finditer(rf"{re.escape(base)}:{line}:(\d+): (.*)", stderr)
    return (any(s.group(2).startswith(lines[0])
                and column in (None, s.group(1)) for s in said)
            and all(text in stderr for text in lines))


# What the service "consul" of the recorded agents listened on: of the one that
# was asked, of the other datacenter's.
RECORDED_PORTS = (b":8300", b":18300")


def show(want, got):
    return f"--- want\n{want.rstrip()}\n--- got\n{got.rstrip()}"


def judge(case, status, stdout, stderr):
    """(None, "") when all is well, otherwise (why, what was seen)."""
    want = case.want()
    wanted = want.decode(errors="replace")
    if status < 0 or "Sanitizer" in stderr or UNDEFINED.search(stderr):
        return f"crashed ({status})", stderr
    if case.kind == "out":
        if status != 0:
            return f"exit {status}, not 0", stderr
        if stdout != want:
            return "output differs", show(wanted,
                                          stdout.decode(errors="replace"))
        return None, ""
    if status != 1:
        return f"exit {status}, not 1", show(wanted, stderr)
    if case.kind == "err":
        same = same_error(wanted, stderr, case.path)
    else:
        same = all(name in stderr for name in wanted.split("\n"))
    return (None, "") if same else ("message differs", show(wanted, stderr))


def run(case, args):
    if case.kind is None:
        return "has no expectation", ""
    source = [] if args.consul else ["--from", WORLD]
    patience = (2 if args.consul else 1) * SCALE
    with tempfile.TemporaryDirectory(prefix="weir-case-") as folder:
        ini = os.path.join(folder, "case.ini")
        with open(ini, "w", encoding="utf-8") as f:
            f.write(case.config(folder, args.consul))
        try:
            done = subprocess.run(
                [args.weir, "render", "--stdout", *source, "-c", ini,
                 "--timeout", f"{int(patience * 1000)}ms"],
                cwd=HERE, env=case.environment(), stdin=subprocess.DEVNULL,
                capture_output=True, timeout=30 * SCALE, check=False)
        except subprocess.TimeoutExpired:
            return "hangs", ""
    stdout = done.stdout
    for port, recorded in zip(args.agent_port, RECORDED_PORTS):
        stdout = stdout.replace(b":%d" % port, recorded)
    return judge(case, done.returncode, stdout,
                 done.stderr.decode(errors="replace"))


def select(args):
    found = [Case(os.path.join(folder, name))
             for folder, _, names in os.walk(CASES)
             for name in names if name.endswith(".tmpl")]
    return sorted(
        (c for c in found
         if (args.consul or c.family != "live")
         and (not args.prefix or c.name.startswith(tuple(args.prefix)))
         and not any(text in c.text() for text in args.without)),
        key=lambda c: c.name)


def damage():
    """What the copy of files/ has lost."""
    files = os.path.join(HERE, "files")
    return ([f"files/{f} is no symlink" for f in LINKS
             if not os.path.islink(os.path.join(files, f))]
            + [f"files/{f} is not executable" for f in SCRIPTS
               if not os.access(os.path.join(files, f), os.X_OK)])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weir", default=os.path.join(
        HERE, "..", "..", "build", "weir"), help="the program under test")
    parser.add_argument("--consul", metavar="HOST:PORT",
                        help="a real Consul that holds world.json")
    parser.add_argument("--agent-port", type=int, metavar="PORT",
                        action="append", default=[],
                        help="of that Consul's own service, and then of the "
                             "other datacenter's; the cases were recorded "
                             "with 8300 and 18300")
    parser.add_argument("--without", metavar="TEXT", action="append",
                        default=[], help="leave out templates with TEXT")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("-v", action="store_true",
                        help="show what was wanted and what came")
    parser.add_argument("prefix", nargs="*",
                        help="a family, or the beginning of FAMILY/NAME")
    args = parser.parse_intermixed_args()
    args.weir = os.path.abspath(args.weir)
    return args


def main():
    args = arguments()
    lost = damage()
    if lost:
        sys.exit("run.py: the cases were damaged by copying: "
                 + "; ".join(lost))
    if not os.access(args.weir, os.X_OK):
        sys.exit(f"run.py: no program at {args.weir}")
    cases = select(args)
    for prefix in args.prefix or [""]:
        if not any(c.name.startswith(prefix) for c in cases):
            sys.exit(f"run.py: no such case: {prefix}")
    skipped = [c for c in cases if os.geteuid() and c.name in ROOT]
    for case in skipped:
        print(f"ok {case.name} # skip not root, and it {ROOT[case.name]}")
    cases = [c for c in cases if c not in skipped]
    families = {}
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        results = pool.map(lambda c: run(c, args), cases)
        for case, (why, detail) in zip(cases, results):
            passed = families.setdefault(case.family, [0, 0])
            passed[bool(why)] += 1
            if why:
                print(f"not ok {case.name}: {why}", flush=True)
            if why and args.v and detail:
                print("    " + detail.rstrip().replace("\n", "\n    "))
    for family, (good, bad) in sorted(families.items()):
        print(f"{'not ok' if bad else 'ok'} template/{family}: "
              f"{good} of {good + bad}")
    bad = sum(f[1] for f in families.values())
    print(f"{len(cases) - bad} passed, {bad} failed, {len(skipped)} skipped")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
