"""From folders of real recordings to corpora: what is used, refused, redone and kept."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reverie.corpus.corpus import Corpus
from reverie.corpus.journal import NAME as JOURNAL
from reverie.corpus.nothing_usable import NothingUsable
from reverie.corpus.pool import Job, Pool
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.errors import ReverieError
from reverie.storage import only_one
from tests.audio.making import cut, encode, mp3, music, spoil, wav, wav_bytes


def make(recordings: Path, out: Path, **changes: Any) -> Corpus:
    settings = PrepareSettings(**changes)
    return prepare(recordings, out, settings, processes=1, quiet=True)


def tune(path: Path, seed: int, seconds: float = 3.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return wav(path, music(seconds, seed=seed, rate_hz=16000), rate_hz=16000)


@pytest.fixture
def tunes(tmp_path: Path) -> Path:
    for number in range(5):
        tune(tmp_path / "tunes" / f"{number}.wav", number)
    return tmp_path / "tunes"


def test_everything_a_folder_may_hold(tmp_path: Path) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    sound = music(4.0, seed=1, channels=2)
    mp3(folder / "good.mp3")
    (folder / "empty.mp3").touch()
    (folder / "text.mp3").write_text("dear diary\n" * 100)
    cut(mp3(folder / "cut.mp3", seed=2))
    spoil(mp3(folder / "garbage.mp3", seed=3))
    raw = (sound[:, 0] * 20000).astype("<i2").tobytes()
    (folder / "lying.wav").write_bytes(wav_bytes(raw, channels=2, block_align=2))
    (folder / "claims.wav").write_bytes(wav_bytes(raw[:1000], data_size=0xFFFFFFF0))
    wav(folder / "silence.flac", np.zeros((3 * 44100, 1), np.float32))
    broken = sound.copy()
    broken[5000] = np.nan
    wav(folder / "nan.wav", broken, subtype="FLOAT")
    wav(folder / "eight.wav", music(3.0, seed=4, channels=8))
    wav(folder / "192k.wav", music(3.0, seed=5, rate_hz=192000), rate_hz=192000)
    (folder / "loop").symlink_to(folder)
    (folder / "round.wav").symlink_to(folder / "round.wav")
    (folder / "gone.wav").symlink_to(folder / "nowhere.wav")
    (folder / "x.wav").mkdir()
    tune(folder / "x.wav" / "Inside.WAV", 6)
    tune(folder / "short.wav", 7, seconds=0.5)
    os.mkfifo(folder / "pipe.wav")
    wav(folder / "again.wav", sound)
    encode(folder / "again too.opus", music(4.0, seed=1, channels=2, rate_hz=48000), "libopus",
           rate_hz=48000)  # fmt: skip
    (folder / "cover.jpg").write_bytes(b"no music")
    odd = os.fsdecode(b"na\xefve \n\x1b[31m.wav")
    tune(folder / odd, 8)

    corpus = make(folder, tmp_path / "corpus")

    used = {one.path for one in corpus.recordings}
    assert used == {"good.mp3", "eight.wav", "192k.wav", "x.wav/Inside.WAV", "again too.opus", odd}
    reasons = {one.path: one.reason for one in corpus.refused}
    for path, reason in {
        "empty.mp3": "0 bytes",
        "text.mp3": "no recording",
        "cut.mp3": "missing",
        "garbage.mp3": "damaged 0:03.0 in",
        "lying.wav": "contradicts itself",
        "claims.wav": "lies",
        "silence.flac": "silent",
        "nan.wav": "not numbers",
        "loop": "never end",
        "round.wav": "leads back to itself",
        "gone.wav": "does not exist",
        "x.wav": "folder",
        "short.wav": "too short: 0.5 s",
        "pipe.wav": "not a file",
        "again.wav": "the same recording as again too.opus",
    }.items():
        assert reason in reasons.pop(path), path
    assert not reasons
    assert corpus.ignored == 1
    # Written and read again, odd names and all.
    assert Corpus.open(tmp_path / "corpus").recordings == corpus.recordings
    (tmp_path / "corpus" / "manifest.json").read_text(encoding="utf-8")


def test_samples_are_those_of_the_recording(tunes: Path, tmp_path: Path) -> None:
    corpus = make(tunes, tmp_path / "corpus")
    for one in corpus.recordings:
        pcm = corpus.pcm(one)[0]
        assert pcm.dtype == np.int16
        expected = music(3.0, seed=int(one.path[0]), rate_hz=16000)[:, 0]
        np.testing.assert_allclose(pcm / 32768, expected, atol=1e-4)
        assert one.seconds == 3.0
        assert one.peak_dbfs == pytest.approx(20 * np.log10(np.abs(expected).max()), abs=0.1)
        with pytest.raises(ValueError, match="read-only"):
            pcm[0] = 1


def test_floats_that_are_too_loud_are_turned_down_and_noted(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    sound = music(3.0)
    wav(tmp_path / "in" / "loud.wav", 2 * sound / np.abs(sound).max(), subtype="FLOAT")
    (only,) = make(tmp_path / "in", tmp_path / "corpus").recordings
    assert "turned down by" in only.notes[0]


def test_split_is_by_recording_and_reproducible(tunes: Path, tmp_path: Path) -> None:
    one, other = make(tunes, tmp_path / "a"), make(tunes, tmp_path / "b")
    assert len(one.of_split("train")) == 4
    assert len(one.of_split("held-out")) == 1
    assert one.content_hash == other.content_hash
    assert [rec.split for rec in one.recordings] == [rec.split for rec in other.recordings]
    hashes = {make(tunes, tmp_path / "a", split_seed=seed).content_hash for seed in range(8)}
    assert len(hashes) > 1


def test_only_what_changed_is_done_again(
    tunes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    run = Pool.run

    def counting(self: Pool, jobs: Iterable[Job]) -> Iterator[tuple[Job, dict[str, Any]]]:
        for job, answer in run(self, jobs):
            done.append(job.path.name)
            yield job, answer

    monkeypatch.setattr(Pool, "run", counting)
    out = tmp_path / "corpus"
    first = make(tunes, out)
    assert sorted(done) == [f"{number}.wav" for number in range(5)]
    done.clear()
    assert make(tunes, out).content_hash == first.content_hash
    assert make(tunes, out, min_seconds=1.0).content_hash == first.content_hash
    assert done == []

    tune(tunes / "new.wav", 20)
    tune(tunes / "1.wav", 21, seconds=4.0)
    (tunes / "2.wav").unlink()
    second = make(tunes, out)
    assert sorted(done) == ["1.wav", "new.wav"]
    assert [one.path for one in second.recordings] == [
        "0.wav", "1.wav", "3.wav", "4.wav", "new.wav"
    ]  # fmt: skip
    done.clear()
    assert make(tunes, out, rate_hz=8000).rate_hz == 8000
    assert len(done) == 5


def test_dead_space_is_given_back_and_the_music_stays(tunes: Path, tmp_path: Path) -> None:
    out = tmp_path / "corpus"
    make(tunes, out)
    before = {one.path: one.content_hash for one in Corpus.open(out).recordings}
    for number in (0, 1, 2):
        (tunes / f"{number}.wav").unlink()
    corpus = make(tunes, out)
    assert sum(one.stat().st_size for one in (out / "shards").iterdir()) == 2 * sum(
        one.samples for one in corpus.recordings
    )
    for one in corpus.recordings:
        assert one.content_hash == before[one.path]
        expected = music(3.0, seed=int(one.path[0]), rate_hz=16000)[:, 0]
        np.testing.assert_allclose(corpus.pcm(one)[0] / 32768, expected, atol=1e-4)


def test_shards_are_filled_up_to_their_cap(tmp_path: Path) -> None:
    for number in range(3):
        tune(tmp_path / "in" / f"{number}.wav", number, seconds=20.0)
    corpus = make(tmp_path / "in", tmp_path / "corpus", shard_megabytes=1)
    assert sorted(one.shard for one in corpus.recordings) == [0, 1, 2]
    assert {len(corpus.pcm(one)[0]) for one in corpus.recordings} == {320000}


def test_damaged_recordings_are_kept_on_demand(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    cut(mp3(tmp_path / "in" / "cut.mp3"))
    with pytest.raises(NothingUsable, match=r"cut\.mp3"):
        make(tmp_path / "in", tmp_path / "corpus")
    assert not (tmp_path / "corpus").exists()
    (only,) = make(tmp_path / "in", tmp_path / "corpus", keep_damaged=True).recordings
    assert "missing" in only.notes[0]
    assert 2.5 < only.seconds < 3.1
    with pytest.raises(NothingUsable):
        make(tmp_path / "in", tmp_path / "corpus")


def test_a_crashing_decoder_costs_one_recording(
    tunes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashing = (
        "import os, signal; from reverie.corpus import worker; real = worker.analyse\n"
        "def analyse(path, *rest, **more):\n"
        "    if path.name == '3.wav': os.kill(os.getpid(), signal.SIGSEGV)\n"
        "    return real(path, *rest, **more)\n"
        "worker.analyse = analyse; worker.serve()"
    )
    monkeypatch.setattr("reverie.corpus.pool.SERVE", crashing)
    corpus = make(tunes, tmp_path / "corpus")
    assert len(corpus.recordings) == 4
    (refusal,) = corpus.refused
    assert refusal.path == "3.wav"
    assert "crashed the decoder (signal 11)" in refusal.reason
    monkeypatch.undo()
    assert len(make(tunes, tmp_path / "corpus").recordings) == 5


def test_a_corpus_inside_the_recordings_is_left_out(tunes: Path) -> None:
    first = make(tunes, tunes / "corpus")
    assert make(tunes, tunes / "corpus").content_hash == first.content_hash
    assert first.ignored == 0


def test_one_recording_is_a_corpus_of_one(tunes: Path, tmp_path: Path) -> None:
    corpus = make(tunes / "0.wav", tmp_path / "corpus")
    assert [one.path for one in corpus.recordings] == ["0.wav"]
    assert corpus.recordings[0].split == "train"


def test_two_at_once_are_refused(tunes: Path, tmp_path: Path) -> None:
    with only_one(tmp_path / "corpus"), pytest.raises(ReverieError, match="another process"):
        make(tunes, tmp_path / "corpus")


@pytest.mark.parametrize("what", ["missing", "empty", "other"])
def test_where_there_is_nothing_it_says_so(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "in"
    if what != "missing":
        folder.mkdir()
    if what == "other":
        (folder / "a.txt").touch()
    with pytest.raises(ReverieError, match=str(folder)):
        make(folder, tmp_path / "corpus")
    assert not (tmp_path / "corpus").exists()


def test_other_things_are_never_written_over(tunes: Path, tmp_path: Path) -> None:
    (tmp_path / "diary").mkdir()
    (tmp_path / "diary" / "a.txt").touch()
    with pytest.raises(ReverieError, match="not a corpus"):
        make(tunes, tmp_path / "diary")
    with pytest.raises(ReverieError, match="is a file"):
        make(tunes, tmp_path / "diary" / "a.txt")


def test_a_journal_that_lies_is_not_believed(tunes: Path, tmp_path: Path) -> None:
    out = tmp_path / "corpus"
    first = make(tunes, out)
    with (out / JOURNAL).open("a") as journal:
        journal.write('{"path": "0.wav", "byt')
    shutil.rmtree(out / "shards")
    assert make(tunes, out).content_hash == first.content_hash


def test_an_earlier_corpus_survives_a_folder_gone_bad(tunes: Path, tmp_path: Path) -> None:
    out = tmp_path / "corpus"
    first = make(tunes, out)
    for path in tunes.iterdir():
        path.write_bytes(b"")
    with pytest.raises(NothingUsable):
        make(tunes, out)
    corpus = Corpus.open(out)
    assert corpus.content_hash == first.content_hash
    assert len(corpus.pcm(corpus.recordings[0])[0]) == 48000


def test_manifest_is_for_people_and_programs(tunes: Path, tmp_path: Path) -> None:
    corpus = make(tunes, tmp_path / "corpus")
    manifest = json.loads((tmp_path / "corpus" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["settings"]["split_seed"] == 0
    assert manifest["content_hash"] == corpus.content_hash
    table = tmp_path / "corpus" / manifest["recordings"]["file"]
    with sqlite3.connect(table) as connection:
        asked = "SELECT path, split FROM recordings ORDER BY id"
        told = connection.execute(asked).fetchall()
    assert told == [(one.path, one.split) for one in corpus.recordings]
    assert len(told) == 5
