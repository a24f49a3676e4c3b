"""The beat that generated music is told: that of its prompt, which goes on.

Letters: B clips, N frames.
"""

import torch
from torch import Tensor


class Metronome:
    """Goes on with the beat of each clip, frame by frame.

    Args:
        beat: [B, 2], of the newest frame; see `models/beat.py`. A period of 0 is no beat.
        frame_seconds: from one frame to the next.
    """

    def __init__(self, beat: Tensor, frame_seconds: float) -> None:
        # In double precision, or a clip of hours would drift.
        self._position, self._period = beat.double().unbind(-1)
        self._frame_seconds = frame_seconds

    def next(self, bpm: float | None = None) -> Tensor:
        """Advance by one frame: its beat, [B, 2].

        Args:
            bpm: the tempo of this frame, also where there was no beat; None for the clip's own.
        """
        period = self._period if bpm is None else torch.full_like(self._period, 60 / bpm)
        step = torch.where(period > 0, self._frame_seconds / period.clamp_min(1e-3), 0)
        self._position = (self._position + step) % 2
        return torch.stack([self._position, period], dim=-1).float()
