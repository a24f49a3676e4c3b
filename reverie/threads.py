"""How OpenMP's threads wait for each other: spinning a moment, or asleep on a busy machine.

Left to itself, GNU's OpenMP spins for milliseconds while it waits for the next piece of work. On a
machine that does other work too, it spins in the time that the thread it waits for would need.
Asleep at once, threads lose nothing to other work, and a third of an idle machine's speed to being
woken. The libraries read these variables when they are loaded, so that they are set before torch
is. `benchmarks/busy.py` measures it.
"""

import os
import time
from pathlib import Path

SPINNING_BRIEFLY = {"GOMP_SPINCOUNT": "4000", "KMP_BLOCKTIME": "1"}
"""As long as it takes to wake a thread, about 0.1 ms: for GNU's OpenMP; and for LLVM's and Intel's,
which spins less harmfully, 1 ms."""
ASLEEP = {"OMP_WAIT_POLICY": "passive", "KMP_BLOCKTIME": "0"}
"""Of any OpenMP, and of LLVM's and Intel's."""
CHOSEN_BY = ("OMP_WAIT_POLICY", "KMP_BLOCKTIME", "GOMP_SPINCOUNT", "KMP_LIBRARY")
"""Variables by which a person chooses otherwise."""

_STATISTICS = Path("/proc/stat")
_READINGS, _READING_EVERY_SECONDS = 5, 0.001


def choose_waiting() -> None:
    """Say how OpenMP's threads wait, in this process and in those it starts.

    Nothing changes where a person has said it, or where torch is loaded already.
    """
    if not any(name in os.environ for name in CHOSEN_BY):
        os.environ.update(SPINNING_BRIEFLY if is_idle() else ASLEEP)


def is_idle(statistics: Path = _STATISTICS) -> bool:
    """Whether every processor of ours is free but for this process; False where nothing tells.

    Args:
        statistics: what Linux says of the processors. One reading of a few is enough, since
            something or other is always awake for an instant.
    """
    processors = os.cpu_count() or 1
    affinity = getattr(os, "sched_getaffinity", None)
    ours = len(affinity(0)) if affinity else processors
    for reading in range(_READINGS):
        if reading:
            time.sleep(_READING_EVERY_SECONDS)
        running = _running(statistics)
        if running is None:
            return False
        if running - 1 <= processors - ours:
            return True
    return False


def _running(statistics: Path) -> int | None:
    """Threads of the whole machine that have a processor or wait for one, this one among them."""
    try:
        for line in statistics.read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(" ")
            if name == "procs_running":
                return int(value)
    except (OSError, ValueError):
        pass
    return None
