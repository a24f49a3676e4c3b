"""The music of prompts, ready to be continued.

Letters: B clips, C channels, S samples, N frames, K frames that one step of the model sees.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class PromptMusic:
    """What a stream continues."""

    samples: Tensor
    """[B, C, S], whole frames: S = `spec.samples_for(N)`, N at least K - 1. Less than one frame of
    samples begins from nothing."""
    beat: Tensor | None = None
    """[B, N + 1, 2], of its frames and of the one after them (see `models/beat.py`); None for no
    beat."""
    rubato: Tensor | None = None
    """[B], how freely the beat goes: standard deviation of the logarithm of a beat's length."""

    def to(self, device: torch.device) -> "PromptMusic":
        """Return the same on `device`."""
        beat = None if self.beat is None else self.beat.to(device)
        return PromptMusic(self.samples.to(device), beat, self.rubato)
