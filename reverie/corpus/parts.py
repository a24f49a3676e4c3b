"""Divide a recording that holds nearly all of the corpus by time, and hold out its end.

A concert, an album side or an archive's tape is often one file. The two parts are separate
recordings of the corpus, so that no training sequence or prompt spans both. They share the whole
recording's samples, which are stored once.
"""

import dataclasses
import hashlib
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reverie.audio.channels import mixed
from reverie.audio.loudness import LoudnessMeter
from reverie.audio.pcm import to_float32
from reverie.corpus.analysis import decibels
from reverie.corpus.ends import BlockPowers
from reverie.corpus.recording import Recording, Split
from reverie.corpus.settings import ResolvedSettings
from reverie.progress import position

NEARLY_ALL = 0.9
"""A recording that holds more than this share of the time is divided, because otherwise one of the
two splits would have almost nothing."""
GAP_SECONDS = 10.0
"""Gap between the parts: one training sequence of the paper, in which the last notes decay and the
phrase ends."""
LARGEST_GAP = 0.05
"""Largest share of the recording that the gap takes: a short recording has a shorter gap."""
_PIECE_SAMPLES = 1 << 20


def nearly_all(lengths: Sequence[int]) -> int | None:
    """Return the index of the recording that holds nearly all of the time; None if none does."""
    if not lengths:
        return None
    longest = int(np.argmax(lengths))
    return longest if lengths[longest] > NEARLY_ALL * sum(lengths) else None


def divided(
    whole: Recording, pcm: NDArray[np.int16], settings: ResolvedSettings
) -> tuple[Recording, ...]:
    """Divide a recording by time.

    Args:
        whole: the recording.
        pcm: its samples, int16 [C, samples].
        settings: of the corpus; the part after `train_fraction` is held out.

    Returns:
        The training part and the held-out part; nothing if the latter would be silent or shorter
        than the shortest admitted recording.
    """
    rate = settings.rate_hz
    begin = round(settings.train_fraction * whole.samples)
    gap = round(min(GAP_SECONDS * rate, LARGEST_GAP * whole.samples))
    if min(begin - gap, whole.samples - begin) < max(settings.min_seconds * rate, 1):
        return ()
    parts = (
        _part(whole, pcm, 0, begin - gap, "train", rate),
        _part(whole, pcm, begin, whole.samples, "held-out", rate),
    )
    return parts if all(part.peak_dbfs >= settings.silence_dbfs for part in parts) else ()


def _part(
    whole: Recording,
    pcm: NDArray[np.int16],
    first: int,
    last: int,
    split: Split,
    rate_hz: int,
) -> Recording:
    meter, digest, peak, squares = LoudnessMeter(rate_hz, len(pcm)), hashlib.sha256(), 0.0, 0.0
    powers = BlockPowers(rate_hz)
    for start in range(first, last, _PIECE_SAMPLES):
        stored = pcm[:, start : min(start + _PIECE_SAMPLES, last)]
        digest.update(stored.T.astype("<i2", copy=False).tobytes())
        powers.add(stored)
        samples = to_float32(stored)
        meter.add(samples)
        peak = max(peak, float(np.abs(samples).max()))
        mono = mixed(samples)
        squares += float(np.dot(mono, mono))
    loudness = meter.integrated()
    count = last - first
    rms_dbfs = decibels(math.sqrt(squares / count))
    sounding_start, sounding_end = powers.ends(rms_dbfs)
    return dataclasses.replace(
        whole,
        path=f"{whole.path} ({position(first / rate_hz)}-{position(last / rate_hz)})",
        content_hash=digest.hexdigest(),
        seconds=round(count / rate_hz, 3),
        loudness_lufs=None if loudness is None else round(loudness, 2),
        peak_dbfs=decibels(peak),
        rms_dbfs=rms_dbfs,
        split=split,
        offset_samples=whole.offset_samples + first * whole.channels,
        samples=count,
        part_of=whole.path,
        sounding_start=sounding_start,
        sounding_end=sounding_end,
    )
