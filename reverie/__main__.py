"""The `reverie` command, also as `python -m reverie`."""

import sys

from reverie.search_path import is_current_folder

# `python -m` looks for modules in the current folder first, and what lies there is not ours.
if __name__ == "__main__" and is_current_folder(sys.path[0]):
    del sys.path[0]

import os
import signal
from types import FrameType

from reverie.errors import INTERRUPTED
from reverie.garbage import look_seldom


def main() -> None:
    """Load the command line, which Ctrl-C ends at once and in a line, and run it."""
    look_seldom()
    _open_standard_streams()
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    if hasattr(signal, "pthread_sigmask"):
        # Whoever started this may have held Ctrl-C back until it can be heeded.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    from reverie.cli.app import main as run  # noqa: PLC0415 -- it takes most of a second

    # The command line takes the old handler up where it can tell of an interrupt in words.
    run(before)


def _open_standard_streams() -> None:
    """Let streams that are closed lead nowhere, or files that are opened would take their place."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))


def _leave(_: int, __: FrameType | None) -> None:
    # Neither by print nor by an exception: modules are half loaded.
    os.write(2, b"reverie: interrupted before anything was begun\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
