"""How threads wait is chosen before torch is loaded, by how busy the machine is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reverie.threads import ASLEEP, CHOSEN_BY, SPINNING_BRIEFLY, is_idle

WATCH = """
import builtins, os
plain = builtins.__import__
def watched(name, *rest, **more):
    if name.split(".")[0] == "torch":
        names = "OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"
        print(*map(os.environ.get, names), flush=True)
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


WAYS = [
    ["None", *SPINNING_BRIEFLY.values()],
    [ASLEEP["OMP_WAIT_POLICY"], "None", ASLEEP["KMP_BLOCKTIME"]],
]
"""Spinning and asleep, as OMP_WAIT_POLICY, GOMP_SPINCOUNT and KMP_BLOCKTIME say them."""


@pytest.mark.parametrize(
    "start",
    ["import reverie.training.train", "import reverie.models.products", "import tests.conftest"],
)
def test_it_is_set_before_torch_is_loaded(start: str) -> None:
    assert told(start) in WAYS


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("OMP_WAIT_POLICY", "active", ["active", "None", "None"]),
        ("GOMP_SPINCOUNT", "9", ["None", "9", "None"]),
    ],
)
def test_what_a_person_has_set_stays(name: str, value: str, found: list[str]) -> None:
    assert told("import reverie.models.products", **{name: value}) == found


def test_beside_other_work_threads_wait_asleep() -> None:
    processors = os.cpu_count() or 1
    others = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processors)
    ]
    try:
        assert told("import reverie.models.products") == WAYS[1]
    finally:
        for one in others:
            one.kill()
            one.wait()


@pytest.mark.parametrize(("running", "idle"), [("1", True), ("9999", False), ("many", False)])
def test_idle_is_when_nothing_else_runs(tmp_path: Path, running: str, idle: bool) -> None:
    told = tmp_path / "stat"
    told.write_text(f"cpu 1 2 3\nprocs_running {running}\nprocs_blocked 0\n")
    assert is_idle(told) is idle


def test_where_nothing_tells_it_is_not_idle(tmp_path: Path) -> None:
    assert not is_idle(tmp_path / "stat")
