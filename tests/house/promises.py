#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every test that docs/promises.md names is there, and each promise has one."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
NAME = re.compile(r"(flow|unit|fault)/(\w+): (\w+)")


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def is_there(suite, file, name):
    try:
        if suite == "flow":
            return f"def test_{name}(" in read("tests", "flow", file + ".py")
        if suite == "fault":
            return f'name = "{name}"' in read("tests", "fault", file + ".py")
        text = read("tests", "unit", f"test_{file}.c")
    except FileNotFoundError:
        return False
    # defined, and on the list of those that are run
    return len(re.findall(rf"\b{name}\b", text)) >= 2


def main():
    rows = [line for line in read("docs", "promises.md").splitlines()
            if line.startswith("| ") and line != "| promise | tests |"]
    failed = 0
    for row in rows:
        _, promise, tests, _ = (cell.strip() for cell in row.split("|"))
        named = NAME.findall(tests)
        missing = [f"{s}/{f}: {n}" for s, f, n in named
                   if not is_there(s, f, n)]
        good = named and not missing and len(named) == len(
            tests.split(" · "))
        failed += not good
        print(f"{'ok' if good else 'not ok'} promise: {promise[:60]}")
        for name in missing:
            print(f"    there is no {name}")
    print(f"{len(rows) - failed} passed, {failed} failed")
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
