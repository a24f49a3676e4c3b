"""What is decoded again and what is not: the bytes of a file decide, not its name or its times."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reverie.corpus.corpus import Corpus
from reverie.corpus.pool import Job, Pool
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from tests.audio.making import music, wav


def tune(path: Path, seed: int) -> Path:
    return wav(path, music(3.0, seed=seed, rate_hz=16000), rate_hz=16000)


def make(recordings: Path, out: Path) -> Corpus:
    return prepare(recordings, out, PrepareSettings(), processes=1, quiet=True)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what was decoded."""
    names: list[str] = []
    run = Pool.run

    def noting(self: Pool, jobs: Iterable[Job]) -> Iterator[tuple[Job, dict[str, Any]]]:
        for job, answer in run(self, jobs):
            names.append(job.path.name)
            yield job, answer

    monkeypatch.setattr(Pool, "run", noting)
    return names


@pytest.fixture
def tunes(tmp_path: Path) -> Path:
    (tmp_path / "tunes").mkdir()
    for number in range(3):
        tune(tmp_path / "tunes" / f"{number}.wav", number)
    return tmp_path / "tunes"


def overwritten(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def exchanged(path: Path, content: bytes) -> None:
    other = path.with_name("other")
    other.write_bytes(content)
    other.replace(path)


def in_the_middle(path: Path, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(len(content) // 2)
        file.write(content[len(content) // 2 :])


@pytest.mark.parametrize("replace", [overwritten, exchanged, in_the_middle])
def test_a_file_of_the_same_size_and_time_is_heard_anew(
    tunes: Path, tmp_path: Path, done: list[str], replace: Callable[[Path, bytes], None]
) -> None:
    out = tmp_path / "corpus"
    before = {one.path: one.content_hash for one in make(tunes, out).recordings}
    facts = (tunes / "1.wav").stat()
    replace(tunes / "1.wav", tune(tmp_path / "new.wav", 7).read_bytes())
    os.utime(tunes / "1.wav", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert (tunes / "1.wav").stat().st_size == facts.st_size
    done.clear()
    after = {one.path: one.content_hash for one in make(tunes, out).recordings}
    assert done == ["1.wav"]
    assert [path for path in after if after[path] != before[path]] == ["1.wav"]


def test_what_was_touched_copied_or_moved_is_not_decoded_again(
    tunes: Path, tmp_path: Path, done: list[str]
) -> None:
    out = tmp_path / "corpus"
    first = make(tunes, out)
    done.clear()
    (tunes / "0.wav").chmod(0o600)
    os.utime(tunes / "1.wav")
    (tunes / "album").mkdir()
    (tunes / "2.wav").rename(tunes / "album" / "renamed.wav")
    moved = make(tunes, out)
    assert {one.content_hash for one in moved.recordings} == {
        one.content_hash for one in first.recordings
    }
    assert [one.path for one in moved.recordings] == ["0.wav", "1.wav", "album/renamed.wav"]
    # A copy of all of it, as onto another disk, and its corpus too.
    shutil.copytree(tunes, tmp_path / "disk" / "tunes")
    shutil.copytree(out, tmp_path / "disk" / "corpus")
    copied = make(tmp_path / "disk" / "tunes", tmp_path / "disk" / "corpus")
    assert copied.content_hash == moved.content_hash
    assert done == []
    # An unfinished entry of the journal costs that file alone.
    with (out / "journal.jsonl").open("rb+") as journal:
        journal.truncate((out / "journal.jsonl").stat().st_size - 20)
    assert make(tunes, out).content_hash == moved.content_hash
    assert len(done) == 1
    # What another version made of the file is not taken over.
    text = (out / "journal.jsonl").read_text()
    (out / "journal.jsonl").write_text(text.replace('"analysis": ', '"analysis": 9'))
    make(tunes, out)
    assert len(done) == 4
