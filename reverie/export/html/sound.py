"""What a page plays: the sound of a model in mono, up to where its codes reach."""

from typing import NamedTuple

from torch import Tensor

from reverie.errors import ReverieError
from reverie.export.html.model_tables import REMEDY
from reverie.frames.codec import Codec
from reverie.frames.contract import Representation
from reverie.frames.full_band.codec import FullBandCodec


class PageSound(NamedTuple):
    """A codec of mono sound."""

    codec: Codec
    rate_hz: int
    words: str
    """What is said of it."""


def page_sound(representation: Representation, rate_hz: int) -> PageSound:
    """Return what the page plays of a model: of the full band the middle, below.

    Args:
        representation: of the model's frames.
        rate_hz: of the model.

    Raises:
        ReverieError: the frames are no codes.
    """
    if isinstance(representation, Codec):
        return PageSound(representation, rate_hz, f"{rate_hz} Hz, mono")
    if isinstance(representation, FullBandCodec):
        narrow = representation.narrow
        own = rate_hz * narrow.spec.hop_samples / representation.spec.hop_samples
        channels = "stereo" if representation.spec.channels > 1 else "mono"
        part = "the middle of it" if representation.spec.channels > 1 else "it"
        words = f"{rate_hz} Hz, {channels}; this page plays {part} up to {own / 2:.0f} Hz"
        return PageSound(narrow, round(own), words)
    raise ReverieError("the page plays models over codes alone.", REMEDY)


def played(representation: Representation, samples: Tensor) -> Tensor:
    """Return what the page plays of samples [B, C, S]: [B, 1, S] at its rate."""
    if isinstance(representation, FullBandCodec):
        return representation.narrowed(samples)
    return samples
