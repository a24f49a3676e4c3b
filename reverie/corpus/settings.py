"""Settings of preparing a corpus."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.records import PathText
from reverie.settings import STRICT

PAPER_RATE_HZ = 16000
"""Of the paper's recordings, which are mono."""
Channels = Literal[1, 2]
Hertz = Annotated[int, Field(ge=8000, le=48000)]


@dataclass(frozen=True, config=STRICT)
class PrepareSettings:
    """The settings of `reverie prepare`."""

    rate_hz: Hertz | None = None
    """Samples per second of the corpus, 8000 to 48000; none leaves a corpus as it was, and gives a
    new one the highest of 16000, 22050, 32000 and 44100 that half of the recordings have."""
    channels: Channels | None = None
    """What is kept of each recording at most: 1 mixes it to mono, 2 keeps left and right; none
    leaves a corpus as it was, and keeps both in a new one. Of a recording whose channels are equal
    one is kept either way."""
    train_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """How many of the recordings are trained on, between 0 and 1; the rest is held out."""
    split_seed: Annotated[int, Field(ge=0)] = 0
    """Another number divides the recordings another way."""
    balanced: bool | None = None
    """Hold out a share of each subfolder's recordings, and the end of a recording that holds nearly
    all of the time; none does so in a new corpus, and leaves others as they were divided."""
    min_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 2.0
    """Recordings shorter than this, in seconds, are refused."""
    silence_dbfs: Annotated[float, Field(ge=-96, le=0)] = -60.0
    """Recordings whose peak lies below this, in dB relative to full scale, are silent."""
    normalise_dbfs: Annotated[float, Field(ge=-60, le=0)] | None = None
    """Bring the peak of each recording to this, in dB relative to full scale, -60 to 0; none leaves
    it as it is. The way in for quiet recordings."""
    keep_damaged: bool = False
    """Use what can be decoded of damaged recordings, with a note, instead of refusing them."""
    leave_out: tuple[PathText, ...] = ()
    """Files and folders that are not used, named from the folder of recordings."""
    hold_out: tuple[PathText, ...] = ()
    """Files and folders that are held out, whatever their rank."""
    train_on: tuple[PathText, ...] = ()
    """Files and folders that are trained on, whatever their rank."""
    shard_megabytes: Annotated[int, Field(ge=1, le=1 << 20)] = 1024
    """Size, in units of 2**20 bytes, that a file of samples is filled up to."""


@dataclass(frozen=True, config=STRICT)
class ResolvedSettings(PrepareSettings):
    """The same with all that the recordings or an earlier corpus decide."""

    rate_hz: Hertz = 16000
    """Samples per second of the corpus."""
    channels: Channels = 2
    """What is kept of each recording at most."""
    balanced: bool = True
    """Whether a share of each subfolder is held out."""
