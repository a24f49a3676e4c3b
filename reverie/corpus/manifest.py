"""Read, check and write what describes a corpus: `manifest.json`, and the table of its recordings.

The manifest names the table and holds its hash, so that the two are replaced together: the table
is written first, under a name of its own.
"""

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from reverie.corpus.recording import FORMAT, Count, Recording, Sha256, corpus_hash
from reverie.corpus.recordings import Recordings
from reverie.corpus.sample import SAMPLES, SampleFile
from reverie.corpus.table import REMEDY, RecordingTable, damaged
from reverie.errors import ReverieError, os_reason
from reverie.legacy.corpus import LISTED, translate_manifest
from reverie.records import RECORD, PathText, as_record, read_json
from reverie.storage import clear_disk_errors, open_plain, replacing, write_json

FORMAT_VERSION = 4
READABLE = (*LISTED, FORMAT_VERSION)
"""Versions of the format that can be read; up to 3 the recordings were listed in the manifest."""
MANIFEST = "manifest.json"
TABLES = "recordings-*.sqlite"
MOST_BYTES = 1 << 30
MOST_VALUES = 1 << 26
"""Half a million recordings took so much up to version 3."""
_PIECE_BYTES = 1 << 20


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


@dataclass(frozen=True, kw_only=True, config=RECORD)
class About:
    """What describes a corpus besides its recordings."""

    format: Literal["reverie-corpus"] = FORMAT
    created_by: str
    source: PathText
    """The folder of recordings it was prepared from."""
    rate_hz: Annotated[int, Field(ge=8000, le=48000)]
    settings: dict[str, bool | int | float | str | tuple[PathText, ...] | None]
    """The settings it was prepared with."""
    ignored: Count
    """Number of other files in the folder of recordings."""
    refused: tuple[Refusal, ...]
    content_hash: Sha256
    ignored_suffixes: dict[PathText, Count] = dataclasses.field(default_factory=dict[str, int])
    """The number of these files by suffix; empty for no suffix."""
    left_out: tuple[LeftOut, ...] = ()
    """What was not searched: Reverie's clips and folders, trash, versions, hidden folders."""
    sample: SampleFile | None = None
    """A sample of the music to train on, where there is much."""


@dataclass(frozen=True, kw_only=True, config=ConfigDict(arbitrary_types_allowed=True))
class Manifest(About):
    """The description of a corpus, without its samples."""

    recordings: Recordings


@dataclass(frozen=True, config=RECORD)
class _TableFile:
    """The table of the recordings, beside the manifest."""

    file: Annotated[str, Field(pattern=r"^recordings-[0-9a-f]{12}\.sqlite$")]
    sha256: Sha256


@dataclass(frozen=True, kw_only=True, config=RECORD)
class _Stored(About):
    """What `manifest.json` holds."""

    format_version: Literal[4]
    recordings: _TableFile


@dataclass(frozen=True, kw_only=True, config=RECORD)
class _Listed(About):
    """What `manifest.json` held up to version 3, as `legacy/` translates it."""

    format_version: Literal[3]
    recordings: tuple[Recording, ...]


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of the corpus in `folder`.

    Raises:
        ReverieError: there is none, it is damaged, or a newer Reverie made it.
    """
    path = folder / MANIFEST
    read = read_json(path, "a corpus", most_bytes=MOST_BYTES, most_values=MOST_VALUES)
    values = cast(dict[str, Any], read if isinstance(read, dict) else {})
    if values.get("format") != FORMAT:
        raise ReverieError(f"{path} is not the manifest of a corpus.", "Give a corpus's folder.")
    version: object = values.get("format_version")
    if version not in READABLE:
        raise ReverieError(
            f"{folder} was made by {values.get('created_by', 'another version')}, "
            "in a format this version does not know.",
            "Prepare it again, or update Reverie.",
        )
    if version in LISTED:
        return _listed(
            as_record(translate_manifest(values), _Listed, f"{path}", remedy=REMEDY), path
        )
    stored = as_record(values, _Stored, f"{path}", remedy=REMEDY)
    table = folder / stored.recordings.file
    if _sha256(table) != stored.recordings.sha256:
        raise damaged(f"{table}", "it is not what its corpus's manifest was written for")
    recordings = Recordings(RecordingTable.open(table))
    recordings.table.check(stored.rate_hz)
    if (parted := _overlapping_parts(recordings.parts())) is not None:
        raise damaged(f"{table}", f"recordings: the parts of {parted} are not apart in one shard")
    return _manifest(stored, recordings)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write what describes a corpus; an earlier description holds until the new one is whole.

    Raises:
        ReverieError: writing fails; an earlier manifest is left unchanged.
    """
    content = manifest.recordings.table.bytes()
    digest = hashlib.sha256(content).hexdigest()
    table = f"recordings-{digest[:12]}.sqlite"
    with replacing(folder / table) as temporary:
        temporary.write_bytes(content)
    # `asdict` copies everything, which takes seconds for ten thousand refusals.
    about: dict[str, Any] = {"format": FORMAT, "format_version": FORMAT_VERSION}
    about |= vars(manifest)
    about["refused"] = [vars(one) for one in manifest.refused]
    about["left_out"] = [vars(one) for one in manifest.left_out]
    about["recordings"] = {"file": table, "sha256": digest}
    about["sample"] = None if manifest.sample is None else vars(manifest.sample)
    write_json(folder / MANIFEST, about)
    kept = {table, manifest.sample.file if manifest.sample else ""}
    for old in (*folder.glob(TABLES), *folder.glob(SAMPLES)):
        if old.name not in kept:
            with clear_disk_errors(old):
                old.unlink(missing_ok=True)


def _listed(listed: _Listed, path: Path) -> Manifest:
    """Return the manifest of an older version.

    Raises:
        ReverieError: it contradicts itself.
    """
    if problem := _contradiction(listed):
        raise damaged(f"{path}", problem)
    return _manifest(listed, Recordings.of(listed.recordings))


def _manifest(about: About, recordings: Recordings) -> Manifest:
    names = [field.name for field in dataclasses.fields(About)]
    return Manifest(**{name: getattr(about, name) for name in names}, recordings=recordings)


def _sha256(path: Path) -> str:
    try:
        with open_plain(path, "rb") as file:
            return hashlib.file_digest(cast(Any, file), "sha256").hexdigest()
    except OSError as error:
        raise damaged(f"{path}", f"it cannot be read: {os_reason(error)}") from error


def _contradiction(manifest: _Listed) -> str | None:
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
    if (parted := _overlapping_parts(manifest.recordings)) is not None:
        return f"recordings: the parts of {parted} are not apart in one shard"
    told = ((one.content_hash, one.path, one.split) for one in manifest.recordings)
    if manifest.content_hash != corpus_hash(manifest.rate_hz, told):
        return "content_hash: it belongs to other recordings"
    return None


def _overlapping_parts(recordings: Iterable[Recording]) -> str | None:
    """Return a recording whose parts overlap, or lie in two shards; None if there is none."""
    ends: dict[str, tuple[int, int]] = {}
    parts = [recording for recording in recordings if recording.part_of is not None]
    for one in sorted(parts, key=lambda one: one.offset_samples):
        shard, end = ends.get(one.part_of or "", (one.shard, 0))
        if one.shard != shard or one.offset_samples < end:
            return one.part_of
        ends[one.part_of or ""] = one.shard, one.offset_samples + one.values
    return None
