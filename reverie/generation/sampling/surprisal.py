"""A temperature that keeps the surprisal of a clip in the range of music."""

import math

from torch import Tensor

from reverie.generation.sampling.running_mean import RunningMean
from reverie.models.calibration import UsualRange

GAIN = 5.0
"""Logarithm of the temperature, for a mean outside the range by as much as the range's middle."""
MAX_TEMPERATURE = 2.0
"""The largest temperature; the smallest is its inverse."""


class SurprisalTemperature:
    """Divides the logits by a temperature that depends on the surprisal of the newest codes.

    The model predicts a clip that repeats itself with certainty, and a clip that falls apart
    badly. Both show in the surprisal, in bits, of each frame's first code. After Basu et al. 2021
    (Mirostat), who hold the surprisal at one value; that of music varies within a range.

    Args:
        usual: surprisal of held-out music, in bits.
    """

    def __init__(self, usual: UsualRange) -> None:
        self._recent = RunningMean(usual)

    def __call__(self, logits: Tensor) -> Tensor:
        """Flatten the logits where the mean is below the range, sharpen them where it is above."""
        limit = math.log(MAX_TEMPERATURE)
        gain = GAIN / max(self._recent.middle, 1e-6)
        temperature = (gain * self._recent.shortfall()).clamp(-limit, limit).exp()
        return logits / temperature.unsqueeze(-1).to(logits)

    def observe(self, logits: Tensor, code: Tensor) -> None:
        """Record the code's surprisal in bits: logits [..., C], code [...]."""
        log_likelihood = logits.log_softmax(-1).gather(-1, code.unsqueeze(-1)).squeeze(-1)
        self._recent.append(-log_likelihood / math.log(2))

    def reset(self) -> None:
        """Forget the codes drawn so far."""
        self._recent.reset()
