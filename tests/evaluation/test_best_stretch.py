"""The best stretch of a clip is where the measures that judge clips find no fault."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import reverie.demo
from reverie.audio.pcm import to_float32
from reverie.audio.provenance import read_sidecar
from reverie.audio.reading.decode import load
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation.best_stretch import best_stretch, copied_spans, corpus_of, trim_to_best
from reverie.evaluation.clip_verdicts import LEVEL_UNKNOWN, verdict_of
from reverie.evaluation.measures.health import HealthReference
from tests.evaluation.conftest import RATE_HZ

RATE = 16000
REFERENCE = HealthReference(-21.0)
RNG = np.random.default_rng(0)
NOISE = (0.1 * RNG.standard_normal(6 * RATE)).astype(np.float32)
SILENCE = np.zeros(6 * RATE, np.float32)


@pytest.fixture(scope="module")
def tune() -> NDArray[np.float32]:
    """Eight seconds of a real recording."""
    recordings = sorted((Path(reverie.demo.__file__).parent / "recordings").glob("*.opus"))
    return load(recordings[5], RATE)[0][20 * RATE : 28 * RATE]


def chord() -> NDArray[np.float32]:
    time = np.arange(8 * RATE) / RATE
    pitches_hz = (220.0, 277.2, 329.6)
    return np.sum([0.08 * np.sin(2 * np.pi * hz * time) for hz in pitches_hz], axis=0, dtype="f4")


def test_a_good_clip_stays_whole(tune: NDArray[np.float32]) -> None:
    found = best_stretch(tune, RATE, REFERENCE)
    assert (found.start_seconds, found.end_seconds) == pytest.approx((0, 8), abs=0.1)
    assert (found.refused, found.sentence) == ({}, "")


@pytest.mark.parametrize("reason", ["silent", "noise", "frozen", "looping", "clipped"])
@pytest.mark.parametrize("is_first", [True, False])
def test_each_fault_is_left_out_on_either_side(
    tune: NDArray[np.float32], reason: str, *, is_first: bool
) -> None:
    bad = {
        "silent": SILENCE,
        "noise": NOISE,
        "frozen": chord(),
        "looping": np.tile(tune[: 13 * RATE // 10], 7),
        "clipped": np.clip(30 * tune, -1, 1),
    }[reason]
    wave = np.concatenate([bad, tune] if is_first else [tune, bad])
    found = best_stretch(wave, RATE, REFERENCE)
    first = len(bad) / RATE if is_first else 0.0
    # Frozen and looping are seen in whole windows only, so some of them may stay.
    slack = 1.6 if reason in {"frozen", "looping"} else 1.1
    assert found.start_seconds == pytest.approx(first, abs=slack)
    assert found.end_seconds == pytest.approx(first + 8, abs=slack)
    assert set(found.refused) == {reason}
    assert reason in found.sentence
    kept = wave[round(found.start_seconds * RATE) : round(found.end_seconds * RATE)]
    assert verdict_of(kept, RATE, REFERENCE).verdict == "ok"


def test_the_longer_of_two_good_stretches_is_kept(tune: NDArray[np.float32]) -> None:
    wave = np.concatenate([tune[: 5 * RATE], NOISE, tune])
    found = best_stretch(wave, RATE, REFERENCE)
    assert found.start_seconds == pytest.approx(11, abs=0.6)
    assert found.end_seconds == pytest.approx(19, abs=0.1)


def test_copies_are_counted_among_the_refusals(tune: NDArray[np.float32]) -> None:
    wave = np.concatenate([tune, tune[::-1]])
    found = best_stretch(wave, RATE, REFERENCE, [(9.0, 11.0)])
    assert (found.start_seconds, found.end_seconds) == pytest.approx((0, 9), abs=0.1)
    assert found.refused["copied"] >= 2
    assert "s copied" in found.sentence


@pytest.mark.parametrize("wave", [NOISE, SILENCE, np.full(6 * RATE, np.nan, np.float32)])
def test_a_clip_that_is_bad_throughout_stays_whole_and_says_so(wave: NDArray[np.float32]) -> None:
    found = best_stretch(wave, RATE, REFERENCE)
    assert (found.start_seconds, found.end_seconds) == (0, 6)
    assert sum(found.refused.values()) == 6
    assert "Every stretch of it has a fault" in found.sentence


def test_of_a_short_clip_only_quiet_ends_go(tune: NDArray[np.float32]) -> None:
    wave = np.concatenate([SILENCE[:RATE], tune[: 5 * RATE // 2]])
    found = best_stretch(wave, RATE, REFERENCE)
    assert (found.start_seconds, found.end_seconds) == pytest.approx((1, 3.5), abs=0.1)
    assert "shorter than 4 s" in found.sentence
    assert best_stretch(wave[:0], RATE, REFERENCE).end_seconds == 0


def test_without_a_corpus_it_says_what_is_not_judged(tune: NDArray[np.float32]) -> None:
    assert LEVEL_UNKNOWN in best_stretch(tune, RATE, None).sentence


def test_only_the_part_between_times_is_looked_at(tune: NDArray[np.float32]) -> None:
    wave = np.concatenate([tune, tune[::-1]])
    found = best_stretch(wave, RATE, REFERENCE, within=(3.0, 10.0))
    assert (found.start_seconds, found.end_seconds) == pytest.approx((3, 10), abs=0.1)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_file_is_cut_and_says_how(
    tune: NDArray[np.float32], tmp_path: Path, channels: int
) -> None:
    wave = np.concatenate([NOISE, tune])
    soundfile.write(tmp_path / "a.wav", np.stack([wave] * channels, axis=1), RATE)
    found = trim_to_best(tmp_path / "a.wav", tmp_path / "b.wav", None)
    assert (found.start_seconds, found.end_seconds) == pytest.approx((6, 14), abs=0.6)
    whole, cut = (soundfile.read(tmp_path / name)[0] for name in ("a.wav", "b.wav"))
    first = round(found.start_seconds * RATE)
    np.testing.assert_array_equal(cut, whole[first : first + len(cut)])
    trim = read_sidecar(tmp_path / "b.wav").trim
    assert trim is not None
    assert trim.how == "by measures"
    assert trim.start_seconds == pytest.approx(found.start_seconds)


def test_a_time_that_is_given_is_kept(tune: NDArray[np.float32], tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.concatenate([tune, NOISE]), RATE)
    found = trim_to_best(tmp_path / "a.wav", tmp_path / "b.wav", None, start=1.0)
    assert found.start_seconds == 1.0
    assert found.end_seconds == pytest.approx(8, abs=0.6)
    both = trim_to_best(tmp_path / "a.wav", tmp_path / "c.wav", None, 2.0, 9.0)
    assert (both.start_seconds, both.end_seconds) == (2.0, 9.0)
    assert json.loads((tmp_path / "c.json").read_text())["trim"]["how"] == "by hand"
    with pytest.raises(ReverieError, match="no time in a clip"):
        trim_to_best(tmp_path / "a.wav", tmp_path / "d.wav", None, start=float("nan"))


def test_what_a_clip_repeats_is_found_and_cut_out(music: Corpus, tmp_path: Path) -> None:
    held_out, training = music.of_split("held-out")[0], music.of_split("train")[0]
    own = to_float32(music.pcm(held_out)[0])[: 10 * RATE_HZ]
    theirs = to_float32(music.pcm(training)[0])[2 * RATE_HZ : 8 * RATE_HZ]
    soundfile.write(tmp_path / "a.wav", np.concatenate([own, theirs]), RATE_HZ)
    ((first, last),) = copied_spans(tmp_path / "a.wav", music, quiet=True)
    assert 9.5 < first < 12
    assert 13 < last < 18
    found = trim_to_best(tmp_path / "a.wav", tmp_path / "b.wav", music, quiet=True)
    assert (found.start_seconds, found.end_seconds) == pytest.approx((0, first), abs=0.6)
    assert found.refused["copied"] > 2
    kept = trim_to_best(tmp_path / "a.wav", tmp_path / "c.wav", music, copies=False, quiet=True)
    assert kept.end_seconds == pytest.approx(16, abs=0.1)


def test_a_clip_of_unknown_origin_has_no_corpus(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", NOISE, RATE)
    assert corpus_of(tmp_path / "a.wav") is None
    assert corpus_of(tmp_path / "none.wav") is None
