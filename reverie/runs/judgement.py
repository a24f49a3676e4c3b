"""What clips of a checkpoint are judged to be, while it is trained."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.records import RECORD

Part = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, config=RECORD)
class Judgement:
    """The judgement on a few short clips."""

    distance: float
    """From held-out music, by the discrepancy in musicnn's space; about 0 for music itself."""
    copied_share: Part
    """Share of clips that are flagged as copies of the training recordings."""
    copied_share_of_music: Part
    """The same of held-out music, which is no copy."""
    copies_more: bool
    """Whether so many copies are more than real music has by chance."""
    not_ok_share: Part
    """Share of clips that are silent, noise, frozen, looping or clipped."""
    seconds: Annotated[float, Field(ge=0)] = 0.0
    """Time that it took."""
