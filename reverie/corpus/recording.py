"""What a corpus knows of one recording."""

import hashlib
import json
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.records import RECORD, PathText

FORMAT = "reverie-corpus"
Split = Literal["train", "held-out"]

# More samples than any disk holds, and few enough that sums of bytes stay exact in floats.
Count = Annotated[int, Field(ge=0, lt=1 << 48)]
Positive = Annotated[int, Field(ge=1, lt=1 << 48)]
Level = Annotated[float, Field(ge=-1000, le=1000)]
"""A level in decibels, within limits that no sound exceeds."""
Channels = Literal[1, 2]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, config=RECORD)
class Recording:
    """One recording of a corpus, and where its samples lie.

    `offset_samples`, `samples` and `channels` place it within shard number `shard`; levels are
    those of its samples at the corpus's rate.
    """

    path: PathText
    """Its path, relative to the folder of recordings, with forward slashes."""
    content_hash: Sha256
    """SHA-256 of its 16-bit samples, little-endian."""
    codec: str
    seconds: Annotated[float, Field(ge=0)]
    source_rate_hz: Positive
    source_channels: Positive
    channels: Channels
    """Of its samples: 1, or 2 whose samples are interleaved, left first."""
    loudness_lufs: Level | None
    """Integrated loudness; None if all of it lies below BS.1770's gate of -70 LUFS."""
    peak_dbfs: Level
    rms_dbfs: Level
    """Of the mean of its channels."""
    split: Split
    shard: Count
    offset_samples: Count
    """16-bit numbers before its first in the shard."""
    samples: Positive
    """In each channel."""
    notes: tuple[str, ...]
    """Remarks such as clipping, or damage that was kept."""
    part_of: PathText | None = None
    """The recording that was divided by time into this training or held-out part; None if whole."""
    sounding_start: Count | None = None
    """The sample at which its music begins, without the silence before it; see `sounding.py`. None
    where an older version prepared the corpus."""
    sounding_end: Count | None = None
    """The sample after its music's last."""

    @property
    def values(self) -> int:
        """How many 16-bit numbers its samples are."""
        return self.samples * self.channels


def corpus_hash(rate_hz: int, recordings: Iterable[tuple[str, str, str]]) -> str:
    """Return a corpus's content hash: of its rate, and each content hash, path and split."""
    digest = hashlib.sha256(json.dumps([FORMAT, rate_hz]).encode())
    for entry in recordings:
        digest.update(json.dumps(entry).encode())
    return digest.hexdigest()
