#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs flow scenarios: each test_… function of each tests/flow/NAME.py.

usage: run.py [--jobs N] [--keep] [--list] [--matrix] [--limit SECONDS]
              [NAME | NAME/PART-OF-TEST …]

Each runs in a process of its own, in its own folder, and is ended with all
that it started when it takes too long. WEIR is the program under test,
WEIR_TEST_SCALE stretches every patience, WEIR_TEST_LIMIT is the default of
--limit (120), WEIR_TEST_HAPROXY chooses a version;
--matrix leaves out the scenarios that start no HAProxy.
"""
import argparse
import ast
import concurrent.futures
import glob
import importlib.util
import os
import signal
import subprocess
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from lib.scenario import Scenario, Skip  # noqa: E402
from lib.wait import seconds  # noqa: E402

# Seconds a scenario may take.
LIMIT = float(os.environ.get("WEIR_TEST_LIMIT", "120"))
PASSED, FAILED, SKIPPED = 0, 1, 77


def names_in(node):
    """Every name and attribute that a piece of a file mentions."""
    return {n.id if isinstance(n, ast.Name) else n.attr
            for n in ast.walk(node)
            if isinstance(n, (ast.Name, ast.Attribute))}


def with_haproxy(tree):
    """Names of a file's functions and classes that get to t.haproxy()."""
    parts = {n.name: names_in(n) for n in tree.body
             if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    found = {"haproxy"}
    while more := {p for p in parts.keys() - found if parts[p] & found}:
        found |= more
    return found


def scenarios(matrix=False):
    """(file, test) of every scenario there is, in the files' order."""
    found = []
    for path in sorted(glob.glob(os.path.join(HERE, "*.py"))):
        name = os.path.basename(path)[:-3]
        if name == "run":
            continue
        with open(path, encoding="utf-8") as f:
            tree = ast.parse(f.read(), path)
        found += [(name, n.name) for n in tree.body
                  if isinstance(n, ast.FunctionDef)
                  and n.name.startswith("test_")
                  and (not matrix or n.name in with_haproxy(tree))]
    return found


def is_wanted(name, test, wanted):
    return not wanted or any(
        name == w or (w.startswith(name + "/")
                      and w[len(name) + 1:] in test) for w in wanted)


# --- one scenario, in a process of its own ----------------------------------

def load(name):
    spec = importlib.util.spec_from_file_location(
        name, os.path.join(HERE, name + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def play(name, test, keep):
    """Runs one scenario here; PASSED, FAILED or SKIPPED."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("took too long"))
    t = Scenario()
    verdict = FAILED
    try:
        getattr(load(name), test)(t)
        verdict = PASSED
    except Skip as why:
        print(why)
        verdict = SKIPPED
    except BaseException:
        traceback.print_exc(file=sys.stdout)
    wrong = t.close()
    for line in wrong:
        print(line)
    if wrong:
        verdict = FAILED
    if verdict == FAILED:
        print(t.logs())
    if keep:
        print(f"kept in {t.dir}")
    else:
        t.remove()
    return verdict


# --- all of them ------------------------------------------------------------

def spawn(name, test, args):
    """(verdict, output, seconds) of one scenario."""
    began = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, os.path.abspath(__file__), "--play", f"{name}/{test}"]
        + (["--keep"] if args.keep else []),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output, _ = child.communicate(timeout=seconds(args.limit))
    except subprocess.TimeoutExpired:
        child.terminate()
        try:
            output, _ = child.communicate(timeout=seconds(30))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            output, _ = child.communicate()
    return (child.returncode, output.decode(errors="replace"),
            time.monotonic() - began)


def report(name, test, result):
    verdict, output, took = result
    on = os.environ.get("WEIR_TEST_HAPROXY", "")
    title = (f"flow{on and '@' + on}/{name}: "
             f"{test[len('test_'):].replace('_', ' ')}")
    detail = "    " + output.rstrip().replace("\n", "\n    ")
    if verdict == PASSED:
        print(f"ok {title} ({took:.1f} s)")
    elif verdict == SKIPPED:
        print(f"ok {title} # skip {output.strip()}")
    else:
        print(f"not ok {title}\n{detail}")
    if verdict == PASSED and output.strip():
        print(detail)
    sys.stdout.flush()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", action="store_true",
                        help="keep the folders, and say where they are")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--matrix", action="store_true",
                        help="only those that start a HAProxy")
    parser.add_argument("--limit", type=float, default=LIMIT,
                        help="seconds that each may take")
    parser.add_argument("--play", help=argparse.SUPPRESS)
    parser.add_argument("name", nargs="*")
    return parser.parse_intermixed_args()


def main():
    args = arguments()
    if args.play:
        return play(*args.play.split("/"), args.keep)
    chosen = [s for s in scenarios(args.matrix) if is_wanted(*s, args.name)]
    if args.list:
        print("\n".join("/".join(s) for s in chosen))
        return 0
    if not chosen:
        sys.exit("run.py: no such scenario")
    counts = {PASSED: 0, FAILED: 0, SKIPPED: 0}
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        todo = {pool.submit(spawn, *s, args): s for s in chosen}
        for done in concurrent.futures.as_completed(todo):
            report(*todo[done], done.result())
            verdict = done.result()[0]
            counts[verdict if verdict in counts else FAILED] += 1
    skipped = f", {counts[SKIPPED]} skipped" if counts[SKIPPED] else ""
    print(f"{counts[PASSED]} passed, {counts[FAILED]} failed{skipped}")
    return 1 if counts[FAILED] else 0


if __name__ == "__main__":
    sys.exit(main())
