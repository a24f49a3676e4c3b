"""Play passages again: what makes a long piece return to what it was.

A model that carries a state forgets within seconds; in music, something of the last minute comes
back. A passage is copied, frame by frame, from the same place among the beats; what follows it is
drawn anew, from a model that has just heard the passage.
Letters: B clips, D width of a frame, M frames that are remembered.
"""

import math

import torch
from torch import Tensor

PASSAGE_SECONDS = 3.0
"""As long as the sequences that models are trained on: after it they know nothing else."""
APART_SECONDS = 8.0
"""A passage that is played again began at least so long ago."""
MEMORY_SECONDS = 64.0
TEMPO_TOLERANCE = math.log(1.1)
"""Passages of another tempo than that of now are not played again."""


class Reprise:
    """The frames of each clip so far, and which of them are being played again.

    Args:
        frame_seconds: from one frame to the next.
        rng: chooses the passages.
    """

    def __init__(self, frame_seconds: float, rng: torch.Generator) -> None:
        self._frame_seconds, self._rng = frame_seconds, rng
        self._passage, self._apart, self._memory = (
            max(1, round(seconds / frame_seconds))
            for seconds in (PASSAGE_SECONDS, APART_SECONDS, MEMORY_SECONDS)
        )
        self._frames = torch.empty(0)
        self._beats = torch.empty(0)
        self._count = 0
        self._source: list[int] = []
        """Of each clip the frame that is played again next."""
        self._left: list[int] = []
        """Of each clip the frames of its passage that are still to come."""
        self._since: list[int] = []
        """Of each clip the frame at which its last passage began."""

    def next(self, frame: Tensor, beat: Tensor | None, every_seconds: float) -> Tensor:
        """Return the next frame of each clip: the one that was drawn, or one of a passage.

        Args:
            frame: [B, D], as drawn.
            beat: [B, 2], of it; see `models/beat.py`. None for no beat.
            every_seconds: from the beginning of one passage to that of the next, at least; 0 plays
                none again.

        Returns:
            [B, D].
        """
        beat = torch.zeros(len(frame), 2) if beat is None else beat.cpu()
        if not self._count:
            self._begin(frame)
        if every_seconds:
            for clip in range(len(frame)):
                waited = (self._count - self._since[clip]) * self._frame_seconds
                if not self._left[clip] and waited >= every_seconds:
                    self._choose(clip, beat[clip])
        if any(self._left):
            frame = frame.clone()
            for clip, left in enumerate(self._left):
                if left:
                    frame[clip] = self._frames[clip, self._source[clip] % self._memory]
                    self._source[clip] += 1
                    self._left[clip] -= 1
        place = self._count % self._memory
        self._frames[:, place], self._beats[:, place] = frame, beat
        self._count += 1
        return frame

    def _begin(self, frame: Tensor) -> None:
        clips, width = frame.shape
        self._frames = frame.new_zeros(clips, self._memory, width)
        self._beats = torch.zeros(clips, self._memory, 2)
        self._source, self._left, self._since = [0] * clips, [0] * clips, [0] * clips

    def _choose(self, clip: int, beat: Tensor) -> None:
        """Choose a passage that goes on from `beat`; where there is none, the next frame tries."""
        first = max(0, self._count - self._memory + self._passage)
        starts = torch.arange(first, max(first, self._count - self._apart + 1))
        beats = self._beats[clip, starts % self._memory]
        position, period = beats[:, 0], beats[:, 1]
        now, seconds = float(beat[0]), float(beat[1])
        if seconds:
            # The whole beats count too, of two.
            away = ((position - now + 1) % 2 - 1).abs()
            near = (period.clamp_min(1e-3) / seconds).log().abs() <= TEMPO_TOLERANCE
            fits = near & (away <= 0.5 * self._frame_seconds / seconds)
        else:
            fits = period == 0
        starts = starts[fits]
        if not len(starts):
            return
        drawn = torch.randint(len(starts), (1,), generator=self._rng)
        self._source[clip], self._left[clip] = int(starts[drawn]), self._passage
        self._since[clip] = self._count
