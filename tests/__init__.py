"""Tests run side by side, one on each core: all that counts its threads counts one.

Set before numpy and torch are imported, and inherited by whatever a test starts.
"""

import os

import reverie  # noqa: F401  how threads wait is set before torch is loaded too

os.environ["OMP_NUM_THREADS"] = "1"
