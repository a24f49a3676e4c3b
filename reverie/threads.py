"""How threads wait for each other: asleep, so that a busy machine loses nothing by it.

OpenMP's threads spin while they wait for the next piece of work. On a machine that has other work
too they spin in the time that the one they wait for would need. The libraries read these variables
when they are loaded, so that they are set before torch is.
"""

import os

ASLEEP = {"OMP_WAIT_POLICY": "passive", "KMP_BLOCKTIME": "0"}
"""Of any OpenMP, and of LLVM's and Intel's."""
CHOSEN_BY = (*ASLEEP, "GOMP_SPINCOUNT", "KMP_LIBRARY")
"""Variables by which a person chooses otherwise."""


def wait_asleep() -> None:
    """Have OpenMP's threads wait asleep in this process and in those it starts.

    Nothing changes where a person has set how they wait, or where torch is loaded already.
    """
    if not any(name in os.environ for name in CHOSEN_BY):
        os.environ.update(ASLEEP)
