"""Read, check and write a corpus's `manifest.json`."""

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.errors import ReverieError
from reverie.records import RECORD, PathText, as_record, read_json
from reverie.storage import write_json

Split = Literal["train", "held-out"]

FORMAT = "reverie-corpus"
FORMAT_VERSION = 2
READABLE = (1, 2)
"""Versions of the format that can be read; version 1 has no divided recordings."""
MANIFEST = "manifest.json"
MOST_BYTES = 1 << 30
"""A million recordings take about half of it."""

# More samples than any disk holds, and few enough that sums of bytes stay exact in floats.
Count = Annotated[int, Field(ge=0, lt=1 << 48)]
Positive = Annotated[int, Field(ge=1, lt=1 << 48)]
Level = Annotated[float, Field(ge=-1000, le=1000)]
"""A level in decibels, within limits that no sound exceeds."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, config=RECORD)
class Recording:
    """One recording of a corpus, and where its samples lie.

    `offset_samples` and `samples` place it within shard number `shard`; levels are those of
    its mono samples at the corpus's rate.
    """

    path: PathText
    """Its path, relative to the folder of recordings, with forward slashes."""
    content_hash: Sha256
    """SHA-256 of its 16-bit samples, little-endian."""
    codec: str
    seconds: Annotated[float, Field(ge=0)]
    source_rate_hz: Positive
    source_channels: Positive
    loudness_lufs: Level | None
    """Integrated loudness; None if all of it lies below BS.1770's gate of -70 LUFS."""
    peak_dbfs: Level
    rms_dbfs: Level
    split: Split
    shard: Count
    offset_samples: Count
    samples: Positive
    notes: tuple[str, ...]
    """Remarks such as clipping, or damage that was kept."""
    part_of: PathText | None = None
    """The recording that was divided by time into this training or held-out part; None if whole."""


@dataclass(frozen=True, config=RECORD)
class Refusal:
    """A file that looks like a recording but is not used, and why."""

    path: PathText
    reason: str


@dataclass(frozen=True, config=RECORD)
class LeftOut:
    """A file or folder that was not searched for music, and its kind."""

    name: PathText
    """Its path, relative to the folder of recordings."""
    what: str


@dataclass(frozen=True, config=RECORD)
class Manifest:
    """The description of a corpus, without its samples."""

    format: Literal["reverie-corpus"]
    format_version: Literal[1, 2]
    created_by: str
    source: PathText
    """The folder of recordings it was prepared from."""
    rate_hz: Annotated[int, Field(ge=8000, le=48000)]
    settings: dict[str, bool | int | float | str | None]
    """The settings it was prepared with."""
    ignored: Count
    """Number of other files in the folder of recordings."""
    recordings: tuple[Recording, ...]
    refused: tuple[Refusal, ...]
    content_hash: Sha256
    ignored_suffixes: dict[PathText, Count] = dataclasses.field(default_factory=dict[str, int])
    """The number of these files by suffix; empty for no suffix."""
    left_out: tuple[LeftOut, ...] = ()
    """What was not searched: Reverie's clips and folders, trash, versions, hidden folders."""


def corpus_hash(rate_hz: int, recordings: Iterable[tuple[str, str, str]]) -> str:
    """Return a corpus's content hash: of its rate, and each content hash, path and split."""
    digest = hashlib.sha256(json.dumps([FORMAT, rate_hz]).encode())
    for entry in recordings:
        digest.update(json.dumps(entry).encode())
    return digest.hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of the corpus in `folder`.

    Raises:
        ReverieError: there is none, it is damaged, or a newer Reverie made it.
    """
    path, remedy = folder / MANIFEST, "Prepare the corpus again."
    read = read_json(path, "a corpus", most_bytes=MOST_BYTES)
    values = cast(dict[str, Any], read if isinstance(read, dict) else {})
    if values.get("format") != FORMAT:
        raise ReverieError(f"{path} is not the manifest of a corpus.", "Give a corpus's folder.")
    if values.get("format_version") not in READABLE:
        raise ReverieError(
            f"{folder} was made by {values.get('created_by', 'another version')}, "
            "in a format this version does not know.",
            "Prepare it again, or update Reverie.",
        )
    manifest = as_record(values, Manifest, f"{path}", remedy=remedy)
    if problem := _contradiction(manifest):
        raise ReverieError(f"{path} is damaged: {problem}.", remedy)
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a corpus's manifest atomically.

    Raises:
        ReverieError: writing fails; an earlier manifest is left unchanged.
    """
    # `asdict` copies everything, which takes seconds for ten thousand recordings.
    lists: dict[str, list[dict[str, Any]]] = {
        name: [vars(one) for one in getattr(manifest, name)]
        for name in ("recordings", "refused", "left_out")
    }
    write_json(folder / MANIFEST, vars(manifest) | lists)


def _contradiction(manifest: Manifest) -> str | None:
    """Return how a manifest contradicts itself; None if it does not."""
    if not manifest.recordings:
        return "recordings: the list is empty"
    (path, count), *_ = Counter(recording.path for recording in manifest.recordings).most_common(1)
    if count > 1:
        return f"recordings: {path} occurs {count} times"
    for place, one in enumerate(manifest.recordings):
        if abs(one.seconds - one.samples / manifest.rate_hz) > 0.01:
            return (
                f"recordings.{place}.seconds: {one.seconds:g} s, and {one.samples} samples at "
                f"{manifest.rate_hz} Hz are {one.samples / manifest.rate_hz:.3f} s"
            )
    ends: dict[str, tuple[int, int]] = {}
    parts = [recording for recording in manifest.recordings if recording.part_of is not None]
    for one in sorted(parts, key=lambda one: one.offset_samples):
        shard, end = ends.get(one.part_of or "", (one.shard, 0))
        if one.shard != shard or one.offset_samples < end:
            return f"recordings: the parts of {one.part_of} are not apart in one shard"
        ends[one.part_of or ""] = one.shard, one.offset_samples + one.samples
    told = (
        (recording.content_hash, recording.path, recording.split)
        for recording in manifest.recordings
    )
    if manifest.content_hash != corpus_hash(manifest.rate_hz, told):
        return "content_hash: it belongs to other recordings"
    return None
