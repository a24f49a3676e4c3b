"""What models see of samples: frames and what was learnt of them, fitted and read back."""

from collections.abc import Iterable
from pathlib import Path

from torch import Tensor

from reverie.frames.codec import Codec
from reverie.frames.codec_fit import fit_bytes as codec_fit_bytes
from reverie.frames.codec_fit import fit_codec
from reverie.frames.contract import Representation
from reverie.frames.normalised import Normalised
from reverie.frames.settings import FrameSettings


def fit_representation(
    settings: FrameSettings, rate_hz: int, excerpts: Iterable[Tensor]
) -> Representation:
    """Learn from training samples what `settings` asks for, in one pass.

    Args:
        settings: which transform, and what is made of it.
        rate_hz: of the samples.
        excerpts: training samples, each [B, S]; S may differ.

    Raises:
        ReverieError: nothing can be learnt from them.
    """
    if settings.transform == "codes":
        return fit_codec(settings, rate_hz, excerpts)
    return Normalised.fit(settings, excerpts)


def fit_bytes(settings: FrameSettings) -> int:
    """Estimate how much memory `fit_representation` takes; statistics take next to none."""
    return codec_fit_bytes(settings) if settings.transform == "codes" else 0


def stand_in_representation(settings: FrameSettings, rate_hz: int) -> Representation:
    """Make what `settings` asks for with nothing learnt: of the same sizes and the same cost.

    Args:
        settings: which transform, and what is made of it.
        rate_hz: of the samples.
    """
    if settings.transform == "codes":
        return Codec.stand_in(settings, rate_hz)
    return Normalised.stand_in(settings)


def load_representation(settings: FrameSettings, rate_hz: int, path: Path) -> Representation:
    """Read what `Representation.save` wrote.

    Raises:
        ReverieError: the file is missing, broken, or not what `settings` asks for.
    """
    if settings.transform == "codes":
        return Codec.load(settings, rate_hz, path)
    return Normalised.load(settings, path)
