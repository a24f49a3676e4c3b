"""A sample of the music to train on, so that learning how it sounds costs the same for any corpus.

Letters: N stretches, C channels, S samples of a stretch.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.audio.channels import with_channels
from reverie.audio.pcm import to_int16
from reverie.corpus.recording import Channels, Positive, Sha256
from reverie.corpus.recordings import Recordings
from reverie.corpus.shards import map_shard
from reverie.corpus.table import damaged
from reverie.errors import os_reason
from reverie.records import RECORD
from reverie.remote.places import need
from reverie.storage import open_plain, replacing

WHOLE_SECONDS = 5 * 3600.0
"""Of music to train on, up to which all of it is learnt from, and there is no sample."""
STRETCH_SECONDS, STRETCHES = 4.0, 450
"""Half an hour in all: twice the frames that a codec is fitted to."""
SAMPLES = "sample-*.pcm"


@dataclass(frozen=True, config=RECORD)
class SampleFile:
    """A file of stretches of music, int16 one after another, channels interleaved."""

    file: Annotated[str, Field(pattern=r"^sample-[0-9a-f]{12}\.pcm$")]
    sha256: Sha256
    channels: Channels
    stretch_samples: Positive
    stretches: Positive


class Stretch(NamedTuple):
    """A part of a recording."""

    recording: int
    """Its place among the recordings."""
    start: int
    """In samples of a channel."""


def spread_evenly(
    starts: NDArray[np.int64], ends: NDArray[np.int64], size: int, most: int
) -> list[Stretch]:
    """Place at most so many stretches of `size` samples evenly over what sounds of recordings.

    Args:
        starts: where each recording begins to sound, [N].
        ends: where it ends, [N].
        size: of a stretch; recordings that are shorter have none.
        most: stretches.
    """
    room = np.maximum(ends - starts - size + 1, 0)
    last = np.cumsum(room)
    total = int(last[-1]) if len(last) else 0
    wanted = min(most, total)
    at = [(2 * number + 1) * total // (2 * wanted) for number in range(wanted)]
    which = np.searchsorted(last, at, side="right").tolist()
    return [
        Stretch(one, int(starts[one]) + place - int(last[one] - room[one]))
        for one, place in zip(which, at, strict=True)
    ]


def write_sample(
    folder: Path, recordings: Recordings, rate_hz: int, content_hash: str
) -> SampleFile | None:
    """Write the sample of a corpus whose recordings are stored and known to be intact.

    Args:
        folder: the corpus.
        recordings: all of it.
        rate_hz: of the samples.
        content_hash: of the corpus.

    Returns:
        What the manifest says of it; None for a corpus of which all is learnt from.

    Raises:
        ReverieError: the disk refuses.
    """
    train = recordings.of_split("train")
    if train.seconds <= WHOLE_SECONDS:
        return None
    size, digest = round(STRETCH_SECONDS * rate_hz), hashlib.sha256()
    channels = int(recordings.column("channels").max())
    places = spread_evenly(
        train.column("sounding_start"), train.column("sounding_end"), size, STRETCHES
    )
    name = f"sample-{content_hash[:12]}.pcm"
    shards: dict[int, NDArray[np.int16]] = {}
    with replacing(folder / name) as temporary, temporary.open("wb") as file:
        for one in places:
            recording = train[one.recording]
            if recording.shard not in shards:
                shards[recording.shard] = map_shard(folder, recording.shard)
            first = recording.offset_samples + one.start * recording.channels
            values = shards[recording.shard][first : first + size * recording.channels]
            played = with_channels(values.reshape(-1, recording.channels).T, channels)
            stored = to_int16(played).T.astype("<i2", copy=False).tobytes()
            digest.update(stored)
            file.write(stored)
    return SampleFile(name, digest.hexdigest(), cast(Any, channels), size, len(places))


def read_sample(folder: Path, sample: SampleFile) -> Iterator[NDArray[np.int16]]:
    """Yield the stretches of a corpus's sample, each int16 [C, S].

    Raises:
        ReverieError: it is not what was written.
    """
    path = folder / sample.file
    size = sample.stretch_samples * sample.channels * 2
    need(path)
    try:
        with open_plain(path, "rb") as file:
            if hashlib.file_digest(cast(Any, file), "sha256").hexdigest() != sample.sha256:
                raise damaged(f"{path}", "it does not hold the samples that were stored")
            file.seek(0)
            for _ in range(sample.stretches):
                values = np.frombuffer(file.read(size), "<i2").astype(np.int16, copy=False)
                yield values.reshape(-1, sample.channels).T
    except OSError as error:
        raise damaged(f"{path}", f"it cannot be read: {os_reason(error)}") from error
