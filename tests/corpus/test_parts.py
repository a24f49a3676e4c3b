"""A recording that holds nearly all of the time is held out in part; folders give their shares."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from reverie.corpus.corpus import Corpus
from reverie.corpus.leaks import find_leaks
from reverie.corpus.manifest import MANIFEST
from reverie.corpus.parts import nearly_all
from reverie.corpus.settings import ResolvedSettings
from reverie.corpus.summary import lines
from reverie.errors import ReverieError
from reverie.training.recipe import load_recipe
from reverie.training.splits import split_sequences
from tests.conftest import SMALL
from tests.corpus.older import as_version_3
from tests.corpus.test_prepare import make, tune
from tests.music import random_melody

RATE_HZ = 8000


def long_one(folder: Path, seconds: float = 100.0, name: str = "set.wav") -> np.ndarray:
    folder.mkdir(parents=True, exist_ok=True)
    wave = random_melody(7, RATE_HZ, seconds)
    soundfile.write(folder / name, wave, RATE_HZ)
    return wave


def test_the_end_of_one_long_recording_is_held_out(tmp_path: Path) -> None:
    long_one(tmp_path / "music")
    corpus = make(tmp_path / "music", tmp_path / "corpus", rate_hz=RATE_HZ)
    train, held_out = corpus.recordings
    assert [one.split for one in corpus.recordings] == ["train", "held-out"]
    assert train.path == "set.wav (0:00.0-1:15.0)"
    assert held_out.path == "set.wav (1:20.0-1:40.0)"
    assert {one.part_of for one in corpus.recordings} == {"set.wav"}
    whole, _ = soundfile.read(tmp_path / "music" / "set.wav", dtype="int16")
    np.testing.assert_array_equal(corpus.pcm(train)[0], whole[: 75 * RATE_HZ])
    np.testing.assert_array_equal(corpus.pcm(held_out)[0], whole[80 * RATE_HZ :])
    corpus.check(quiet=True)
    assert sum(one.stat().st_size for one in (corpus.folder / "shards").iterdir()) == whole.nbytes
    assert any(
        "everything after 1:20.0. The 5 s before" in line.replace("\n  ", " ")
        for line in ["\n".join(lines(corpus))]
    )
    assert all(len(one) for one in split_sequences(corpus, load_recipe("paper", SMALL)))


def test_it_is_decoded_once_and_stays_divided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_one(tmp_path / "music")
    first = make(tmp_path / "music", tmp_path / "corpus", rate_hz=RATE_HZ)
    monkeypatch.setattr("reverie.corpus.pool.Pool.run", None)
    again = make(tmp_path / "music", tmp_path / "corpus", rate_hz=RATE_HZ)
    assert again.recordings == first.recordings
    half = make(tmp_path / "music", tmp_path / "corpus", rate_hz=RATE_HZ, train_fraction=0.5)
    assert half.recordings[1].seconds == 50
    whole = make(tmp_path / "music", tmp_path / "corpus", rate_hz=RATE_HZ, balanced=False)
    assert [one.part_of for one in whole.recordings] == [None]


def test_small_ones_beside_it_are_divided_as_ever(tmp_path: Path) -> None:
    long_one(tmp_path / "music", 200.0)
    for number in range(5):
        tune(tmp_path / "music" / f"{number}.wav", number)
    corpus = make(tmp_path / "music", tmp_path / "corpus", rate_hz=RATE_HZ)
    assert [one.path for one in corpus.of_split("held-out") if one.part_of] == [
        "set.wav (2:40.0-3:20.0)"
    ]
    assert len(corpus.of_split("held-out")) == 2
    assert len(corpus.of_split("train")) == 5


def test_a_short_one_stays_whole(tmp_path: Path) -> None:
    long_one(tmp_path / "music", 9.0)
    corpus = make(tmp_path / "music", tmp_path / "corpus", rate_hz=RATE_HZ)
    assert [(one.path, one.split) for one in corpus.recordings] == [("set.wav", "train")]


def test_which_holds_nearly_all() -> None:
    assert nearly_all([]) is None
    assert nearly_all([5]) == 0
    assert nearly_all([5, 95]) == 1
    assert nearly_all([10, 90]) is None


def test_its_own_repeats_are_no_leak_and_those_of_others_are(tmp_path: Path) -> None:
    music = tmp_path / "music"
    wave = long_one(music, 400.0)
    wave[330 * RATE_HZ : 350 * RATE_HZ] = wave[30 * RATE_HZ : 50 * RATE_HZ]
    soundfile.write(music / "set.wav", wave, RATE_HZ)
    settings: dict[str, Any] = {"rate_hz": RATE_HZ}
    assert find_leaks(make(music, tmp_path / "corpus", **settings), quiet=True) == []
    soundfile.write(music / "other.wav", wave[360 * RATE_HZ : 385 * RATE_HZ], RATE_HZ)
    corpus = make(music, tmp_path / "corpus", **settings)
    (leak,) = find_leaks(corpus, quiet=True)
    assert leak.training == "other.wav"
    assert leak.held_out.startswith("set.wav (5:20.0")


def test_a_corpus_made_before_is_read_and_stays_divided_as_it_was(tmp_path: Path) -> None:
    for folder in ("a", "b", "c"):
        for number in range(4):
            tune(tmp_path / "music" / folder / f"{number}.wav", ord(folder) * 10 + number)
    out = tmp_path / "corpus"
    before = make(tmp_path / "music", out, balanced=False)
    _as_version_1(out)
    read = Corpus.open(out)
    unknown = {"sounding_start": None, "sounding_end": None}
    assert read.recordings == [dataclasses.replace(one, **unknown) for one in before.recordings]
    assert make(tmp_path / "music", out).content_hash == before.content_hash
    new = make(tmp_path / "music", tmp_path / "new", train_fraction=0.75)
    shares = [one.path[0] for one in new.of_split("held-out")]
    assert sorted(shares) == ["a", "b", "c"]
    assert "1 of 4 in a, 1 of 4 in b, 1 of 4" in "\n".join(lines(new)).replace("\n  ", " ")


def test_a_corpus_of_one_recording_made_before_is_divided_now(tmp_path: Path) -> None:
    long_one(tmp_path / "music")
    out = tmp_path / "corpus"
    make(tmp_path / "music", out, rate_hz=RATE_HZ, balanced=False)
    _as_version_1(out)
    assert len(make(tmp_path / "music", out, rate_hz=RATE_HZ).recordings) == 2


def _as_version_1(folder: Path) -> None:
    manifest = as_version_3(folder)
    manifest["format_version"] = 1
    del manifest["settings"]["balanced"]
    for one in manifest["recordings"]:
        del one["part_of"]
    (folder / MANIFEST).write_text(json.dumps(manifest))


def test_what_is_left_open_is_decided_in_the_manifest(tmp_path: Path) -> None:
    long_one(tmp_path / "music")
    corpus = make(tmp_path / "music", tmp_path / "corpus")
    told = dataclasses.asdict(ResolvedSettings(rate_hz=16000, channels=2, balanced=True))
    assert dict(corpus.settings) == {name: value for name, value in told.items() if value != ()}


@pytest.mark.parametrize("change", [{"offset_samples": 0}, {"shard": 1}])
def test_parts_that_overlap_are_refused(tmp_path: Path, change: dict[str, int]) -> None:
    long_one(tmp_path / "music")
    out = make(tmp_path / "music", tmp_path / "corpus", rate_hz=RATE_HZ).folder
    manifest = as_version_3(out)
    manifest["recordings"][1] |= change
    (out / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ReverieError, match=r"the parts of set\.wav are not apart"):
        Corpus.open(out)
