"""The settings of frames."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.frames.hop import even_samples, fast_samples, whole_samples
from reverie.settings import STRICT

Transform = Literal["fourier", "rfft", "mdct", "spectrum", "codes"]
Normalisation = Literal["per-feature", "global", "none"]
LEAST_CODEBOOKS, MOST_CODEBOOKS = 3, 8
"""Codes of a frame where their number follows the recordings."""
MOST_FINE_SHARE = 0.9
"""Where the codes reach farther, no bands are worth their while above."""


@dataclass(frozen=True, config=STRICT)
class FrameSettings:
    """How samples become frames."""

    transform: Transform = "fourier"
    """`fourier` is the paper's block transform, `rfft` drops its redundant half, `mdct` overlaps
    its frames so that their edges make no clicks. `spectrum` keeps how loud each frequency is and
    makes up the phase; `codes` puts that into a few whole numbers, learnt from the recordings."""

    hop_seconds: Annotated[float, Field(gt=0, le=60)] = 0.25
    """Time from one frame to the next; the paper's is 0.25 s. At the rate of a corpus it is the
    nearest whole number of samples, for frames that overlap an even one, and for `spectrum` and
    `codes` one whose transforms are fast, less than 1 % away."""

    normalisation: Normalisation = "per-feature"
    """Mean and deviation taken out `per-feature`, by one `global` pair, or `none`; not of codes."""

    channels: Literal["mono", "each"] = "mono"
    """`mono` mixes the channels of a recording before anything else, and clips are mono; `each`
    keeps left and right: frames of numbers hold them side by side, codes tell how they differ."""

    n_components: Annotated[int, Field(ge=1, le=4096)] = 128
    """Principal components of the spectrum that codes describe."""

    n_codebooks: Annotated[int, Field(ge=0, le=32)] = 8
    """Codes of a frame: each describes what those before it left over. 0 follows the recordings: as
    many, three to eight, as leave a fifth of the variance or less."""

    codebook_size: Annotated[int, Field(ge=2, le=4096)] = 256
    """Values that a code can take."""

    log_floor_db: Annotated[float, Field(ge=-60, le=120)] = 15.0
    """Added to the spectrum before the logarithm, so far under the loudest training frame: codes
    then spend less on quiet noise and more on music."""

    fine_hz: Annotated[float, Field(ge=0, le=96_000)] = 8000.0
    """Codes describe the spectrum bin by bin up to here. What lies above, and what differs between
    left and right, is described by bands, which a small network tells from the codes; 0 describes
    all bin by bin."""

    decoder: Literal["none", "context"] = "none"
    """Codes: `context` refines each decoded frame by the frames around it, by a small network that
    is fitted to the training recordings; `none` decodes each frame alone."""

    decoder_channels: Annotated[int, Field(ge=1, le=4096)] = 256
    """Width of that network."""

    decoder_blocks: Annotated[int, Field(ge=1, le=32)] = 4
    """Its residual blocks; each sees two more frames on either side."""

    @property
    def most_codebooks(self) -> int:
        """Codes of a frame, at most where their number follows the recordings."""
        return self.n_codebooks or MOST_CODEBOOKS

    def with_codebooks(self, n_codebooks: int) -> "FrameSettings":
        """Return the settings with so many codes where their number follows the recordings."""
        return self if self.n_codebooks else replace(self, n_codebooks=n_codebooks)

    @property
    def n_channels(self) -> int:
        """Channels of the samples, C."""
        return 2 if self.channels == "each" else 1

    @property
    def has_decoder(self) -> bool:
        """Whether frames are codes that a decoder refines."""
        return self.transform == "codes" and self.decoder != "none"

    def hop_samples(self, rate_hz: int) -> int:
        """Return how many samples lie from one frame to the next, n, at `rate_hz`.

        Raises:
            ReverieError: they are fewer than two.
        """
        match self.transform:
            case "fourier" | "rfft":
                return whole_samples(self.hop_seconds, rate_hz)
            case "mdct":
                return even_samples(self.hop_seconds, rate_hz)
            case "spectrum":
                return fast_samples(self.hop_seconds, rate_hz)
            case "codes":
                multiple = 4 if self.is_full_band(rate_hz) else 2
                return fast_samples(self.hop_seconds, rate_hz, multiple)

    def is_full_band(self, rate_hz: int) -> bool:
        """Whether codes at `rate_hz` leave high bands, or left and right, to be told from them."""
        if self.transform != "codes":
            return False
        return self.n_channels > 1 or 0 < self.fine_hz < MOST_FINE_SHARE * rate_hz / 2

    @property
    def narrow(self) -> "FrameSettings":
        """The settings of the codec of the mid, up to where codes describe it."""
        return replace(self, channels="mono", fine_hz=0.0)

    def narrow_hz(self, rate_hz: int) -> int:
        """Return the rate at which codes describe the spectrum of samples at `rate_hz`."""
        is_narrow = self.is_full_band(rate_hz) and self.fine_hz
        return min(rate_hz, round(2 * self.fine_hz)) if is_narrow else rate_hz
