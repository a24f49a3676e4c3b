"""The music that frames are fitted to: all of it, or a sample."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from reverie.audio.pcm import FULL_SCALE
from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.sample import spread_evenly
from reverie.corpus.settings import PrepareSettings
from reverie.errors import ReverieError
from reverie.training.excerpts import excerpts, music_to_fit
from reverie.training.recipe import load_recipe
from tests.conftest import RATE_HZ, SMALL
from tests.corpus.older import as_version_3

RECIPE = load_recipe("paper", [*SMALL, "training.trim_silence_db=35"])


@pytest.fixture
def large(corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """A corpus whose music counts as much."""
    for where in ("corpus.sample", "training.excerpts"):
        monkeypatch.setattr(f"reverie.{where}.WHOLE_SECONDS", 10.0)
        monkeypatch.setattr(f"reverie.{where}.STRETCH_SECONDS", 0.5)
        monkeypatch.setattr(f"reverie.{where}.STRETCHES", 7)
    shutil.copytree(corpus_folder, tmp_path / "corpus")
    settings = PrepareSettings(rate_hz=RATE_HZ)
    recordings = corpus_folder.parent / "recordings"
    return prepare(recordings, tmp_path / "corpus", settings, processes=1, quiet=True)


def test_of_little_music_all_is_learnt_from(corpus: Corpus) -> None:
    assert corpus.sample is None
    whole = list(excerpts(corpus, corpus.of_split("train"), 1, 35))
    found = list(music_to_fit(corpus, RECIPE))
    assert len(found) == len(whole) == 4
    assert all(map(torch.equal, found, whole))


def test_of_much_music_a_sample_is(large: Corpus) -> None:
    assert large.sample is not None
    found = [one.numpy()[0, 0] for one in music_to_fit(large, RECIPE)]
    assert [len(one) for one in found] == [RATE_HZ // 2] * len(found)
    train = [large.pcm(one)[0] / np.float32(FULL_SCALE) for one in large.of_split("train")]
    inside = [
        [at for at, wave in enumerate(train) if one.tobytes() in wave.tobytes()] for one in found
    ]
    assert all(inside)
    assert {at for places in inside for at in places} == {0, 1, 2, 3}
    # What an older version prepared has none, and the same is cut from its recordings.
    before = [one.tobytes() for one in found]
    as_version_3(large.folder)
    older = Corpus.open(large.folder)
    assert older.sample is None
    assert [one.numpy().tobytes() for one in music_to_fit(older, RECIPE)] == before


def test_frames_that_are_longer_than_its_stretches_take_all(large: Corpus) -> None:
    recipe = load_recipe("paper", [*SMALL, "frames.hop_seconds=0.5", "training.sequence_seconds=1"])
    assert sum(one.shape[-1] for one in music_to_fit(large, recipe)) == sum(
        one.samples for one in large.of_split("train")
    )


def test_a_sample_that_was_changed_is_refused(large: Corpus) -> None:
    assert large.sample is not None
    path = large.folder / large.sample.file
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    with pytest.raises(ReverieError, match=r"sample-\w+\.pcm is damaged"):
        list(music_to_fit(large, RECIPE))
    path.unlink()
    with pytest.raises(ReverieError, match="no such file"):
        list(music_to_fit(large, RECIPE))


def test_stretches_lie_evenly_in_what_sounds() -> None:
    starts, ends = np.array([100, 0, 50]), np.array([1100, 30, 2050])
    found = spread_evenly(starts, ends, 40, 300)
    assert len(found) == 300
    assert {one.recording for one in found} == {0, 2}
    for one in found:
        assert starts[one.recording] <= one.start <= ends[one.recording] - 40
    counts = [sum(one.recording == which for one in found) for which in (0, 2)]
    assert counts[1] / counts[0] == pytest.approx(1961 / 961, rel=0.02)
    assert spread_evenly(starts, ends, 5000, 7) == []
