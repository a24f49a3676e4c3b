"""What keeps a clip from settling where music never stays: frozen, falling apart, or silent.

A model learns from real music what comes next, never from its own; a clip that has gone somewhere
where music is seldom can stay there. Each guard hears the first code of every frame that is drawn,
keeps the mean of one figure over a window of the newest, and knows the range that held-out music's
mean has; while a clip's own is outside of it, it changes the likelihoods of the next first code.
The finer codes are as good as noise either way.
Letters as in `contract.py`, and C values of a code, N frames of a window.
"""

import math
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

GAIN = 5.0
"""The logarithm of the push for a surprise outside of the range by as much as its middle."""
MOST_PUSH = 2.0
"""The likelihoods' logarithms are multiplied or divided by so much at most."""
LIFT = 0.02
"""Nats that a decibel more is worth, for each decibel that the clip is below the range."""
MOST_LIFT = 0.5
"""Nats that a decibel more or less is worth at most."""


class Range(NamedTuple):
    """Where held-out music usually is, in the mean over a window."""

    least: float
    most: float
    frames: int
    """N."""


class Guard(Protocol):
    """Hears first codes and changes the likelihoods of the next."""

    def adjust(self, logits: Tensor) -> Tensor:
        """Of the next first code: [..., C] -> [..., C]."""
        ...

    def hear(self, logits: Tensor, code: Tensor) -> None:
        """The newest: as the model gave it, [..., C], and which was drawn, [...]."""
        ...


class SurpriseGuard:
    """Keeps a clip as surprising to the model as music is.

    A clip that freezes repeats what the model is sure of, and one that falls apart surprises it at
    every frame; both show in the bits of the first codes. After Basu et al. 2021 (Mirostat), who
    hold the surprise at one value; music's comes and goes.

    Args:
        usual: of music's bits.
    """

    def __init__(self, usual: Range) -> None:
        self._recent = Recent(usual)

    def adjust(self, logits: Tensor) -> Tensor:
        """Flatter where the clip is too sure, steeper where it is surprised too much."""
        most = math.log(MOST_PUSH)
        gain = GAIN / max(self._recent.middle, 1e-6)
        push = (gain * self._recent.missing()).clamp(-most, most).exp()
        return logits / push.unsqueeze(-1).to(logits)

    def hear(self, logits: Tensor, code: Tensor) -> None:
        """What the code was worth."""
        taken = logits.log_softmax(-1).gather(-1, code.unsqueeze(-1)).squeeze(-1)
        self._recent.hear(-taken / math.log(2))


class LevelGuard:
    """Keeps a clip as loud as music is, by codes that are louder or softer.

    A silence that goes on would never end: in music it is short, or the piece is over.

    Args:
        usual: of music's levels, in dB.
        levels: [C], that of each first code.
    """

    def __init__(self, usual: Range, levels: Tensor) -> None:
        self._recent = Recent(usual)
        self._levels = levels

    def adjust(self, logits: Tensor) -> Tensor:
        """Louder codes are likelier where the clip is too soft, softer ones where too loud."""
        lift = (LIFT * self._recent.missing()).clamp(-MOST_LIFT, MOST_LIFT)
        return logits + lift.unsqueeze(-1).to(logits) * self._levels

    def hear(self, logits: Tensor, code: Tensor) -> None:  # noqa: ARG002
        """How loud the code is."""
        self._recent.hear(self._levels[code])


class Recent:
    """The newest values of a figure of each clip; before any were heard, they are as usual.

    Args:
        usual: its range in music, and how many are kept.
    """

    def __init__(self, usual: Range) -> None:
        self.usual, self.middle = usual, (usual.least + usual.most) / 2
        self._values = torch.full((usual.frames, 1), self.middle)
        self._place = 0

    def hear(self, values: Tensor) -> None:
        """Of each clip, [...]."""
        if not self._place:
            self._values = values.new_full((self.usual.frames, *values.shape), self.middle)
        self._values[self._place % self.usual.frames] = values
        self._place += 1

    def missing(self) -> Tensor:
        """How much the mean lacks to the range, or by how much it is over it (negative): [...]."""
        mean = self._values.mean(0)
        least, most, _ = self.usual
        return (least - mean).clamp_min(0) - (mean - most).clamp_min(0)
