"""Drawing codes: each from its distribution, and the guard that keeps a clip from freezing.

Letters as in `contract.py`, and Q codes of a frame, C values of a code, N frames of a window.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from reverie.models.settings import SampleSettings

GAIN = 5.0
"""The logarithm of the push for a surprise outside of the range by as much as its middle."""
MOST_PUSH = 2.0
"""The guard multiplies or divides the temperature by so much at most."""


class SurpriseGuard:
    """Keeps a clip as surprising to the model as music is.

    A clip that freezes repeats what the model is sure of, and one that falls apart surprises it at
    every frame. Both show in the bits of each frame's first code, as the model gave them before
    temperature and limits; the finer codes are as good as noise either way. Their mean over a
    window of held-out music has a range, and while a clip's own is outside of it, the temperature
    of its first code is raised or lowered. After Basu et al. 2021 (Mirostat), who hold the surprise
    at one value; music's comes and goes.

    Args:
        least: low end of the range of held-out music, in bits.
        most: its high end.
        frames: N, of the window.
    """

    def __init__(self, least: float, most: float, frames: int) -> None:
        self.least, self.most, self.frames = least, most, frames
        self._middle = (least + most) / 2
        self._bits = torch.empty(0)
        self._place = 0

    def push(self) -> Tensor | float:
        """What to multiply each clip's temperature by: [..., 1]; 1 within the range."""
        if not self._bits.numel():
            return 1.0
        mean = self._bits.mean(0)
        outside = (self.least - mean).clamp_min(0) - (mean - self.most).clamp_min(0)
        most = math.log(MOST_PUSH)
        gain = GAIN / max(self._middle, 1e-6)
        return (gain * outside).clamp(-most, most).exp().unsqueeze(-1)

    def hear(self, bits: Tensor) -> None:
        """What the newest first code of each clip was worth, [...]."""
        if not self._bits.numel():
            shape = self.frames, *bits.shape
            self._bits = torch.full(shape, self._middle, device=bits.device)
        self._bits[self._place] = bits
        self._place = (self._place + 1) % self.frames


def draw_frame(
    stages: int,
    logits_after: Callable[[list[Tensor]], Tensor],
    settings: SampleSettings,
    rng: torch.Generator,
    guard: SurpriseGuard | None = None,
) -> Tensor:
    """The codes of a frame, one after another: [..., Q].

    Args:
        stages: Q.
        logits_after: of the next code's values, [..., C], given the codes drawn so far, each [...].
        settings: how to draw.
        rng: for the draws.
        guard: sets the temperature of the first, and hears what it was worth.
    """
    codes: list[Tensor] = []
    for stage in range(stages):
        logits = logits_after(codes)
        guarded = guard if stage == 0 else None
        push = guarded.push() if guarded else 1.0
        code = draw(logits, settings.at_stage(stage, stages), settings, rng, push)
        codes.append(code)
        if guarded:
            taken = logits.log_softmax(-1).gather(-1, code.unsqueeze(-1)).squeeze(-1)
            guarded.hear(-taken / math.log(2))
    return torch.stack(codes, dim=-1)


def draw(
    logits: Tensor,
    temperature: float,
    settings: SampleSettings,
    rng: torch.Generator,
    push: Tensor | float = 1.0,
) -> Tensor:
    """One value each: [..., C] -> [...].

    Args:
        logits: of the values.
        temperature: divides them; 0 takes the likeliest.
        settings: the rest: `top_k`, `top_p`, `min_p`.
        rng: for the draw.
        push: divides them too, [..., 1].
    """
    if temperature == 0:
        return logits.argmax(-1)
    logits = logits / (temperature * push)
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
    # The Gumbel-max trick: one draw a value, whatever the leading axes.
    uniform = torch.rand(logits.shape, generator=rng, device=rng.device).to(logits)
    noise = -torch.log(-torch.log(uniform.clamp(1e-20, 1 - 1e-7)))
    return (logits + noise).argmax(-1)
