# SPDX-License-Identifier: MIT
"""Template cases whose data come from real Consuls that hold the world."""
import json
import os
import subprocess
import sys

from lib.weir import PROGRAM

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                     "template")


def agent_id(world):
    """The node id of a datacenter's agent."""
    return next(n["ID"] for n in world["Nodes"]
                if n["Node"] == world["Agent"])


def load_world(t):
    """Two datacenters that know each other, the local one first."""
    with open(os.path.join(CASES, "world.json"), encoding="utf-8") as f:
        world = json.load(f)
    first = t.consul(node_id=agent_id(world))
    second = t.consul(datacenter="dc2", join=first,
                      node_id=agent_id(world["Remote"][0]))
    first.load(world)
    second.load(world["Remote"][0])
    t.until(lambda: first.get("/v1/catalog/service/consul?dc=dc2"),
            "the other datacenter to answer")
    for consul in (first, second):
        t.until(lambda c=consul: c.get(f"/v1/catalog/node/{c.node}")["Node"]
                ["Meta"], "the agent to have registered all of its node")
    return first, second


def run_cases(t, *prefixes):
    consul, other = load_world(t)
    done = subprocess.run(
        [sys.executable, os.path.join(CASES, "run.py"), "-v", "--jobs", "6",
         "--weir", PROGRAM, "--consul", consul.address,
         "--agent-port", str(consul.ports["server"]),
         "--agent-port", str(other.ports["server"]), *prefixes],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cases_that_need_a_real_consul(t):
    run_cases(t, "live")


def test_patient_cases_wait_for_a_real_consul(t):
    run_cases(t, "patient")


def test_cases_of_the_catalog_file_on_a_real_consul(t):
    run_cases(t, "consul/")
