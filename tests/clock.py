"""Another clock for modules under test."""

import sys
import time
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest


def set_clock(
    monkeypatch: pytest.MonkeyPatch, *modules: ModuleType, **clocks: Callable[[], float]
) -> None:
    """Give other clocks to these modules, and to the modules of these packages, alone.

    The module `time` itself is shared by all threads: a server that a test before this one left
    running would compute its waits with the clock of this test, and wait for days.

    Args:
        monkeypatch: puts the real clocks back.
        modules: each holds `time`, or modules in it do.
        clocks: `monotonic`, `time` and so on.
    """
    stand_in = SimpleNamespace(**{**vars(time), **clocks})
    names = tuple(module.__name__ for module in modules)
    within = tuple(f"{name}." for name in names)
    found = [
        module
        for name, module in sys.modules.items()
        if (name in names or name.startswith(within)) and getattr(module, "time", None) is time
    ]
    assert found
    for module in found:
        monkeypatch.setattr(module, "time", stand_in)
