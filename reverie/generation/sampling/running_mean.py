"""The mean of a figure over a window of the newest frames, beside the range music has.

Letters: N frames of the window; `...` the clips of a batch.
"""

import torch
from torch import Tensor

from reverie.models.calibration import UsualRange


class RunningMean:
    """The mean of the newest values of each clip.

    A window that is not full yet is filled up with the middle of the range.

    Args:
        usual: the range of held-out music, and N.
    """

    def __init__(self, usual: UsualRange) -> None:
        self.usual, self.middle = usual, (usual.low + usual.high) / 2
        self.reset()

    def reset(self) -> None:
        """Forget all values."""
        self._values = torch.full((self.usual.frames, 1), self.middle)
        self._count = 0

    def append(self, values: Tensor) -> None:
        """Add a value of each clip, [...]."""
        if not self._count:
            self._values = values.new_full((self.usual.frames, *values.shape), self.middle)
        self._values[self._count % self.usual.frames] = values
        self._count += 1

    def shortfall(self) -> Tensor:
        """How far the mean is below the range, or (negative) above it; 0 inside: [...]."""
        mean = self._values.mean(0)
        return mean.clamp(self.usual.low, self.usual.high) - mean
