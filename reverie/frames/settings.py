"""The settings of frames, and the frames they name."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from reverie.frames.contract import Frames
from reverie.frames.fourier import FourierFrames, HalfFourierFrames
from reverie.frames.mdct import MdctFrames
from reverie.settings import STRICT

Transform = Literal["fourier", "rfft", "mdct"]
Normalisation = Literal["per-feature", "global", "none"]


@dataclass(frozen=True, config=STRICT)
class FrameSettings:
    """How samples become frames."""

    transform: Transform = "fourier"
    """`fourier` is the paper's block transform, `rfft` drops its redundant half, `mdct` overlaps
    its frames so that their edges make no clicks."""

    frame_samples: Annotated[int, Field(ge=2, le=1 << 16)] = 4000
    """Samples from one frame to the next; 4000 at 16 kHz is the paper's 0.25 s."""

    normalisation: Normalisation = "per-feature"
    """Mean and deviation taken out `per-feature`, by one `global` pair, or `none`."""

    @model_validator(mode="after")
    def _mdct_is_even(self) -> Self:
        if self.transform == "mdct" and self.frame_samples % 2:
            raise ValueError("frame_samples must be even for mdct")
        return self


def build_frames(settings: FrameSettings) -> Frames:
    """The transform that `settings` names."""
    match settings.transform:
        case "fourier":
            return FourierFrames(settings.frame_samples)
        case "rfft":
            return HalfFourierFrames(settings.frame_samples)
        case "mdct":
            return MdctFrames(settings.frame_samples)
