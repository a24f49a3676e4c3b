"""The newest stretch of endless music, and how it came about, so that it can be kept."""

import dataclasses
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.audio.provenance import Change, Excerpt, Prompt, Provenance

MOST_CHANGES = 200
"""Changes that are told of one stream; a slider that is moved makes a few a second."""


class RecentMusic:
    """A ring of the newest samples of one clip without end; memory does not grow.

    Args:
        seconds: how much is remembered.
        provenance: of the music at its beginning, as of any clip.
        channels: C.
    """

    def __init__(self, seconds: float, provenance: Provenance, channels: int = 1) -> None:
        self._rate_hz = provenance.rate_hz
        self._size = max(1, round(seconds * self._rate_hz))
        self._ring = np.zeros((channels, self._size), np.float32)
        self._provenance = provenance
        self._changes: deque[tuple[int, dict[str, Any], Prompt | None]] = deque()
        self._left_out = 0
        self.total_samples = 0
        """Samples so far, since the beginning."""

    def append(self, samples: NDArray[np.float32]) -> None:
        """Add the samples that come next: [C, S]."""
        newest = samples[:, -self._size :]
        count = int(newest.shape[1])
        self.total_samples += samples.shape[1]
        places: NDArray[np.int64] = np.arange(count, dtype=np.int64) + self.total_samples - count
        self._ring[:, places % self._size] = newest

    def note(self, at_sample: int, settings: dict[str, Any], prompt: Prompt | None) -> None:
        """Note a change.

        Args:
            at_sample: the first sample that follows it.
            settings: what changed, by name.
            prompt: what the music goes over to, if it does.
        """
        same = self._changes and self._changes[-1][0] == at_sample and prompt is None
        if same:  # a slider on its way
            _, before, earlier = self._changes.pop()
            settings, prompt = {**before, **settings}, earlier
        self._changes.append((at_sample, settings, prompt))
        if len(self._changes) > MOST_CHANGES:
            self._changes.popleft()
            self._left_out += 1

    def last(self, seconds: float, until: int | None = None) -> tuple[NDArray[np.float32], int]:
        """Return the newest samples, and the place of the first.

        Args:
            seconds: how long; less is returned where less is remembered.
            until: the sample to end before; the newest one if not given.

        Returns:
            [C, S], and how many samples came before them.
        """
        end = self.total_samples if until is None else min(max(until, 0), self.total_samples)
        oldest = max(0, self.total_samples - self._size)
        first = min(max(oldest, end - round(seconds * self._rate_hz)), max(end, oldest))
        return self._ring[:, np.arange(first, max(end, first)) % self._size], first

    def provenance_of(self, first: int, count: int) -> Provenance:
        """Say how a stretch was made.

        Args:
            first: its first sample.
            count: its samples.
        """
        end, rate_hz = first + count, self._rate_hz
        told = [change for change in self._changes if change[0] < end]
        changes = tuple(
            Change((at - first) / rate_hz, settings, prompt) for at, settings, prompt in told
        )
        settings = {**self._provenance.settings, "seconds": count / rate_hz}
        excerpt = Excerpt(first / rate_hz, changes, self._left_out)
        return dataclasses.replace(self._provenance, settings=settings, excerpt=excerpt)
