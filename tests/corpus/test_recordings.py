"""Recordings in a table: rows, columns, splits and odd names."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from reverie.corpus.recording import Recording
from reverie.corpus.recordings import Recordings
from reverie.corpus.table import RecordingTable
from reverie.errors import ReverieError


def recording(number: int, **changes: object) -> Recording:
    told = Recording(
        path=f"folder/{number}.wav",
        content_hash=f"{number:064x}",
        codec="flac",
        seconds=2.0,
        source_rate_hz=44100,
        source_channels=2,
        channels=1,
        loudness_lufs=None if number % 5 == 0 else -20.5,
        peak_dbfs=-1.0,
        rms_dbfs=-21.0,
        split="held-out" if number % 3 == 0 else "train",
        shard=number // 10,
        offset_samples=number % 10 * 32000,
        samples=32000,
        notes=("first", 'a "second"') if number == 4 else (),
        sounding_start=number,
        sounding_end=31000,
    )
    return dataclasses.replace(told, **changes)


ODD = ("bytes \udcff\udc80.wav", "new\nline.wav", "ünicode ♫.wav", "'quoted\"\\.wav", "\ud800.wav")
EVERY = [
    *(recording(number) for number in range(1200)),
    *(recording(2000 + number, path=path, part_of=path) for number, path in enumerate(ODD)),
]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Recordings:
    path = tmp_path_factory.mktemp("odd \udcff name") / "recordings-0123456789ab.sqlite"
    path.write_bytes(RecordingTable.of(EVERY).bytes())
    found = Recordings(RecordingTable.open(path))
    found.table.check(16000)
    return found


def test_what_is_read_is_what_was_written(stored: Recordings) -> None:
    assert stored == EVERY
    assert list(stored) == EVERY
    assert [stored[at] for at in (0, 5, -1)] == [EVERY[at] for at in (0, 5, -1)]
    assert stored[3:40:7] == EVERY[3:40:7]
    assert stored != EVERY[:-1]
    assert not Recordings.of(EVERY)[5:5]
    with pytest.raises(IndexError):
        stored[len(EVERY)]


def test_rows_that_are_not_kept_any_more_are_read_again(
    stored: Recordings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reverie.corpus.table.MOST_KEPT", 20)
    assert list(stored) == EVERY
    assert stored[7] == EVERY[7]
    assert list(stored.of_split("held-out")) == [one for one in EVERY if one.split == "held-out"]


def test_columns_are_arrays(stored: Recordings) -> None:
    assert stored.column("sounding_start").tolist() == [one.sounding_start for one in EVERY]
    loudness = stored.column("loudness_lufs")
    assert math.isnan(loudness[0])
    assert loudness[1] == -20.5
    older = Recordings.of([dataclasses.replace(EVERY[0], sounding_start=None)])
    assert older.column("sounding_start").tolist() == [-1]
    assert stored.seconds == 2.0 * len(EVERY)
    with pytest.raises(KeyError):
        stored.column("path; DROP TABLE recordings")


def test_subsets(stored: Recordings) -> None:
    train = stored.of_split("train")
    assert train == [one for one in EVERY if one.split == "train"]
    few = train.take(np.array([5, 2]))
    assert few == [train[5], train[2]]
    assert few.column("shard").tolist() == [train[5].shard, train[2].shard]
    assert train.take(train.column("sounding_start") < 3) == [EVERY[1], EVERY[2]]
    assert len(few.of_split("held-out")) == 0
    assert len(few.of_split("train")) == 2
    assert stored.parts() == EVERY[-len(ODD) :]


def test_a_recording_is_found_by_its_name(stored: Recordings) -> None:
    for one in (EVERY[77], *EVERY[-len(ODD) :]):
        assert stored.named(one.path) == one
    assert stored.named("folder") is None
    assert stored.of_split("train").named("folder/0.wav") is None


def test_the_same_recordings_are_the_same_bytes() -> None:
    assert RecordingTable.of(EVERY).bytes() == RecordingTable.of(iter(EVERY)).bytes()


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(4000)])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "recordings-0123456789ab.sqlite"
    path.write_bytes(content)
    with pytest.raises(ReverieError, match="is damaged"):
        RecordingTable.open(path)
