"""A bias that keeps the loudness of a clip in the range of music."""

from torch import Tensor

from reverie.generation.sampling.running_mean import RunningMean
from reverie.models.calibration import UsualRange

GAIN = 0.02
"""Bias in nats per decibel of a code, for each decibel that the clip is outside the range."""
MAX_BIAS = 0.5
"""Largest bias in nats per decibel of a code."""


class LoudnessBias:
    """Adds a bias for louder codes while a clip is too soft, for softer ones while it is too loud.

    Training sequences are shorter than long silences, so a model never learns that silences end.
    The bias ends them.

    Args:
        usual: loudness of held-out music, in dB.
        loudness_db: [C], of each first code.
    """

    def __init__(self, usual: UsualRange, loudness_db: Tensor) -> None:
        self._recent = RunningMean(usual)
        self._loudness_db = loudness_db

    def __call__(self, logits: Tensor) -> Tensor:
        """Add the bias: [..., C] -> [..., C]."""
        bias = (GAIN * self._recent.shortfall()).clamp(-MAX_BIAS, MAX_BIAS)
        return logits + bias.unsqueeze(-1).to(logits) * self._loudness_db

    def observe(self, logits: Tensor, code: Tensor) -> None:  # noqa: ARG002
        """Record the code's loudness: code [...]."""
        self._recent.append(self._loudness_db[code])

    def reset(self) -> None:
        """Forget the codes drawn so far."""
        self._recent.reset()
