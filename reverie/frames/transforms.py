"""The frames that settings name."""

from dataclasses import replace

from reverie.frames.channels import ChannelFrames
from reverie.frames.contract import Frames, FrameSpec
from reverie.frames.fourier import FourierFrames, HalfFourierFrames
from reverie.frames.log_spectrum import LogSpectrum
from reverie.frames.mdct import MdctFrames
from reverie.frames.settings import FrameSettings


def build_transform(settings: FrameSettings, rate_hz: int) -> Frames:
    """Return the transform of one signal that `settings` names, or that its codes are made of.

    Args:
        settings: which.
        rate_hz: of the samples.

    Raises:
        ReverieError: a frame would be shorter than two samples.
    """
    hop_samples = settings.hop_samples(rate_hz)
    match settings.transform:
        case "fourier":
            return FourierFrames(hop_samples)
        case "rfft":
            return HalfFourierFrames(hop_samples)
        case "mdct":
            return MdctFrames(hop_samples)
        case "spectrum" | "codes":
            return LogSpectrum(hop_samples)


def build_frames(settings: FrameSettings, rate_hz: int) -> ChannelFrames:
    """Return the frames of all channels that `settings` asks for, before any normalisation.

    Raises:
        ReverieError: a frame would be shorter than two samples.
    """
    return ChannelFrames(build_transform(settings, rate_hz), settings.n_channels)


def frame_spec(settings: FrameSettings, rate_hz: int) -> FrameSpec:
    """Return the specification of the frames that `settings` asks for, at `rate_hz`.

    Raises:
        ReverieError: a frame would be shorter than two samples.
    """
    if settings.transform != "codes":
        return build_frames(settings, rate_hz).spec
    spec = LogSpectrum(settings.hop_samples(rate_hz)).spec
    if settings.is_full_band(rate_hz):
        overlap = spec.overlap_samples + spec.hop_samples
        spec = replace(spec, overlap_samples=overlap, channels=settings.n_channels)
    return replace(
        spec,
        width=settings.most_codebooks,
        planes=1,
        codebook_size=settings.codebook_size,
        codebook_dim=min(settings.n_components, spectrum_width(settings, rate_hz)),
    )


def spectrum_width(settings: FrameSettings, rate_hz: int) -> int:
    """Return how many magnitudes codes describe in a frame of samples at `rate_hz`.

    Raises:
        ReverieError: a frame would be shorter than two samples.
    """
    narrow = settings.narrow if settings.is_full_band(rate_hz) else settings
    return LogSpectrum(narrow.hop_samples(settings.narrow_hz(rate_hz))).spec.width
