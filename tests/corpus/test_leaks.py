"""Held-out music that training recordings have too is found, and told."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from reverie.corpus.corpus import Corpus
from reverie.corpus.inspection import findings
from reverie.corpus.leaks import FILE, find_leaks, known_leaks
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from tests.audio.making import music

RATE_HZ = 8000


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Five tunes; each begins with a part of one of another."""
    folder = tmp_path_factory.mktemp("leaky")
    (folder / "recordings").mkdir()
    shared = music(25.0, rng_seed=99, rate_hz=RATE_HZ)[:, 0]
    for number in range(5):
        own = music(30.0, rng_seed=number, rate_hz=RATE_HZ)[:, 0]
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
    assert any("are in the training recording" in one for one in told)


def test_what_was_found_is_kept(leaky: Corpus) -> None:
    first = known_leaks(leaky, quiet=True)
    path = leaky.folder / FILE
    path.write_text(path.read_text().replace(first[0].training, "kept.wav"))
    assert known_leaks(leaky, quiet=True)[0].training == "kept.wav"
    path.write_text(path.read_text().replace(leaky.content_hash, "another corpus"))
    assert known_leaks(leaky, quiet=True) == first


def test_different_tunes_do_not_leak(corpus: Corpus, tmp_path: Path) -> None:
    assert find_leaks(corpus, quiet=True) == []
    assert list(tmp_path.iterdir()) == []
