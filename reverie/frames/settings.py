"""The settings of frames, and the frames they name."""

from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from reverie.frames.contract import Frames, FrameSpec
from reverie.frames.fourier import FourierFrames, HalfFourierFrames
from reverie.frames.log_spectrum import LogSpectrum
from reverie.frames.mdct import MdctFrames
from reverie.settings import STRICT

Transform = Literal["fourier", "rfft", "mdct", "spectrum", "codes"]
Normalisation = Literal["per-feature", "global", "none"]


@dataclass(frozen=True, config=STRICT)
class FrameSettings:
    """How samples become frames."""

    transform: Transform = "fourier"
    """`fourier` is the paper's block transform, `rfft` drops its redundant half, `mdct` overlaps
    its frames so that their edges make no clicks. `spectrum` keeps how loud each frequency is and
    makes up the phase; `codes` puts that into a few whole numbers, learnt from the recordings."""

    hop_samples: Annotated[int, Field(ge=2, le=1 << 16)] = 4000
    """Samples from one frame to the next; 4000 at 16 kHz is the paper's 0.25 s."""

    normalisation: Normalisation = "per-feature"
    """Mean and deviation taken out `per-feature`, by one `global` pair, or `none`; not of codes."""

    n_components: Annotated[int, Field(ge=1, le=4096)] = 128
    """Principal components of the spectrum that codes describe."""

    n_codebooks: Annotated[int, Field(ge=1, le=32)] = 8
    """Codes of a frame: each describes what those before it left over."""

    codebook_size: Annotated[int, Field(ge=2, le=4096)] = 256
    """Values that a code can take."""

    log_floor_db: Annotated[float, Field(ge=-60, le=120)] = 15.0
    """Added to the spectrum before the logarithm, so far under the loudest training frame: codes
    then spend less on quiet noise and more on music."""

    decoder: Literal["none", "context"] = "none"
    """Codes: `context` refines each decoded frame by the frames around it, by a small network that
    is fitted to the training recordings; `none` decodes each frame alone."""

    decoder_channels: Annotated[int, Field(ge=1, le=4096)] = 256
    """Width of that network."""

    decoder_blocks: Annotated[int, Field(ge=1, le=32)] = 4
    """Its residual blocks; each sees two more frames on either side."""

    @model_validator(mode="after")
    def _halves_are_whole(self) -> Self:
        if self.transform not in {"fourier", "rfft"} and self.hop_samples % 2:
            raise ValueError(f"hop_samples must be even for {self.transform}")
        return self


def build_transform(settings: FrameSettings) -> Frames:
    """Return the transform that `settings` names, or that its codes are made of."""
    match settings.transform:
        case "fourier":
            return FourierFrames(settings.hop_samples)
        case "rfft":
            return HalfFourierFrames(settings.hop_samples)
        case "mdct":
            return MdctFrames(settings.hop_samples)
        case "spectrum" | "codes":
            return LogSpectrum(settings.hop_samples)


def frame_spec(settings: FrameSettings) -> FrameSpec:
    """Return the specification of the frames that `settings` asks for."""
    spec = build_transform(settings).spec
    if settings.transform != "codes":
        return spec
    return replace(
        spec,
        width=settings.n_codebooks,
        planes=1,
        codebook_size=settings.codebook_size,
        codebook_dim=min(settings.n_components, spec.width),
    )
