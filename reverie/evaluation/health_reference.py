"""Take the thresholds of the verdicts from the music that a corpus holds out.

Fixed thresholds do not fit every kind of music: drums are flat, and metal hardly changes from one
half second to the next. Held-out excerpts, and noise made of them, tell what is usual.
Letters: S samples.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reverie.audio.noise import moving_noise
from reverie.cached import Cached
from reverie.corpus.corpus import Corpus
from reverie.corpus.excerpts import cut_evenly
from reverie.errors import ReverieError
from reverie.evaluation.measures.flatness import local_spectral_flatness
from reverie.evaluation.measures.health import (
    FULL_SCALE,
    HealthReference,
    HealthSettings,
    corpus_level_dbfs,
    level_dbfs,
)
from reverie.evaluation.measures.modulation import spectral_modulation
from reverie.evaluation.measures.repetition import (
    half_second_spectral_distance_db,
    strongest_repeat,
)

FILE, VERSION = "health.json", 1
"""Where the thresholds are kept; those of another version are measured again."""
EXCERPT_SECONDS = 10.0
MOST_EXCERPTS, LEAST_EXCERPTS = 30, 8
"""With less held-out music the thresholds are the fixed ones."""
USUAL = 0.98
"""Share of held-out excerpts within each threshold."""
MOVING_NOISE_MISSED = 0.1
"""Share of noise that moves as the music does which may pass for the sake of the music."""
LEAST_STEADY_MODULATION = 1.1
"""Steady noise of any spectrum lies below it, a second long or more."""
LEAST_FROZEN_CHANGE_DB = 0.5
MOST_CLIPPED_SHARE = 0.1
MOST_LOOP_SIMILARITY = 0.995
"""A second of music looped lies above it."""


def health_reference(corpus: Corpus) -> HealthReference:
    """Return what clips that should resemble `corpus` are judged by.

    The thresholds are kept in the corpus's folder, so they are measured once. They are the fixed
    ones if too little music is held out, or if it is damaged.
    """
    level, path = corpus_level_dbfs(corpus), corpus.folder / FILE
    cached: Cached[HealthSettings] = Cached(path, HealthSettings, VERSION, corpus.content_hash)
    try:
        limits = cached.get(lambda: usual_limits(_held_out(corpus, level), corpus.rate_hz))
    except ReverieError:
        return HealthReference(level)
    return HealthReference(level, limits)


def usual_limits(waves: Sequence[NDArray[np.float32]], rate_hz: int) -> HealthSettings:
    """Widen the fixed thresholds as far as music requires and noise made of it permits.

    Args:
        waves: excerpts of real music, float samples [S] each, of about the length of clips.
        rate_hz: of the excerpts.
    """
    fixed = HealthSettings()
    if len(waves) < LEAST_EXCERPTS:
        return fixed
    rng = np.random.default_rng(0)
    flat = np.array([local_spectral_flatness(wave, rate_hz) for wave in waves])
    moving = [local_spectral_flatness(moving_noise(wave, rate_hz, rng), rate_hz) for wave in waves]
    modulation = np.array([spectral_modulation(wave, rate_hz) for wave in waves])
    change = [half_second_spectral_distance_db(wave, rate_hz) for wave in waves]
    clipped = [float(np.mean(np.abs(wave) >= FULL_SCALE)) for wave in waves]
    repeat = [strongest_repeat(wave, rate_hz)[0] for wave in waves]

    noisy = modulation[flat > fixed.steady_noise_flatness]
    least = 0.95 * float(np.quantile(noisy, 1 - USUAL)) if len(noisy) else fixed.steady_modulation
    # Noise that follows a few pure tones is hardly flat, and no bound for other music.
    bound = max(float(np.quantile(moving, MOVING_NOISE_MISSED)), fixed.noise_flatness)
    flattest = min(float(np.quantile(flat, USUAL)) + 0.02, bound)
    stillest = 0.95 * float(np.quantile(change, 1 - USUAL))
    likest = float(np.quantile(repeat, USUAL)) + 0.01
    return dataclasses.replace(
        fixed,
        noise_flatness=max(flattest, fixed.steady_noise_flatness),
        steady_modulation=float(np.clip(least, LEAST_STEADY_MODULATION, fixed.steady_modulation)),
        clipped_share=float(
            np.clip(np.quantile(clipped, USUAL), fixed.clipped_share, MOST_CLIPPED_SHARE)
        ),
        frozen_change_db=float(np.clip(stillest, LEAST_FROZEN_CHANGE_DB, fixed.frozen_change_db)),
        loop_similarity=float(np.clip(likest, fixed.loop_similarity, MOST_LOOP_SIMILARITY)),
    )


def _held_out(corpus: Corpus, level: float) -> list[NDArray[np.float32]]:
    """Return evenly spread excerpts of the held-out music that are not silent.

    Raises:
        ReverieError: a recording is damaged.
    """
    recordings, size = corpus.of_split("held-out"), round(EXCERPT_SECONDS * corpus.rate_hz)
    room = int((recordings.column("samples") // size).sum())
    cut = cut_evenly(corpus, recordings, EXCERPT_SECONDS, min(room, MOST_EXCERPTS))
    silence = level - HealthSettings().silent_below_corpus_db
    return [excerpt.wave for excerpt in cut if level_dbfs(excerpt.wave) > silence]
