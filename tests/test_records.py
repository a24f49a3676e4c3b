"""What is read from files of ours is what its type says, or is named with its path and key."""

import json
import tracemalloc
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie import records
from reverie.errors import ReverieError
from reverie.records import (
    MOST_VALUES,
    RECORD,
    PathText,
    as_record,
    read_json,
    read_lines,
    read_record,
)
from reverie.storage import write_json


@dataclass(frozen=True, config=RECORD)
class Part:
    name: PathText
    level: float | None = None


@dataclass(frozen=True, config=RECORD)
class Whole:
    count: Annotated[int, Field(ge=0)]
    kind: Literal["a", "b"]
    parts: tuple[Part, ...]
    sizes: dict[str, int]


GOOD: dict[str, Any] = {
    "count": 3,
    "kind": "a",
    "parts": [{"name": "caf\udce9", "level": -1}, {"name": ""}],
    "sizes": {"x": 1},
}


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    write_json(tmp_path / "r", GOOD)
    record = read_record(tmp_path / "r", Whole, "a whole")
    assert record == Whole(3, "a", (Part("caf\udce9", -1.0), Part("")), {"x": 1})


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"count": "3"}, "count"),
        ({"count": 3.0}, "count"),
        ({"count": True}, "count"),
        ({"count": None}, "count"),
        ({"count": -1}, "count"),
        ({"kind": "c"}, "kind"),
        ({"kind": ["a"]}, "kind"),
        ({"parts": {}}, "parts"),
        ({"parts": [3]}, "parts.0"),
        ({"parts": [{"name": "x"}, {"name": 3}]}, "parts.1.name"),
        ({"parts": [{"name": "x", "level": "1"}]}, "parts.0.level"),
        ({"parts": [{"name": "x", "level": float("inf")}]}, "parts.0.level"),
        ({"parts": [{"level": 1}]}, "parts.0.name"),
        ({"sizes": {"x": "1"}}, "sizes.x"),
        ({"more": 1}, "more"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, Any], key: str) -> None:
    with pytest.raises(ReverieError, match=f"^here is damaged: {key}: ") as caught:
        as_record(GOOD | change, Whole, "here", remedy="Mend it.")
    assert str(caught.value).endswith("Mend it.")


@pytest.mark.parametrize("values", [None, 3, "x", [], [GOOD], True])
def test_another_thing_altogether(values: object) -> None:
    with pytest.raises(ReverieError, match=r"^here is damaged: "):
        as_record(values, Whole, "here")


def test_a_key_that_is_missing_is_named() -> None:
    for key in GOOD:
        with pytest.raises(ReverieError, match=f"here is damaged: {key}: "):
            as_record({name: value for name, value in GOOD.items() if name != key}, Whole, "here")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"NaN",
        b'{"a": Infinity}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 5000,
        b"{} {}",
    ],
)
def test_what_is_not_json_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(content)
    with pytest.raises(ReverieError, match=r"r\.json (cannot be read as|is damaged)") as caught:
        read_json(path, "a record")
    assert len(str(caught.value)) < 500


def test_sizes_are_limited_before_memory_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ReverieError, match="holds 1099511627776 bytes"):
        read_json(path, "a record")


def test_lines_that_are_damaged_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    assert list(read_lines(path, Part, "parts")) == []
    good = json.dumps({"name": "x"})
    path.write_text(f'{good}\n{{"name": 3}}\n[[\n\n{good}\n' + "[" * 100_000)
    assert list(read_lines(path, Part, "parts")) == [Part("x"), None, None, Part("x"), None]
    path.unlink()
    path.symlink_to(tmp_path)
    with pytest.raises(ReverieError, match="is a link"):
        list(read_lines(path, Part, "parts"))


def test_a_key_that_is_there_twice_is_named(tmp_path: Path) -> None:
    (tmp_path / "r").write_text('{"a": {"count": 1, "kind": "a", "count": 2}}')
    with pytest.raises(ReverieError, match=r"r cannot be read as a thing: it has 'count' twice"):
        read_json(tmp_path / "r", "a thing")


def test_a_crowd_of_small_values_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(b"[" + b"[]," * (MOST_VALUES // 2) + b"1]")
    tracemalloc.start()
    with pytest.raises(ReverieError, match=f"r cannot be .*: it holds more than {MOST_VALUES} "):
        read_json(tmp_path / "r", "a thing")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * (tmp_path / "r").stat().st_size


def test_a_line_too_long_is_a_damaged_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_LINE_BYTES", 64)
    long = json.dumps({"name": "x" * 100})
    (tmp_path / "r").write_text(f'{{"name": "a"}}\n{long}\n{{"name": "b"}}\n')
    names = [line and line.name for line in read_lines(tmp_path / "r", Part, "parts")]
    assert names[0] == "a"
    assert names[-1] == "b"
    assert set(names[1:-1]) == {None}
