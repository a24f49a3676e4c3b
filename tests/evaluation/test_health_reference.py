"""The thresholds of the verdicts come from held-out music, within bounds."""

import dataclasses
import shutil
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.corpus.corpus import Corpus
from reverie.evaluation import health_reference as module
from reverie.evaluation.health_reference import FILE, health_reference, usual_limits
from reverie.evaluation.measures.health import HealthReference, HealthSettings, health
from tests.evaluation.measures.test_health import drums
from tests.music import random_melody

RATE_HZ = 16000
FIXED = HealthSettings()


def hissing_drums(seed: int) -> NDArray[np.float32]:
    """Drums of which most is noise: flatter than the fixed threshold allows."""
    return drums(seed, hiss=1.3).astype(np.float32)


@pytest.fixture(scope="module")
def flat_limits() -> HealthSettings:
    return usual_limits([hissing_drums(seed) for seed in range(8)], RATE_HZ)


def test_tonal_music_keeps_noise_as_strict_as_steady_noise() -> None:
    tunes = [random_melody(seed, RATE_HZ, 10.0) for seed in range(8)]
    limits = usual_limits(tunes, RATE_HZ)
    assert limits.noise_flatness == FIXED.steady_noise_flatness
    assert health(drums().astype(np.float32), RATE_HZ, HealthReference(-20, limits)).verdict == (
        "noise"
    )


def test_music_that_is_flat_is_not_noise_where_it_is_usual(flat_limits: HealthSettings) -> None:
    clip = hissing_drums(99)
    assert health(clip, RATE_HZ, HealthReference(-20)).verdict == "noise"
    assert health(clip, RATE_HZ, HealthReference(-20, flat_limits)).verdict != "noise"


def test_steady_noise_stays_noise_whatever_is_usual(flat_limits: HealthSettings) -> None:
    white = (0.1 * np.random.default_rng(0).standard_normal(10 * RATE_HZ)).astype(np.float32)
    for limits in (flat_limits, usual_limits([white] * 8, RATE_HZ)):
        assert limits.steady_modulation >= module.LEAST_STEADY_MODULATION
        assert health(white, RATE_HZ, HealthReference(-20, limits)).verdict == "noise"


def test_little_music_leaves_the_thresholds_fixed() -> None:
    assert usual_limits([hissing_drums(0)] * (module.LEAST_EXCERPTS - 1), RATE_HZ) == FIXED


def test_thresholds_are_measured_once(music: Corpus, tmp_path: Path) -> None:
    corpus = Corpus.open(Path(shutil.copytree(music.folder, tmp_path / "corpus")))
    (corpus.folder / FILE).unlink(missing_ok=True)
    found = health_reference(corpus)
    assert (corpus.folder / FILE).is_file()
    with patch.object(module, "usual_limits", side_effect=AssertionError):
        assert health_reference(corpus) == found
    text = (corpus.folder / FILE).read_text()
    for damaged in ("", text.replace(corpus.content_hash, "another")):
        (corpus.folder / FILE).write_text(damaged)
        changed = dataclasses.replace(FIXED, loop_similarity=0.95)
        with patch.object(module, "usual_limits", return_value=changed):
            assert health_reference(corpus).limits == changed
