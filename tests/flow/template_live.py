# SPDX-License-Identifier: MIT
"""Template cases whose data come from real Consuls that hold the world."""
import json
import os
import subprocess
import sys

from lib.weir import PROGRAM

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                     "template")


def load_world(t):
    """Two datacenters that know each other; the address of the local one."""
    first = t.consul()
    second = t.consul(datacenter="dc2", join=first)
    with open(os.path.join(CASES, "world.json"), encoding="utf-8") as f:
        world = json.load(f)
    first.load(world)
    second.load(world["Remote"][0])
    t.until(lambda: first.get("/v1/catalog/service/consul?dc=dc2"),
            "the other datacenter to answer")
    return first.address


def run_cases(t, *prefixes):
    done = subprocess.run(
        [sys.executable, os.path.join(CASES, "run.py"), "-v", "--weir",
         PROGRAM, "--consul", load_world(t), *prefixes],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cases_that_need_a_real_consul(t):
    run_cases(t, "live")


def test_patient_cases_wait_for_a_real_consul(t):
    run_cases(t, "patient")


def test_health_and_catalog_cases_on_a_real_consul(t):
    run_cases(t, "consul/service", "consul/node", "consul/connect",
              "consul/datacenters", "consul/key", "consul/ls", "consul/tree")
