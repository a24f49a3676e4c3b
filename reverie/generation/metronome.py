"""The beat that generated music is told: that of its prompt, which goes on.

Letters: B clips.
"""

import torch
from torch import Tensor

MEMORY = 0.7
"""How much of a beat's deviation from the tempo the next one keeps."""


class Metronome:
    """Continues the beat of each clip, frame by frame, as strictly as its prompt keeps it.

    Args:
        beat: [B, 2], of the newest frame; see `models/beat.py`. A period of 0 is no beat.
        frame_seconds: from one frame to the next.
        rubato: [B], standard deviation of the logarithm of a beat's length; None for a strict beat.
        rng: draws the lengths of beats.
    """

    def __init__(
        self,
        beat: Tensor,
        frame_seconds: float,
        rubato: Tensor | None = None,
        rng: torch.Generator | None = None,
    ) -> None:
        # In double precision, or a clip of hours would drift.
        self._position, self._period = beat.cpu().double().unbind(-1)
        self._frame_seconds, self._rng = frame_seconds, rng
        self._rubato = None if rubato is None else rubato.cpu().double()
        self._deviation = torch.zeros_like(self._position)

    def next(self, bpm: float | None = None) -> Tensor:
        """Advance by one frame: its beat, [B, 2].

        Args:
            bpm: the tempo of this frame, also where there was no beat; None for the clip's own.
        """
        period = self._period if bpm is None else torch.full_like(self._period, 60 / bpm)
        period = period * self._deviation.exp()
        step = torch.where(period > 0, self._frame_seconds / period.clamp_min(1e-3), 0)
        position = self._position + step
        if self._rubato is not None:
            begins = position.floor() > self._position.floor()
            noise = torch.randn(len(position), generator=self._rng, dtype=torch.float64)
            drawn = MEMORY * self._deviation + (1 - MEMORY**2) ** 0.5 * self._rubato * noise
            self._deviation = torch.where(begins, drawn, self._deviation)
        self._position = position % 2
        return torch.stack([self._position, period], dim=-1).float()
