# SPDX-License-Identifier: MIT
"""Waiting for a condition, never for a time to pass.

Every patience of the tests goes through here, and so through one variable:
WEIR_TEST_SCALE=3 makes them all three times as long.
"""
import os
import time

SCALE = float(os.environ.get("WEIR_TEST_SCALE", "1"))
PATIENCE = 15.0
POLL = 0.02


class TimedOut(AssertionError):
    """A condition did not come true in time."""


def seconds(value):
    """`value` seconds on the machine at hand."""
    return value * SCALE


def until(condition, what, patience=PATIENCE):
    """Waits until condition() is true and returns what it gave.

    A refused connection or an assertion inside it counts as "not yet".
    """
    end = time.monotonic() + seconds(patience)
    last = None
    while True:
        try:
            got = condition()
            if got:
                return got
        except (OSError, AssertionError, ValueError) as error:
            last = error
        if time.monotonic() > end:
            raise TimedOut(f"waited {seconds(patience):g} s in vain for "
                           + what + (f" (last: {last!r})" if last else ""))
        time.sleep(POLL)


def holds(condition, what, during):
    """Asserts that condition() stays true for `during` seconds."""
    end = time.monotonic() + seconds(during)
    while time.monotonic() < end:
        assert condition(), f"no longer so: {what}"
        time.sleep(POLL)
