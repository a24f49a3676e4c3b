"""How clips are taken away."""

from dataclasses import dataclass

from reverie.audio.loops import LoopUnit
from reverie.audio.writing.formats import Format, format_named
from reverie.errors import ReverieError


@dataclass(frozen=True)
class SaveSettings:
    """How clips are taken away."""

    format_: Format = "wav16"
    """How samples are stored."""
    trim: bool = False
    """Keep the best stretch alone."""
    loop: LoopUnit | None = None
    """Cut to a loop of whole beats, or of whole bars of four beats."""
    copies: bool = True
    """Search the training recordings, when trimming, for what the clip repeats."""
    picture: bool = False
    """Draw its spectrum beside it."""


def save_settings(
    format_: str, *, trim: bool, loop: bool | str, copies: bool, picture: bool
) -> SaveSettings:
    """Read settings as a script gives them.

    Args:
        format_: one of `FORMATS`.
        trim: keep the best stretch alone.
        loop: `beats` or `bars`; True stands for `beats`.
        copies: search the training recordings.
        picture: draw it.

    Raises:
        ReverieError: a value is none of those.
    """
    return SaveSettings(format_named(format_), trim, _unit(loop), copies, picture)


def _unit(loop: bool | str) -> LoopUnit | None:
    match loop:
        case False:
            return None
        case True | "beats":
            return "beats"
        case "bars":
            return "bars"
        case _:
            raise ReverieError(
                f"setting loop is wrong: {loop!r} is no loop.", "Give True, beats or bars."
            )
