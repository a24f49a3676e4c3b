"""Held-out music that training recordings have too is found, and told."""

import shutil
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from reverie.corpus.corpus import Corpus
from reverie.corpus.index import FOLDER as INDEX
from reverie.corpus.inspection import costs, findings
from reverie.corpus.leaks import (
    FEWEST_PAIRS,
    FILE,
    HELD_OUT_SECONDS,
    LOOKED_UP_SECONDS,
    MEASURED_SECONDS,
    MOST_REPEATS,
    REFERENCE_HZ,
    find_leaks,
    known_leaks,
)
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.similarity.landmark_search import LandmarkSearch
from tests.audio.making import music
from tests.similarity.looking import look_up

RATE_HZ = 8000


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Five tunes; each begins with a part of one of another."""
    folder = tmp_path_factory.mktemp("leaky")
    (folder / "recordings").mkdir()
    shared = music(25.0, seed=99, rate_hz=RATE_HZ)[:, 0]
    for number in range(5):
        own = music(30.0, seed=number, rate_hz=RATE_HZ)[:, 0]
        tune = np.concatenate([own[: (number + 1) * RATE_HZ], shared, own])
        soundfile.write(folder / "recordings" / f"{number}.wav", tune * 0.8, RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ)
    return prepare(folder / "recordings", folder / "corpus", settings, processes=1, quiet=True)


def test_a_leak_is_found_and_told(leaky: Corpus) -> None:
    (held_out,) = leaky.of_split("held-out")
    found = find_leaks(leaky, quiet=True)
    assert found
    assert found[0].held_out == held_out.path
    assert found[0].seconds >= 20
    told = [one.text for one in findings(leaky, found) if one.tone == "bad"]
    assert any("occur in the training recording" in one for one in told)


def test_what_was_found_is_kept(leaky: Corpus) -> None:
    first = known_leaks(leaky, quiet=True)
    path = leaky.folder / FILE
    with patch("reverie.corpus.leaks.find_leaks", side_effect=AssertionError):
        assert known_leaks(leaky, quiet=True) == first
    for old, new in ((first[0].training, "kept.wav"), (leaky.content_hash, "another corpus")):
        path.write_text(path.read_text().replace(old, new))
        assert known_leaks(leaky, quiet=True) == first


def test_the_cost_of_a_search_is_of_what_is_left_to_do(leaky: Corpus, tmp_path: Path) -> None:
    shutil.copytree(leaky.folder, tmp_path / "corpus")
    (tmp_path / "corpus" / FILE).unlink(missing_ok=True)
    shutil.rmtree(tmp_path / "corpus" / INDEX, ignore_errors=True)
    corpus = Corpus.open(tmp_path / "corpus")
    training, held_out = (corpus.of_split(split).seconds / 3600 for split in ("train", "held-out"))
    looked_up = HELD_OUT_SECONDS * held_out + LOOKED_UP_SECONDS * 360 * held_out * training
    measured = MEASURED_SECONDS * RATE_HZ / REFERENCE_HZ * training
    assert costs(corpus)["leaks"] == pytest.approx(measured + looked_up)
    # Clips that were judged had the training music measured.
    find_leaks(corpus, quiet=True)
    assert costs(corpus)["leaks"] == pytest.approx(looked_up)
    known_leaks(corpus, quiet=True)
    assert costs(corpus)["leaks"] == 0


def test_different_tunes_do_not_leak(corpus: Corpus, tmp_path: Path) -> None:
    assert find_leaks(corpus, quiet=True) == []
    assert list(tmp_path.iterdir()) == []


def tone(pitch_hz: float, turn: float, t: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sum(
        [np.sin(2 * np.pi * k * pitch_hz * t + k * turn) / k for k in range(1, 9)], axis=0
    )


def shared(kind: str, number: int) -> NDArray[np.float32]:
    """Recording `number` of some that have nothing but a steady sound in common, of 12 s."""
    rng = np.random.default_rng(number)
    t = np.arange(12 * RATE_HZ) / RATE_HZ
    hiss = rng.standard_normal(len(t))
    match kind:
        case "offset":
            wave = 0.1 + 0.01 * hiss
        case "hum":
            wave = 0.2 * tone(50, 0.0, t) + 3e-4 * hiss
        case "drone":
            wave = 0.2 * tone(110, number, t) + 1e-4 * hiss
        case "tone":
            wave = 0.3 * np.sin(2 * np.pi * 440 * t + number)
        case "tremolo":
            wave = 0.2 * tone(220, 0.0, t) * (1 + 0.2 * np.sin(2 * np.pi * 4 * t + number))
        case "vibrato":
            wave = 0.2 * tone(220, 0.0, t + 8e-4 * np.sin(2 * np.pi * 5 * t + number))
        case _:
            # A metronome, beside music.
            wave = 0.5 * np.sin(2 * np.pi * 1500 * t) * np.exp(-300 * (t % 0.5))
            wave = wave + 0.2 * music(12.0, seed=number, rate_hz=RATE_HZ)[:, 0]
    return wave.astype(np.float32)


@pytest.mark.parametrize(
    "kind", ["offset", "hum", "drone", "tone", "tremolo", "vibrato", "metronome"]
)
def test_steady_sounds_do_not_leak(tmp_path: Path, kind: str) -> None:
    (tmp_path / "recordings").mkdir()
    for number in range(3):
        path = tmp_path / "recordings" / f"{number}.wav"
        soundfile.write(path, shared(kind, number), RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ, train_fraction=0.5)
    out = tmp_path / "corpus"
    corpus = prepare(tmp_path / "recordings", out, settings, processes=1, quiet=True)
    assert len(corpus.recordings) == 3
    assert find_leaks(corpus, quiet=True) == []


def test_what_was_kept_and_damaged_is_found_again(leaky: Corpus) -> None:
    found = known_leaks(leaky, quiet=True)
    path = leaky.folder / FILE
    whole = path.read_text()
    for damaged in ("[]", whole[:50], whole.replace('"seconds": ', '"seconds": 1e999, "x": ')):
        path.write_text(damaged)
        assert known_leaks(leaky, quiet=True) == found
        assert path.read_text() == whole


def test_too_few_pairs_are_not_looked_for() -> None:
    """What may not matter is left out, and the rest is the same."""
    waves = [music(8.0, seed=seed, rate_hz=RATE_HZ)[:, 0] for seed in range(6)]
    clips = [waves[0][: 5 * RATE_HZ], waves[1], music(3.0, seed=9, rate_hz=RATE_HZ)[:, 0]]
    bests = []
    for least in (1, FEWEST_PAIRS):
        search = LandmarkSearch(clips, RATE_HZ, least_pairs=least, most_repeats=MOST_REPEATS)
        for number, wave in enumerate(waves):
            look_up(search, RATE_HZ, number, 0.0, wave)
        bests.append(search.best())
    for every, enough in zip(*bests, strict=True):
        assert enough == every if every.pairs >= FEWEST_PAIRS else enough.pairs == 0
    assert bests[1][1].recording == 1
