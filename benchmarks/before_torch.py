"""Loads Reverie before torch, as its command does: see `reverie/threads.py`.

Every benchmark imports it first; the name sorts it there.
"""

import reverie  # noqa: F401
