"""How often Python looks for garbage: seldom while modules are loaded, and not in what stays."""

import gc

_NEW_OBJECTS = 5000
"""After so many more objects Python looks for garbage among them. By default it does so seven
times as often, and takes a seventh of the time of loading torch and all else for it."""


def look_seldom() -> None:
    """Let a process of our own load what it needs in less time."""
    gc.set_threshold(_NEW_OBJECTS)


def leave_what_is_loaded() -> None:
    """Look for garbage only among what is made from now on.

    To look through all that is loaded halts every thread for a tenth of a second.
    """
    gc.freeze()
