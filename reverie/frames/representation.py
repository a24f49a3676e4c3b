"""What models see of samples: frames and what was learnt of them, fitted and read back."""

from collections.abc import Iterable
from pathlib import Path

from torch import Tensor

from reverie.frames.codec import Codec
from reverie.frames.codec_fit import fit_bytes as codec_fit_bytes
from reverie.frames.codec_fit import fit_codec
from reverie.frames.contract import Representation
from reverie.frames.decoder import DecoderSize, decoder_size
from reverie.frames.full_band.codec import FullBandCodec
from reverie.frames.normalised import Normalised
from reverie.frames.settings import FrameSettings
from reverie.frames.transforms import frame_spec, spectrum_width

FLOAT_BYTES = 4


def fit_representation(
    settings: FrameSettings, rate_hz: int, excerpts: Iterable[Tensor]
) -> Representation:
    """Learn from training samples what `settings` asks for, in one pass.

    Args:
        settings: which transform, and what is made of it.
        rate_hz: of the samples.
        excerpts: training samples, each [B, C, S]; S may differ.

    Raises:
        ReverieError: nothing can be learnt from them.
    """
    if settings.is_full_band(rate_hz):
        return FullBandCodec.fit(settings, rate_hz, excerpts)
    if settings.transform == "codes":
        return fit_codec(settings, rate_hz, excerpts)
    return Normalised.fit(settings, rate_hz, excerpts)


def fit_bytes(settings: FrameSettings, rate_hz: int) -> int:
    """Estimate how much memory `fit_representation` takes; statistics take next to none."""
    if settings.is_full_band(rate_hz):
        return codec_fit_bytes(settings.narrow, settings.narrow_hz(rate_hz))
    return codec_fit_bytes(settings, rate_hz) if settings.transform == "codes" else 0


def stand_in_representation(settings: FrameSettings, rate_hz: int) -> Representation:
    """Make what `settings` asks for with nothing learnt: of the same sizes and the same cost.

    Args:
        settings: which transform, and what is made of it.
        rate_hz: of the samples.
    """
    if settings.is_full_band(rate_hz):
        return FullBandCodec.stand_in(settings, rate_hz)
    if settings.transform == "codes":
        return Codec.stand_in(settings, rate_hz)
    return Normalised.stand_in(settings, rate_hz)


def least_bytes(settings: FrameSettings, rate_hz: int) -> int:
    """Return how many bytes `Representation.save` writes at least, from the settings alone.

    Raises:
        ReverieError: a frame would be shorter than two samples.
    """
    spec = frame_spec(settings, rate_hz)
    if settings.transform != "codes":
        return FLOAT_BYTES * 2 * spec.width
    components = spec.codebook_dim
    numbers = spectrum_width(settings, rate_hz) * (components + 1)
    numbers += settings.most_codebooks * settings.codebook_size * components
    if settings.has_decoder:
        numbers += decoder_size(settings, components).weights
    if settings.is_full_band(rate_hz) and settings.has_decoder:
        half = max(1, settings.decoder_channels // 2)
        numbers += DecoderSize(0, half, settings.decoder_blocks).weights
    return FLOAT_BYTES * numbers


def load_representation(settings: FrameSettings, rate_hz: int, path: Path) -> Representation:
    """Read what `Representation.save` wrote.

    Raises:
        ReverieError: the file is missing, broken, or not what `settings` asks for.
    """
    if settings.is_full_band(rate_hz):
        return FullBandCodec.load(settings, rate_hz, path)
    if settings.transform == "codes":
        return Codec.load(settings, rate_hz, path)
    return Normalised.load(settings, rate_hz, path)
