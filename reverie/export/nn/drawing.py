"""The draw of a code, as `generation/sampling` has it, for TorchScript. Letters: C values."""

import math

import torch
from torch import Tensor

from reverie.export.nn.noise import waits


def guided(full: Tensor, short: Tensor, scale: float) -> Tensor:
    """Go further from what the newest frames suggest: two of [C] -> [C]."""
    far, near = full.log_softmax(-1), short.log_softmax(-1)
    return near + (1.0 + scale) * (far - near)


def narrowed(logits: Tensor, top_k: int, min_p: float, top_p: float) -> Tensor:
    """Leave out values that are never drawn: [C] -> [C]."""
    if top_k > 0:
        least = logits.topk(min(top_k, logits.shape[0])).values[-1]
        logits = logits.masked_fill(logits < least, -math.inf)
    if min_p > 0:
        logits = logits.masked_fill(logits < logits.max() + math.log(min_p), -math.inf)
    if top_p < 1:
        ordered, places = logits.softmax(-1).sort(descending=True)
        beyond = ordered.cumsum(-1) - ordered >= top_p
        left_out = torch.zeros_like(beyond).scatter(-1, places, beyond)
        logits = logits.masked_fill(left_out, -math.inf)
    return logits


def drawn(logits: Tensor, seed: int, first: int) -> int:
    """Draw a value by a race (see `draw`): [C] -> 0 to C - 1."""
    times = waits(seed, first, logits.shape[0]).to(logits.device)
    return int((logits.double() - times.log()).argmax().item())


def shortfall(values: Tensor, low: float, high: float) -> float:
    """How far the mean of a window is below its usual range; 0 inside."""
    mean = float(values.mean().item())
    return min(max(mean, low), high) - mean
