"""Threads wait asleep unless a person says otherwise, from before torch is loaded."""

import os
import subprocess
import sys

import pytest

from reverie.threads import ASLEEP, CHOSEN_BY

WATCH = """
import builtins, os
plain = builtins.__import__
def watched(name, *rest, **more):
    if name.split(".")[0] == "torch":
        print(*map(os.environ.get, ("OMP_WAIT_POLICY", "KMP_BLOCKTIME")), flush=True)
        os._exit(0)
    return plain(name, *rest, **more)
builtins.__import__ = watched
START
"""
"""Prints what torch would find, in place of loading it."""


def told(start: str, **chosen: str) -> list[str]:
    """What torch finds when `start` loads it."""
    environment = {name: value for name, value in os.environ.items() if name not in CHOSEN_BY}
    ran = subprocess.run(
        [sys.executable, "-c", WATCH.replace("START", start)],
        env=environment | chosen,
        check=True,
        capture_output=True,
        text=True,
    )
    return ran.stdout.split()


@pytest.mark.parametrize(
    "start",
    ["import reverie.training.loop", "import reverie.models.products", "import tests.conftest"],
)
def test_it_is_set_before_torch_is_loaded(start: str) -> None:
    assert told(start) == list(ASLEEP.values())


@pytest.mark.parametrize(
    ("name", "value", "policy"),
    [("OMP_WAIT_POLICY", "active", "active"), ("GOMP_SPINCOUNT", "9", "None")],
)
def test_what_a_person_has_set_stays(name: str, value: str, policy: str) -> None:
    assert told("import reverie.models.products", **{name: value}) == [policy, "None"]
