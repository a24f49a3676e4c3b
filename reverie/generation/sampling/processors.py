"""Logits processors: each changes the logits of the next code, one after another.

Letters: C values of a code; `...` leading axes, the clips of a batch.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class LogitsProcessor(Protocol):
    """Changes the logits of the next code."""

    def __call__(self, logits: Tensor) -> Tensor:
        """[..., C] -> [..., C]; a value of minus infinity is never drawn."""
        ...


class StatefulProcessor(LogitsProcessor, Protocol):
    """A processor that depends on the codes drawn so far."""

    def observe(self, logits: Tensor, code: Tensor) -> None:
        """Take in the code that was drawn, [...], and the model's own logits for it, [..., C]."""
        ...

    def reset(self) -> None:
        """Forget the codes drawn so far."""
        ...


@dataclass(frozen=True)
class Guidance:
    """Goes further from what the newest frames alone suggest to what all of them do.

    After Ho & Salimans 2022 (classifier-free guidance) and Malkin et al. 2022 (coherence boosting),
    whose second opinion is that of the same model with a short context.
    """

    scale: float

    def __call__(self, logits: Tensor) -> Tensor:
        """[2, ..., C], from all frames and from the newest alone -> [..., C]."""
        full, short = logits.log_softmax(-1)
        return torch.lerp(short, full, 1 + self.scale)


@dataclass(frozen=True)
class Temperature:
    """Divides the logits."""

    temperature: float

    def __call__(self, logits: Tensor) -> Tensor:
        """[..., C] -> [..., C]."""
        return logits / self.temperature


@dataclass(frozen=True)
class TopK:
    """Keeps the k likeliest values (Fan et al. 2018)."""

    k: int

    def __call__(self, logits: Tensor) -> Tensor:
        """[..., C] -> [..., C]."""
        least = logits.topk(min(self.k, logits.shape[-1]), dim=-1).values[..., -1:]
        return logits.masked_fill(logits < least, -math.inf)


@dataclass(frozen=True)
class MinP:
    """Leaves out values less likely than a share of the likeliest (Nguyen et al. 2024)."""

    share: float

    def __call__(self, logits: Tensor) -> Tensor:
        """[..., C] -> [..., C]."""
        least = logits.amax(-1, keepdim=True) + math.log(self.share)
        return logits.masked_fill(logits < least, -math.inf)


@dataclass(frozen=True)
class TopP:
    """Keeps the likeliest values that have this probability together (Holtzman et al. 2020)."""

    probability: float

    def __call__(self, logits: Tensor) -> Tensor:
        """[..., C] -> [..., C]."""
        ordered, places = logits.softmax(-1).sort(dim=-1, descending=True)
        beyond = ordered.cumsum(-1) - ordered >= self.probability
        left_out = torch.zeros_like(beyond).scatter(-1, places, beyond)
        return logits.masked_fill(left_out, -math.inf)
