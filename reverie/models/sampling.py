"""Drawing codes, each from its distribution.

Letters as in `contract.py`, and Q codes of a frame, C values of a code.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from reverie.models.guards import Guard
from reverie.models.settings import SampleSettings


def draw_frame(
    stages: int,
    logits_after: Callable[[list[Tensor]], Tensor],
    settings: SampleSettings,
    rng: torch.Generator,
    guards: Sequence[Guard] = (),
) -> Tensor:
    """The codes of a frame, one after another: [..., Q].

    Args:
        stages: Q.
        logits_after: of the next code's values, [..., C], given the codes drawn so far, each [...].
        settings: how to draw.
        rng: for the draws.
        guards: change the likelihoods of the first, and hear which was drawn.
    """
    codes: list[Tensor] = []
    for stage in range(stages):
        logits = adjusted = logits_after(codes)
        here = guards if stage == 0 else ()
        for guard in here:
            adjusted = guard.adjust(adjusted)
        code = draw(adjusted, settings.at_stage(stage, stages), settings, rng)
        codes.append(code)
        for guard in here:
            guard.hear(logits, code)
    return torch.stack(codes, dim=-1)


def draw(
    logits: Tensor, temperature: float, settings: SampleSettings, rng: torch.Generator
) -> Tensor:
    """One value each: [..., C] -> [...].

    Args:
        logits: of the values.
        temperature: divides them; 0 takes the likeliest.
        settings: the rest: `top_k`, `top_p`, `min_p`.
        rng: for the draw.
    """
    if temperature == 0:
        return logits.argmax(-1)
    logits = logits / temperature
    if settings.top_k:
        least = logits.topk(min(settings.top_k, logits.shape[-1]), dim=-1).values[..., -1:]
        logits = logits.masked_fill(logits < least, -math.inf)
    if settings.min_p:
        least = logits.amax(-1, keepdim=True) + math.log(settings.min_p)
        logits = logits.masked_fill(logits < least, -math.inf)
    if settings.top_p < 1:
        ordered, places = logits.softmax(-1).sort(dim=-1, descending=True)
        beyond = ordered.cumsum(-1) - ordered >= settings.top_p
        logits = logits.masked_fill(torch.zeros_like(beyond).scatter(-1, places, beyond), -math.inf)
    # A race: at the rate of its likelihood each value waits an exponential time, and the first to
    # come is taken. One draw a value, whatever the leading axes.
    waits = torch.empty(logits.shape, device=rng.device).exponential_(generator=rng)
    return (logits - waits.clamp_min_(1e-30).log_().to(logits)).argmax(-1)
