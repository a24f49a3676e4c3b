"""Structure and drift: what is held, what pulses, what is cut up, what leaves its seed."""

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.evaluation.measures.drift import drift, second_timbres
from reverie.evaluation.measures.mel import RATE_HZ
from reverie.evaluation.measures.structure import chroma, structure
from reverie.evaluation.selftest.damages import mu_law
from tests.audio.making import music
from tests.music import random_melody

TIME = np.arange(8 * RATE_HZ) / RATE_HZ


def white(seconds: float) -> NDArray[np.float32]:
    noise = 0.1 * np.random.default_rng(0).standard_normal(round(seconds * RATE_HZ))
    return noise.astype(np.float32)


def tune(seed: int = 0, seconds: float = 8.0) -> NDArray[np.float32]:
    return music(seconds, seed=seed, rate_hz=RATE_HZ)[:, 0]


def test_a_held_chord_comes_again_and_a_tune_less() -> None:
    chord = np.sin(2 * np.pi * np.outer((220, 277, 330), TIME)).mean(axis=0).astype(np.float32)
    assert structure(chord).tonal_similarity > 0.99
    assert structure(tune()).tonal_similarity < 0.9


def test_even_notes_have_a_pulse_and_noise_has_none() -> None:
    assert structure(random_melody(0, RATE_HZ, 8.0)).pulse > 0.8
    assert structure(white(8.0)).pulse < 0.3


def test_struck_notes_rise_fast_and_reversed_ones_do_not() -> None:
    forward, backward = structure(tune()), structure(tune()[::-1].copy())
    assert forward.onset_asymmetry > 0.2
    assert backward.onset_asymmetry < -0.2


def test_hiss_and_coarse_rounding_raise_the_floor() -> None:
    clean, draw = tune(), np.random.default_rng(0)
    power = float(np.mean(np.square(clean)))
    found = [structure(clean).floor_db]
    for snr_db in (50, 40, 30):
        hiss = draw.standard_normal(len(clean)) * np.sqrt(power) * 10 ** (-snr_db / 20)
        found.append(structure((clean + hiss).astype(np.float32)).floor_db)
    assert np.diff(found).min() > 5
    assert structure(mu_law(clean, RATE_HZ, draw)).floor_db > found[0] + 10
    # It is of the clip alone: louder is the same.
    assert structure(clean / np.float32(10)).floor_db == pytest.approx(found[0], abs=0.1)


def test_silence_has_figures() -> None:
    found = structure(np.zeros(2 * RATE_HZ, np.float32))
    assert (found.pulse, found.spectral_flux_db, found.onset_asymmetry, found.floor_db) == (
        0.0,
        0.0,
        0.0,
        0.0,
    )
    assert structure(tune(seconds=1.0)).tonal_similarity == 0.0


def test_chroma_names_the_note() -> None:
    for midi in (57, 60, 67, 71):
        note = np.sin(2 * np.pi * 440 * 2 ** ((midi - 69) / 12) * TIME).astype(np.float32)
        assert int(chroma(note).mean(axis=0).argmax()) == midi % 12


def test_a_clip_that_goes_on_stays_near_and_noise_does_not() -> None:
    whole = tune(3, 20.0)
    seed, after = whole[: 10 * RATE_HZ], whole[10 * RATE_HZ :]
    spread = second_timbres(whole).std(axis=0)
    found = drift([seed, seed], [after, white(5.0)], spread)
    assert found.shape == (2, 10)
    assert np.nanmax(found[0]) < np.nanmin(found[1])
    assert np.isnan(found[1, 5:]).all()


@pytest.mark.parametrize("seconds", [0.5, 1.0, 3.9])
def test_whole_seconds_are_counted(seconds: float) -> None:
    assert len(second_timbres(tune(1, 8.0)[: round(seconds * RATE_HZ)])) == int(seconds)
