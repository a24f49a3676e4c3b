"""A MIDI controller that steers the music (`mido` and `python-rtmidi`)."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

from reverie.errors import ReverieError
from reverie.playing.controls import KNOBS, Controls

ANY_PORT = "any"
"""The first controller there is."""
DEFAULT_MAP = "1=temperature,74=detail_temperature,71=guidance,76=bpm,64=reset"
"""Control changes and what they move: wheel, brightness, resonance, vibrato rate, pedal."""
RESET = "reset"
_MOST_VALUE = 127
_ON = 64


def read_map(text: str) -> dict[int, str]:
    """Read which control change moves what.

    Args:
        text: numbers of control changes and settings, as in `1=temperature,7=guidance`.

    Raises:
        ReverieError: a number is none, or a setting cannot be moved.
    """
    found: dict[int, str] = {}
    movable = (*KNOBS, RESET)
    for part in filter(None, (part.strip() for part in text.split(","))):
        number, _, name = (piece.strip() for piece in part.partition("="))
        if not number.isdecimal() or int(number) > _MOST_VALUE:
            raise ReverieError(
                f"{part} names no control change.", "Write `midi_map=1=temperature,7=guidance`."
            )
        if name not in movable:
            raise ReverieError(
                f"{name or part} cannot be moved by a controller.", f"Take {', '.join(movable)}."
            )
        found[int(number)] = name
    return found


def steer(message: Any, controls: Controls, mapping: Mapping[int, str]) -> None:
    """Do what a message says: turn a knob, or go over to the prompt of a note.

    Args:
        message: mido's.
        controls: of the music.
        mapping: what each control change moves.
    """
    if message.type == "note_on" and message.velocity:
        controls.prompt(message.note)
    elif message.type == "start":
        controls.reset()
    elif message.type == "control_change":
        name = mapping.get(message.control)
        if name == RESET:
            if message.value >= _ON:
                controls.reset()
        elif name is not None:
            controls.set(name, message.value / _MOST_VALUE)


@contextmanager
def listening(port: str, controls: Controls, mapping: Mapping[int, str]) -> Generator[str]:
    """While this lasts, a controller steers the music.

    Args:
        port: part of the controller's name; `any` takes the first.
        controls: of the music.
        mapping: what each control change moves.

    Yields:
        the controller's name.

    Raises:
        ReverieError: there is none, or the libraries are not installed.
    """
    library = _library()
    try:
        names: list[str] = library.get_input_names()
    except Exception as error:  # each system's library has errors of its own
        raise ReverieError(
            f"MIDI is not to be had on this machine: {error}.", "Play without `midi`."
        ) from error
    name = next((name for name in names if port == ANY_PORT or port.lower() in name.lower()), None)
    if name is None:
        listed = f"There is {', '.join(names)}." if names else "Connect one, or play without it."
        raise ReverieError("there is no such MIDI controller (`midi`).", listed)
    take: Callable[[Any], None] = lambda message: steer(message, controls, mapping)  # noqa: E731
    with library.open_input(name, callback=take):
        yield name


def _library() -> Any:
    try:
        import mido  # type: ignore[import-untyped]  # noqa: PLC0415 -- it is optional
        import rtmidi  # type: ignore[import-untyped]  # noqa: F401, PLC0415
    except ImportError:
        raise ReverieError(
            "MIDI needs libraries that are not installed.",
            "`pip install 'reverie-music[play]'`.",
        ) from None
    return mido
