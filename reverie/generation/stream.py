"""Samples that go on from a seed without a seam, as they are made.

Letters: B clips, S samples, N frames of the seed, K frames that one step sees.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from reverie.frames.contract import Representation
from reverie.generation.continuation import Method, continue_frames
from reverie.models.contract import FrameModel
from reverie.models.settings import SampleSettings

CHUNK_SAMPLES = 16000


def continue_samples(
    model: FrameModel,
    representation: Representation,
    seed: Tensor,
    method: Method,
    rng: torch.Generator,
    sample: SampleSettings,
    steps: int,
    total: int,
) -> Iterator[Tensor]:
    """Samples that go on from a seed without a seam.

    Frames that overlap are begun by the seed's last ones; what the seed's own audio already holds
    is left out.

    Args:
        model: a trained model, of K frames a step.
        representation: of its frames.
        seed: [B, S], whole frames of it: S = `measures.samples_for(N)`, N at least K - 1.
        method: `rolling` or `carry`.
        rng: for the head's draws.
        sample: for the head's draws.
        steps: T, of the rolling window.
        total: samples wanted.

    Yields:
        samples [B, about a second], `total` in all.
    """
    measures = representation.measures
    if seed.shape[1] < measures.samples_for(1):
        heard = representation.analyse(seed.new_zeros(len(seed), measures.samples_for(1)))[:, :0]
        tail = representation.silent_tail(len(seed), heard)
    else:
        heard, tail = representation.analyse(seed), representation.tail_after(seed)
    new = continue_frames(model, heard, method, rng, sample, steps)
    frame_samples = measures.frame_samples
    per_chunk = max(1, CHUNK_SAMPLES // frame_samples)
    left = total
    while left > 0:
        needed = min(per_chunk, math.ceil(left / frame_samples))
        chunk = torch.stack([next(new) for _ in range(needed)], dim=1)
        samples, tail = representation.synthesise(chunk, tail)
        yield samples[:, :left]
        left -= samples.shape[1]
