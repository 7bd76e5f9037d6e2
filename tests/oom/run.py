#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Renders the template cases with memory that runs out: see oom.c.

usage: tests/oom/run.py [--build DIR] [--sample N|all] [--seed N]
                        [--few] [PREFIX …]

What is found is printed with the words that repeat it:

    cd tests/template && ../../build/oom at=N -- render …
"""
import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SCALE = float(os.environ.get("WEIR_TEST_SCALE", "1"))

spec = importlib.util.spec_from_file_location(
    "cases", os.path.join(ROOT, "tests", "template", "run.py"))
cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cases)

# What `make test` has time for, two seconds: one of each kind of memory's users
# that start no program and hash nothing.
FEW = ["consul/connect", "func/yaml-round-trip", "func/sockaddr-forms",
       "sprig/float-maths"]

TALLY = re.compile(r"case (\S+): (\d+) places, (\d+) same, (\d+) ended, "
                   r"(\d+) refused, (\d+) findings")

# They make keys, which takes a second each time, or hash as slowly as they can.
SLOW = ("sprig/certificates-generated", "sprig/keys-and-certificates",
        "sprig/gen-", "sprig/bcrypt", "sprig/derive-password")


def line_of(case, folder):
    """The case as oom reads it."""
    ini = os.path.join(folder, case.name.replace("/", "-") + ".ini")
    with open(ini, "w", encoding="utf-8") as f:
        f.write(case.config(folder, None))
    words = [case.name]
    words += [f"{k}={v}" for k, v in case.environment().items()]
    words += ["--", "render", "--stdout", "--from", cases.WORLD, "-c", ini,
              "--timeout", "10s"]
    return "\t".join(words) + "\n"


def select(args):
    chosen = argparse.Namespace(
        consul=None, without=[], prefix=args.prefix or args.few and FEW)
    return [c for c in cases.select(chosen)
            if not c.name.startswith(SLOW) and not any("\t" in v or "\n" in v or "=" not in f"{k}={v}"
                       for k, v in c.environment().items())]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--sample", default="3", metavar="N",
                        help="places of each case beside the new ones; all")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--few", action="store_true",
                        help="only what `make test` has time for")
    parser.add_argument("prefix", nargs="*",
                        help="a family, or the beginning of FAMILY/NAME")
    return parser.parse_intermixed_args()


def main():
    args = arguments()
    program = os.path.join(os.path.abspath(args.build), "oom")
    env = {"PATH": os.environ["PATH"],
           "ASAN_OPTIONS": "exitcode=99",
           "UBSAN_OPTIONS": "exitcode=99",
           "LSAN_OPTIONS": f"suppressions={HERE}/leaks.supp:"
                           "print_suppressions=0"}
    total = {"places": 0, "tried": 0, "findings": 0}
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="weir-oom-") as folder:
        listed = os.path.join(folder, "cases")
        with open(listed, "w", encoding="utf-8") as f:
            f.writelines(line_of(c, folder) for c in select(args))
        with open(listed, encoding="utf-8") as f:
            child = subprocess.Popen(
                [program, args.sample, args.seed], stdin=f, env=env,
                cwd=os.path.join(ROOT, "tests", "template"), text=True,
                stdout=subprocess.PIPE, errors="replace")
        for line in child.stdout:
            tally = TALLY.match(line)
            if not tally:
                print("    " + line, end="", flush=True)
                continue
            places, *counts = (int(n) for n in tally.groups()[1:])
            total["places"] += places
            total["tried"] += sum(counts)
            total["findings"] += counts[-1]
            passed += not counts[-1]
            failed += bool(counts[-1])
            if counts[-1]:
                print(f"not ok oom/{tally[1]}", flush=True)
        code = child.wait()
    if total["findings"]:
        print(f"# cd tests/template; {program} at=N -- COMMAND")
    if code not in (0, 1) or not passed + failed:
        print(f"not ok oom: exit {code}")
        failed += 1
    print(f"# {total['tried']} of {total['places']} allocations failed, "
          f"{total['findings']} findings")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
