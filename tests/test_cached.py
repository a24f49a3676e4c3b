"""What is kept is made once, and again where it is damaged, old, or of other things."""

import dataclasses
import json
import os
from pathlib import Path

import pytest

from reverie.cached import Cached, CacheFolder
from reverie.errors import ReverieError
from reverie.records import PathText


@dataclasses.dataclass(frozen=True)
class Figure:
    name: PathText
    values: tuple[float, ...]


FIGURES = (Figure("caf\udce9.wav", (0.1, 2)), Figure("é", ()))


@pytest.fixture
def cached(tmp_path: Path) -> Cached[tuple[Figure, ...]]:
    return Cached(tmp_path / "figures.json", tuple[Figure, ...], 1, "a corpus")


def test_it_is_made_once(cached: Cached[tuple[Figure, ...]]) -> None:
    made: list[int] = []

    def make() -> tuple[Figure, ...]:
        made.append(1)
        return FIGURES

    first = cached.get(make)
    assert first == FIGURES
    # Numbers are the same to the byte, whether they were made or read.
    assert repr(cached.get(make)) == repr(first)
    assert made == [1]
    for change in ({"version": 2}, {"depends_on": "another"}):
        assert dataclasses.replace(cached, **change).read() is None


def test_what_is_damaged_is_made_again(cached: Cached[tuple[Figure, ...]]) -> None:
    cached.write(FIGURES)
    whole = cached.path.read_text()
    torn = ["", "[]", "{}", whole[:40], whole.replace("0.1", "0.2"), "[" * 100_000]
    for damaged in torn:
        cached.path.write_text(damaged)
        assert cached.read() is None
        assert cached.get(lambda: FIGURES) == FIGURES
        assert cached.path.read_text() == whole
    other = json.loads(whole)
    other["more"] = 1
    cached.path.write_text(json.dumps(other))
    assert cached.read() is None


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cached: Cached[float] = Cached(tmp_path / "file" / "f.json", float, 1, "")
    assert cached.get(lambda: 1.5) == 1.5
    assert cached.read() is None

    def fails() -> float:
        raise ReverieError("it is damaged.", "Make it again.")

    with pytest.raises(ReverieError, match="it is damaged"):
        cached.get(fails)


def test_a_folder_is_bounded_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    folder = CacheFolder(tmp_path / "cache", 4000)
    for number in range(8):
        cached = folder.cached("text", str, 1, f"{number}")
        cached.write(f"{number}" * 800)
        os.utime(cached.path, (number, number))
    assert folder.cached("text", str, 1, "0").read() == "0" * 800
    folder.prune()
    kept = [folder.cached("text", str, 1, f"{number}").read() is not None for number in range(8)]
    assert kept == [True, *[False] * 4, *[True] * 3]
    CacheFolder(tmp_path / "none", 1).prune()
    (tmp_path / "link").symlink_to(tmp_path / "cache")
    with pytest.raises(ReverieError, match="is a link"):
        CacheFolder(tmp_path / "link", 1).cached("text", str, 1, "0")
