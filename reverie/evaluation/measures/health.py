"""Decide whether a clip is music-like sound, silence, noise, a frozen chord, a loop or clipped.

The verdict depends on the clip and on what is usual in the corpus, and says nothing about musical
quality. Noise is flat and steady; drums and distorted guitars are flat and move.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass as settings_dataclass

from reverie.audio.pcm import to_float32
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation.measures.flatness import local_spectral_flatness
from reverie.evaluation.measures.modulation import spectral_modulation
from reverie.evaluation.measures.repetition import (
    half_second_spectral_distance_db,
    strongest_repeat,
)
from reverie.settings import STRICT

Verdict = Literal["ok", "silent", "noise", "frozen", "looping", "clipped"]

QUIETEST_DBFS = -120.0
"""The level that is reported for digital silence."""

FULL_SCALE = 0.999
"""A sample of at least this magnitude counts as clipped."""


@settings_dataclass(frozen=True, config=STRICT)
class HealthSettings:
    """Thresholds of the verdicts; the tests have signals on both sides of each."""

    silent_below_corpus_db: Annotated[float, Field(gt=0)] = 35.0
    """A clip, or a second of it, is silent if it is this many dB below the corpus."""
    silent_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of silent seconds from which on a clip is silent."""
    noise_flatness: Annotated[float, Field(gt=0, lt=1)] = 0.46
    """Local spectral flatness above which a clip is noise, however it moves. Noise of any colour
    has 0.56, and noise that follows the spectrum of music from moment to moment 0.47 or more."""
    steady_noise_flatness: Annotated[float, Field(gt=0, lt=1)] = 0.25
    """Local spectral flatness above which a steady clip is noise. Noise with the spectrum of a
    chord has 0.3, and a piano in equally loud noise 0.35; none of 133 excerpts of the demo
    recordings exceeds 0.12."""
    steady_modulation: Annotated[float, Field(gt=1)] = 1.3
    """Spectral modulation below which a clip is steady. Noise of any spectrum has 1.0, noise that
    fades by 29 dB at most 1.24, and excerpts of drums and metal 1.47 or more."""
    clipped_share: Annotated[float, Field(gt=0, lt=1)] = 0.01
    """Share of samples at full scale above which a clip is clipped."""
    frozen_change_db: Annotated[float, Field(gt=0)] = 1.8
    """Half-second spectral distance below which a clip is frozen, however it moves within half a
    second; none of the same excerpts is below 2.4."""
    steady_frozen_change_db: Annotated[float, Field(gt=0)] = 1.8
    """Half-second spectral distance below which a steady clip is frozen."""
    loop_similarity: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """Autocorrelation of the spectrum over time above which a clip loops; none of the same excerpts
    exceeds 0.65."""


@dataclass(frozen=True)
class HealthReference:
    """What clips are judged by; `health_reference` measures it in a corpus."""

    level_dbfs: float
    """Level of the training recordings, see `corpus_level_dbfs`."""
    limits: HealthSettings = field(default_factory=HealthSettings)


@dataclass(frozen=True)
class Health:
    """Measurements of a clip, and the verdict on it. Levels are in dB re full scale."""

    seconds: float
    rms_dbfs: float
    relative_db: float
    """Level of the clip relative to the corpus."""
    peak_dbfs: float
    clipped_share: float
    """Share of samples at full scale, 0 to 1."""
    dc: float
    """Mean sample; 1.0 is full scale."""
    flatness: float
    """Local spectral flatness: near 0 for tones, 0.56 for noise of any colour."""
    modulation: float
    """How far its bands swing: 1 for steady noise, 1.1 to 5 for music and drums."""
    second_dbfs: tuple[float, ...]
    """Level of each whole second, or of the whole clip if it is shorter."""
    drift_db: float
    """Level of the clip's last quarter relative to its first."""
    half_second_distance_db: float
    """Distance between the spectra of the clip's half seconds, without their level."""
    repeat_similarity: float
    """Largest autocorrelation of the spectrum over time."""
    repeat_seconds: float
    """The delay of that maximum; 0 if the clip is too short."""
    frame_boundary_discontinuity: float | None
    """Mean step between neighbouring samples at frame boundaries relative to elsewhere; 1 means no
    discontinuity."""
    verdict: Verdict
    sentence: str
    """The verdict in plain words."""


