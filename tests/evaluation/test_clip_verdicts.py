"""A verdict on each finished clip, with its reason, also where the corpus is gone."""

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from reverie.corpus.corpus import Corpus
from reverie.evaluation.clip_verdicts import (
    LEVEL_UNKNOWN,
    WHOLE_SECONDS,
    reference_of,
    verdict_of,
    verdict_of_file,
)
from reverie.evaluation.health_reference import health_reference
from reverie.evaluation.measures.health import HealthReference, health
from reverie.runs.run import Run
from reverie.training.recipe import load_recipe
from tests.conftest import SMALL
from tests.music import random_melody

RATE_HZ = 8000
REFERENCE = HealthReference(-15.0)
TUNE = random_melody(0, RATE_HZ, 10.0)
NOISE = (0.1 * np.random.default_rng(0).standard_normal(len(TUNE))).astype(np.float32)
DYING = np.concatenate([TUNE[: 3 * RATE_HZ], np.zeros(7 * RATE_HZ, np.float32)])
CLIPPED = np.clip(20 * TUNE, -1, 1)


@pytest.mark.parametrize("wave", [TUNE, NOISE, DYING, CLIPPED, 0 * TUNE, 1e-3 * TUNE])
def test_it_is_the_verdict_of_health(wave: NDArray[np.float32]) -> None:
    found, expected = verdict_of(wave, RATE_HZ, REFERENCE), health(wave, RATE_HZ, REFERENCE)
    assert (found.verdict, found.sentence) == (expected.verdict, expected.sentence)
    assert found.tone == ("good" if expected.verdict == "ok" else "bad")


@pytest.mark.parametrize(
    ("wave", "verdict", "said"),
    [
        (TUNE, "ok", LEVEL_UNKNOWN),
        (1e-3 * TUNE, "ok", LEVEL_UNKNOWN),
        (NOISE, "noise", "Noise"),
        (DYING, "silent", "Silent from 3 s on"),
        (CLIPPED, "clipped", "Clipped"),
        (0 * TUNE, "silent", "every sample is zero"),
        (1e-5 * TUNE, "silent", "every sample is zero"),
        (np.full(100, np.nan, np.float32), None, "Cannot be judged"),
        (TUNE[:0], None, "Cannot be judged"),
        (TUNE[:10], "frozen", "Frozen"),
    ],
)
def test_without_a_corpus_all_but_the_level_is_judged(
    wave: NDArray[np.float32], verdict: str | None, said: str
) -> None:
    found = verdict_of(wave, RATE_HZ, None)
    assert (found.verdict, said in found.sentence) == (verdict, True), found
    assert "corpus" not in found.sentence or LEVEL_UNKNOWN in found.sentence


def test_a_file_is_judged_as_its_samples(tmp_path: Path) -> None:
    for name in ("a.wav", "a.flac"):
        soundfile.write(tmp_path / name, TUNE, RATE_HZ)
        assert verdict_of_file(tmp_path / name, REFERENCE) == verdict_of(TUNE, RATE_HZ, REFERENCE)


def test_channels_are_averaged(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.stack([TUNE, -TUNE], axis=1), RATE_HZ)
    assert verdict_of_file(tmp_path / "a.wav", REFERENCE).verdict == "silent"


@pytest.mark.parametrize("content", [b"", b"no sound"])
def test_a_broken_file_is_not_judged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    found = verdict_of_file(tmp_path / "a.wav", REFERENCE)
    assert (found.verdict, found.tone) == (None, "warn")
    assert "a.wav cannot be read" in found.sentence
    assert verdict_of_file(tmp_path / "b.wav", REFERENCE).verdict is None


def test_a_long_clip_is_judged_in_stretches_its_end_included(tmp_path: Path) -> None:
    long = random_melody(1, RATE_HZ, 1.5 * WHOLE_SECONDS)
    soundfile.write(tmp_path / "a.wav", long, RATE_HZ)
    found = verdict_of_file(tmp_path / "a.wav", REFERENCE)
    assert (found.verdict, "4 stretches of 30 s" in found.sentence) == ("ok", True)
    assert LEVEL_UNKNOWN in verdict_of_file(tmp_path / "a.wav", None).sentence
    long[-30 * RATE_HZ :] = 0
    soundfile.write(tmp_path / "a.wav", long, RATE_HZ)
    found = verdict_of_file(tmp_path / "a.wav", REFERENCE)
    assert (found.verdict, found.sentence[:17]) == ("silent", "2:30.0-3:00.0: Si")


def test_it_takes_less_than_a_clip_does_to_make(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", TUNE, RATE_HZ)
    verdict_of_file(tmp_path / "a.wav", REFERENCE)
    began = time.process_time()
    verdict_of_file(tmp_path / "a.wav", REFERENCE)
    assert time.process_time() - began < 1.5


def test_the_reference_is_that_of_the_corpus_if_it_is_there(music: Corpus, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", load_recipe("paper", SMALL), music)
    assert reference_of(run) == health_reference(music)
    gone = Run.open(tmp_path / "run", tmp_path)
    assert reference_of(gone) is None
