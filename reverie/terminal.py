"""What is printed: one function for all of it, so that no name reaches a terminal raw.

Names of files, tags and settings are written by strangers. Control characters in them can move the
cursor, set colours or the clipboard, or fake a line of ours.
"""

import json
import sys
import textwrap
import unicodedata
from collections.abc import Iterable
from typing import Any, TextIO

WIDTH = 79
"""Characters in a line of a terminal that nobody made wider, but for the last."""
_is_silent = False


def silence(is_silent: bool) -> None:
    """Print nothing from now on, or print again: of processes that work together one speaks."""
    global _is_silent  # noqa: PLW0603 -- of the whole process, as its terminal is
    _is_silent = is_silent


_names: dict[str, str] = {}
"""Folders that stand for something else, and what they are called."""


def call(folder: str, name: str) -> None:
    """From now on, call a folder by the name that a person gave: the URL that it stands for."""
    _names[folder] = name


def shown(text: str) -> str:
    """Return `text` with folders called as persons call them."""
    for folder, name in _names.items():
        text = text.replace(folder, name)
    return text


def printable(text: str) -> str:
    """`text` fit for one line of a terminal, a page or a report.

    Control characters, line breaks, invisible marks that turn text round, and bytes that are not
    UTF-8 are written as escapes such as `\\x1b`; all else stays.
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(char: str) -> str:
    # Spaces of other widths are no danger, and usual in Japanese names.
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    return char.encode("unicode_escape").decode("ascii")


def echo(*lines: str, err: bool = False) -> None:
    """Print each of `lines` on stdout, or on stderr with `err`, whatever characters it holds.

    Characters that the stream's encoding lacks are written as escapes.
    """
    stream = sys.stderr if err else sys.stdout
    for line in () if _is_silent else lines:
        print(encodable(printable(shown(line)), stream), file=stream, flush=True)


def paragraph(text: str, indent: str = "") -> list[str]:
    """`text` in lines of at most `WIDTH` characters, those after the first `indent`ed.

    For sentences; a command or a path that somebody copies belongs on a line of its own.
    """
    return textwrap.wrap(
        text,
        WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def echo_text(lines: Iterable[str]) -> None:
    """Print sentences in lines of at most `WIDTH` characters; commands stay on their line."""
    for line in lines:
        echo(*([line] if "reverie " in line else paragraph(line, "  ")))


def echo_json(value: Any) -> None:
    """Print `value` on stdout as JSON of ASCII, for another program."""
    if not _is_silent:
        print(shown(json.dumps(value, indent=2)), flush=True)


def encodable(text: str, stream: TextIO) -> str:
    """`text` with escapes for what the encoding of `stream` lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
