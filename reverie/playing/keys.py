"""Keys of the terminal that steer the music, wherever the output goes.

They are read from the terminal itself, so that the standard output can be a pipe. A process in the
background reads none.
"""

import os
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from types import FrameType

from reverie.playing.controls import Controls

TERMINAL = "/dev/tty"
HELP = (
    "keys: + - temperature, } { detail, ] [ guidance, > < tempo, p another prompt, r again, "
    "k keep 30 s, q end"
)
_ARROWS = {"\x1b[A": "+", "\x1b[B": "-", "\x1b[C": "]", "\x1b[D": "["}
_MOST_BYTES = 64


def actions_of(controls: Controls) -> dict[str, Callable[[], None]]:
    """What each key does."""

    def turn(name: str, steps: int) -> Callable[[], None]:
        return lambda: controls.turn(name, steps)

    return {
        "+": turn("temperature", 1),
        "=": turn("temperature", 1),
        "-": turn("temperature", -1),
        "}": turn("detail_temperature", 1),
        "{": turn("detail_temperature", -1),
        "]": turn("guidance", 1),
        "[": turn("guidance", -1),
        ">": turn("bpm", 1),
        "<": turn("bpm", -1),
        "p": controls.next_prompt,
        "r": controls.reset,
        "k": controls.keep,
        "q": controls.end,
    }


def pressed(typed: str) -> list[str]:
    """Return the keys in what a terminal sends; arrows stand for the keys they equal."""
    for arrow, key in _ARROWS.items():
        typed = typed.replace(arrow, key)
    return [key for key in typed if key.isprintable()]


@contextmanager
def listening(controls: Controls) -> Generator[bool]:
    """While this lasts, keys steer the music.

    Yields:
        whether there is a terminal that sends any.
    """
    terminal = _terminal()
    if terminal is None:
        yield False
        return
    import termios  # noqa: PLC0415 -- Windows has none

    before = termios.tcgetattr(terminal)
    _read_single_keys(terminal)
    threading.Thread(target=_read, args=(terminal, controls), daemon=True).start()

    def again(_: int, __: FrameType | None) -> None:
        # After a pause by Ctrl-Z the shell has set the terminal its own way.
        _read_single_keys(terminal)

    handlers = {
        signal.SIGCONT: signal.signal(signal.SIGCONT, again),
        signal.SIGTERM: signal.signal(signal.SIGTERM, _leave),
        signal.SIGHUP: signal.signal(signal.SIGHUP, _leave),
    }
    try:
        yield True
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        with suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSANOW, before)


def _terminal() -> int | None:
    """Open the terminal; None where there is none, or others have it."""
    try:
        terminal = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None
    try:
        if os.tcgetpgrp(terminal) == os.getpgrp():
            return terminal
    except OSError:
        pass
    os.close(terminal)
    return None


def _leave(number: int, _: FrameType | None) -> None:
    """End, but leave the terminal as it was."""
    raise SystemExit(128 + number)


def _read_single_keys(terminal: int) -> None:
    """Let keys come one by one, and unseen; Ctrl-C and Ctrl-Z do what they do."""
    import termios  # noqa: PLC0415

    with suppress(OSError, termios.error):
        if os.tcgetpgrp(terminal) == os.getpgrp():
            told = termios.tcgetattr(terminal)
            told[3] &= ~(termios.ICANON | termios.ECHO)
            told[6][termios.VMIN], told[6][termios.VTIME] = 1, 0
            termios.tcsetattr(terminal, termios.TCSANOW, told)


def _read(terminal: int, controls: Controls) -> None:
    actions = actions_of(controls)
    with suppress(OSError):  # the terminal is gone; the music goes on
        while typed := os.read(terminal, _MOST_BYTES):
            for key in pressed(typed.decode(errors="ignore")):
                if action := actions.get(key):
                    action()
