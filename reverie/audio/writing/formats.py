"""The formats that sounds are written in."""

from pathlib import Path
from typing import Literal, get_args

from reverie.errors import ReverieError

Format = Literal["wav16", "wav24", "wav32f", "flac", "flac24", "opus", "mp3"]
"""WAV with 16 or 24 bits or 32-bit floats, FLAC with 16 or 24 bits, Opus in Ogg, MP3."""

FORMATS: tuple[Format, ...] = get_args(Format)

MEANINGS: dict[Format, str] = {
    "wav16": "WAV, 16 bits",
    "wav24": "WAV, 24 bits",
    "wav32f": "WAV, 32-bit floats",
    "flac": "FLAC, 16 bits",
    "flac24": "FLAC, 24 bits",
    "opus": "Opus, 48 kHz",
    "mp3": "MP3, LAME's best variable rate",
}
"""What each is, in words."""

_SUFFIXES: dict[Format, str] = {
    "wav16": ".wav",
    "wav24": ".wav",
    "wav32f": ".wav",
    "flac": ".flac",
    "flac24": ".flac",
    "opus": ".opus",
    "mp3": ".mp3",
}
_USUAL: dict[str, Format] = {".wav": "wav16", ".flac": "flac", ".opus": "opus", ".mp3": "mp3"}

LOSSY: frozenset[Format] = frozenset({"opus", "mp3"})


def suffix_of(format_: Format) -> str:
    """Return the suffix of files of a format."""
    return _SUFFIXES[format_]


def format_named(name: str) -> Format:
    """Return the format of that name.

    Raises:
        ReverieError: there is none.
    """
    if name not in FORMATS:
        raise ReverieError(
            f"setting format is wrong: there is no {name!r}.", f"Give one of {', '.join(FORMATS)}."
        )
    return name


def format_of(path: Path, wanted: str | None = None) -> Format:
    """Return the format to write `path` in: the one that is wanted, or its suffix's usual one.

    Raises:
        ReverieError: no format has this suffix, or the format wanted has another.
    """
    suffix = path.suffix.lower()
    if wanted is None:
        if suffix in _USUAL:
            return _USUAL[suffix]
        raise ReverieError(
            f"{path} is neither .wav, .flac, .opus nor .mp3.", "Choose one of these suffixes."
        )
    format_ = format_named(wanted)
    if suffix != suffix_of(format_):
        raise ReverieError(
            f"{path}: {format_} is written to {suffix_of(format_)} files.",
            f"Name it {path.stem}{suffix_of(format_)}, or choose another format.",
        )
    return format_
