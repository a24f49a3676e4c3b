"""Garbage is looked for less often, and not in what is loaded, and still found."""

import subprocess
import sys

SCRIPT = """
import gc, weakref
from reverie.garbage import leave_what_is_loaded, look_seldom

before = gc.get_threshold()[0]
look_seldom()
assert gc.isenabled() and gc.get_threshold()[0] > before
leave_what_is_loaded()
assert gc.get_freeze_count() > 1000

class Ring: pass

gone = []
for _ in range(20_000):
    ring = Ring()
    ring.itself = ring
    gone.append(weakref.ref(ring))
print(sum(one() is None for one in gone) > 10_000)
"""


def test_rings_of_objects_are_found() -> None:
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True\n", "")
