#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which stage may know which: every #include against the design's table.

A public header says on its second line whose it is (/* stage: catalog). What
stands in src/STAGE/ belongs to that stage; a private header stays with the
files beside it.
"""
import glob
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

# What each may include the contracts of, besides its own and base's.
MAY = {
    "base": [],
    "config": [],
    "http": [],
    "template": [],
    "catalog": ["template"],
    "consul": ["config", "http", "catalog"],
    "plan": ["config", "catalog", "template"],
    "haproxy": [],
    "apply": ["config", "plan", "haproxy"],
    "report": ["config", "http", "template", "catalog", "consul", "plan",
               "haproxy", "apply"],
    "cmd": ["config", "http", "template", "catalog", "consul", "plan",
            "haproxy", "apply", "report"],
}

# The engine has no loop and does no transfers.
FOREIGN = {"template": ["uv.h", "curl/curl.h", "microhttpd.h"],
           "catalog": ["uv.h", "curl/curl.h", "microhttpd.h"]}

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')
STAGE = re.compile(r"/\* stage: (\w+)")


def read_lines(path):
    with open(path, encoding="utf-8") as f:
        return f.read().splitlines()


def public_stages():
    """({header: stage}, [what is wrong with the headers])"""
    stages, wrong = {}, []
    for path in sorted(glob.glob(f"{ROOT}/include/weir/*.h")):
        name = os.path.basename(path)
        lines = read_lines(path)
        said = STAGE.match(lines[1]) if len(lines) > 1 else None
        if not said or said.group(1) not in MAY:
            wrong.append(f"include/weir/{name}:2: names no stage "
                         "(/* stage: NAME)")
            continue
        stages[name] = said.group(1)
    return stages, wrong


def objection(stage, folder, header, stages):
    """Why a file of `stage` may not have #include "header"; None if it may.

    folder is where its private headers lie, None for a public header.
    """
    if not header.startswith("weir/"):
        if folder and "/" not in header and os.path.exists(
                os.path.join(folder, header)):
            return None
        return f'"{header}" is no header of its own folder'
    owner = stages.get(header[len("weir/"):])
    if owner is None:
        return f'"{header}" is no public header'
    if owner in (stage, "base") or owner in MAY[stage]:
        return None
    return f'"{header}" is of {owner}, which {stage} may not know'


def judge(path, stage, folder, stages):
    """What is wrong with the includes of one file."""
    wrong = []
    for number, line in enumerate(read_lines(path), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        kind, header = found.groups()
        if kind == '"':
            why = objection(stage, folder, header, stages)
        else:
            why = (f"<{header}> has no place in {stage}"
                   if header in FOREIGN.get(stage, []) else None)
        if why:
            place = os.path.relpath(path, ROOT)
            wrong.append(f"{place}:{number}: {why}")
    return wrong


def check_stage(stage, stages):
    """(number of files, what is wrong)"""
    folder = f"{ROOT}/src/{stage}"
    files = sorted(p for e in ("c", "cc", "h")
                   for p in glob.glob(f"{folder}/*.{e}"))
    wrong = [w for p in files for w in judge(p, stage, folder, stages)]
    own = [h for h, owner in stages.items() if owner == stage]
    for header in own:
        wrong += judge(f"{ROOT}/include/weir/{header}", stage, None, stages)
    return len(files) + len(own), wrong


def check_folders():
    found = {os.path.basename(p.rstrip("/")) for p in glob.glob(
        f"{ROOT}/src/*/")}
    return [f"src/{f}: is no stage of the design"
            for f in sorted(found - set(MAY))]


def main():
    stages, wrong = public_stages()
    results = [("headers", len(stages), wrong + check_folders())]
    for stage in MAY:
        results.append((stage, *check_stage(stage, stages)))
    main_c = f"{ROOT}/src/main.c"
    if os.path.exists(main_c):
        results.append(("main.c", 1, judge(main_c, "cmd", None, stages)))
    failed = 0
    for name, count, wrong in results:
        failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} house/includes: {name} "
              f"({count} files)")
        for line in wrong:
            print("    " + line)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
