"""Settings of preparing a corpus."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.settings import STRICT


@dataclass(frozen=True, config=STRICT)
class PrepareSettings:
    """The settings of `reverie prepare`."""

    rate_hz: Annotated[int, Field(ge=8000, le=48000)] = 16000
    """Samples per second of the corpus, 8000 to 48000."""
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
    shard_megabytes: Annotated[int, Field(ge=1, le=1 << 20)] = 1024
    """Size, in units of 2**20 bytes, that a file of samples is filled up to."""
