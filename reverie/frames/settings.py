"""The settings of frames, and the frames they name."""

from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from reverie.frames.contract import Frames, Measures
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

    frame_samples: Annotated[int, Field(ge=2, le=1 << 16)] = 4000
    """Samples from one frame to the next; 4000 at 16 kHz is the paper's 0.25 s."""

    normalisation: Normalisation = "per-feature"
    """Mean and deviation taken out `per-feature`, by one `global` pair, or `none`; not of codes."""

    components: Annotated[int, Field(ge=1, le=4096)] = 128
    """Principal components of the spectrum that codes describe."""

    stages: Annotated[int, Field(ge=1, le=32)] = 8
    """Codes of a frame: each describes what those before it left over."""

    codebook: Annotated[int, Field(ge=2, le=4096)] = 256
    """Values that a code can take."""

    soften_db: Annotated[float, Field(ge=-60, le=120)] = 15.0
    """How far under the level of the loudest training frame codes begin to tell less of what
    sounds: the less is told of noise, the more of music."""

    @model_validator(mode="after")
    def _halves_are_whole(self) -> Self:
        if self.transform not in {"fourier", "rfft"} and self.frame_samples % 2:
            raise ValueError(f"frame_samples must be even for {self.transform}")
        return self


def build_transform(settings: FrameSettings) -> Frames:
    """Return the transform that `settings` names, or that its codes are made of."""
    match settings.transform:
        case "fourier":
            return FourierFrames(settings.frame_samples)
        case "rfft":
            return HalfFourierFrames(settings.frame_samples)
        case "mdct":
            return MdctFrames(settings.frame_samples)
        case "spectrum" | "codes":
            return LogSpectrum(settings.frame_samples)


def measures_of(settings: FrameSettings) -> Measures:
    """Return the measures of the frames that `settings` asks for."""
    measures = build_transform(settings).measures
    if settings.transform != "codes":
        return measures
    return replace(
        measures,
        width=settings.stages,
        planes=1,
        codebook=settings.codebook,
        vector=min(settings.components, measures.width),
    )
