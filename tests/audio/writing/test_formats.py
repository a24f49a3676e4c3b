"""The formats and their names."""

from pathlib import Path

import pytest

from reverie.audio.writing.formats import (
    FORMATS,
    LOSSY,
    MEANINGS,
    Format,
    format_named,
    format_of,
    suffix_of,
)
from reverie.errors import ReverieError


@pytest.mark.parametrize("format_", FORMATS)
def test_each_has_a_suffix_and_a_meaning(format_: Format) -> None:
    assert format_named(format_) == format_
    assert format_of(Path("a" + suffix_of(format_)), format_) == format_
    assert MEANINGS[format_]


def test_a_suffix_has_a_usual_format() -> None:
    names = {name: format_of(Path(name)) for name in ("a.wav", "a.FLAC", "a.opus", "a.mp3")}
    assert list(names.values()) == ["wav16", "flac", "opus", "mp3"]
    assert {"opus", "mp3"} == LOSSY


def test_mistakes_are_named() -> None:
    with pytest.raises(ReverieError, match=r"a\.ogg is neither"):
        format_of(Path("a.ogg"))
    with pytest.raises(ReverieError, match="there is no 'wav'"):
        format_named("wav")
    with pytest.raises(ReverieError, match=r"flac24 is written to \.flac files") as refused:
        format_of(Path("a.wav"), "flac24")
    assert "a.flac" in refused.value.remedy