def health(
    samples: NDArray[Any],
    rate_hz: int,
    reference: HealthReference,
    hop_samples: int | None = None,
) -> Health:
    """Measure a clip and judge it.

    Args:
        samples: mono [S], floats within -1 to 1 or int16.
        rate_hz: samples per second.
        reference: what it is judged by.
        hop_samples: hop length of the model's frames, to look for clicks at their boundaries.

    Raises:
        ReverieError: there are no samples, or some are not finite.
    """
    limits = reference.limits
    wave = _checked(samples)
    rms = level_dbfs(wave)
    relative = rms - reference.level_dbfs
    seconds = _second_levels(wave, rate_hz)
    clipped = float(np.mean(np.abs(wave) >= FULL_SCALE))
    flatness = local_spectral_flatness(wave, rate_hz)
    modulation = spectral_modulation(wave, rate_hz)
    change = half_second_spectral_distance_db(wave, rate_hz)
    similarity, delay = strongest_repeat(wave, rate_hz)
    quarter = max(len(wave) // 4, 1)
    drift = level_dbfs(wave[-quarter:]) - level_dbfs(wave[:quarter])

    silence = reference.level_dbfs - limits.silent_below_corpus_db
    silent = [level < silence for level in seconds]
    verdict: Verdict
    if rms < silence or np.mean(silent) >= limits.silent_share:
        verdict, sentence = "silent", _silence(rms, relative, silent)
    else:
        verdict, sentence = _fault(
            limits, flatness, modulation, clipped, change, (similarity, delay)
        ) or ("ok", _sound(relative, drift))
    return Health(
        seconds=len(wave) / rate_hz,
        rms_dbfs=rms,
        relative_db=relative,
        peak_dbfs=_decibels(float(np.abs(wave).max()) ** 2),
        clipped_share=clipped,
        dc=float(wave.mean(dtype=np.float64)),
        flatness=flatness,
        modulation=modulation,
        second_dbfs=tuple(seconds),
        drift_db=drift,
        half_second_distance_db=change,
        repeat_similarity=similarity,
        repeat_seconds=delay,
        frame_boundary_discontinuity=frame_boundary_discontinuity(wave, hop_samples)
        if hop_samples
        else None,
        verdict=verdict,
        sentence=sentence,
    )


def _checked(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Return samples [S] as floats.

    Raises:
        ReverieError: there are none, or some are not finite.
    """
    if samples.ndim != 1 or not len(samples):
        raise ReverieError("a clip to judge has no samples.", "Give a mono clip.")
    if samples.dtype != np.int16 and not np.isfinite(samples).all():
        raise ReverieError("a clip to judge has samples that are not numbers.", "Make it again.")
    return to_float32(samples)


def corpus_level_dbfs(corpus: Corpus) -> float:
    """Return the level of all training recordings together: their mean power in dB re full
    scale."""
    train = corpus.of_split("train")
    samples = train.column("samples")
    power = (samples * 10 ** (train.column("rms_dbfs") / 10)).sum()
    return _decibels(float(power) / max(int(samples.sum()), 1))


def level_dbfs(wave: NDArray[np.float32]) -> float:
    """Return the RMS of float samples [S] in dB re full scale, at least `QUIETEST_DBFS`."""
    return _decibels(float(np.mean(wave.astype(np.float64) ** 2)) if len(wave) else 0.0)


def frame_boundary_discontinuity(wave: NDArray[np.float32], hop_samples: int) -> float | None:
    """Return the mean step onto the first sample of each frame over the mean step elsewhere.

    None if the clip contains no frame boundary or is constant.
    """
    steps = np.abs(np.diff(wave))
    at_edge = np.zeros(len(steps), bool)
    at_edge[hop_samples - 1 :: hop_samples] = True
    if hop_samples < 2 or not at_edge.any() or not steps[~at_edge].any():
        return None
    return float(steps[at_edge].mean() / steps[~at_edge].mean())


def _second_levels(wave: NDArray[np.float32], rate_hz: int) -> list[float]:
    whole = max(len(wave) // rate_hz, 1)
    return [level_dbfs(wave[at * rate_hz : (at + 1) * rate_hz]) for at in range(whole)]


def _fault(
    limits: HealthSettings,
    flatness: float,
    modulation: float,
    clipped: float,
    change: float,
    repeat: tuple[float, float],
) -> tuple[Verdict, str] | None:
    """Return the verdict on a clip that is not silent, in a word and a sentence; None if it is
    ok."""
    similarity, delay = repeat
    steady = modulation < limits.steady_modulation
    if flatness > (limits.steady_noise_flatness if steady else limits.noise_flatness):
        return "noise", f"Noise: flatness {flatness:.2f}, where tones are near 0 and noise is 0.56."
    if clipped > limits.clipped_share:
        return "clipped", f"Clipped: {clipped:.1%} of its samples are at full scale."
    if change < (limits.steady_frozen_change_db if steady else limits.frozen_change_db):
        sentence = f"Frozen: its sound hardly changes ({change:.1f} dB from moment to moment)."
        return "frozen", sentence
    if similarity > limits.loop_similarity:
        return "looping", f"Looping: it repeats itself every {delay:.2f} s."
    return None


def _silence(rms: float, relative: float, silent: list[bool]) -> str:
    if rms <= QUIETEST_DBFS:
        return "Silent: every sample is zero or nearly zero."
    if all(silent):
        return f"Silent: {-relative:.0f} dB below the corpus."
    if not silent[0] and all(silent[silent.index(True) :]):
        return f"Silent from {silent.index(True)} s on: the sound dies away."
    return f"Mostly silent: {sum(silent)} of its {len(silent)} seconds."


def _sound(relative: float, drift: float) -> str:
    side = "above" if relative > 0 else "below"
    sentence = f"Ok: {abs(relative):.1f} dB {side} the level of the corpus"
    if drift < -12:
        return f"{sentence}; it fades by {-drift:.0f} dB from start to end."
    if drift > 12:
        return f"{sentence}; it swells by {drift:.0f} dB from start to end."
    return f"{sentence}."


def _decibels(power: float) -> float:
    return max(float(10 * np.log10(max(power, 1e-20))), QUIETEST_DBFS)
