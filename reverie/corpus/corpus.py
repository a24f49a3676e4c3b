"""A prepared corpus: which recordings are in it, and their samples, memory-mapped."""

import errno
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from reverie.errors import ReverieError
from reverie.records import read_json
from reverie.storage import write_json

Split = Literal["train", "held-out"]

FORMAT = "reverie-corpus"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Recording:
    """One recording of a corpus, and where its samples lie.

    `offset_samples` and `samples` place it within shard number `shard`; levels are those of
    its mono samples at the corpus's rate.
    """

    path: str
    """Where it was, relative to the folder of recordings, with forward slashes."""
    content_hash: str
    """SHA-256 of its 16-bit samples."""
    codec: str
    seconds: float
    source_rate_hz: int
    source_channels: int
    loudness_lufs: float | None
    """Integrated loudness; None where all of it lies below BS.1770's gate of -70 LUFS."""
    peak_dbfs: float
    rms_dbfs: float
    split: Split
    shard: int
    offset_samples: int
    samples: int
    notes: tuple[str, ...]
    """What a listener might want to know: clipping, damage that was kept."""


@dataclass(frozen=True)
class Refusal:
    """A file that looks like a recording and is not used, and why."""

    path: str
    reason: str


class Corpus:
    """A corpus opened for reading; nothing in it is ever written through this.

    Args:
        folder: where it lies.
        manifest: the parsed manifest.
    """

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        self.folder = folder
        self.rate_hz = int(manifest["rate_hz"])
        self.settings: dict[str, Any] = manifest["settings"]
        """The settings it was prepared with."""
        self.source: str = manifest["source"]
        """The folder of recordings it was prepared from."""
        self.recordings = tuple(_recording(entry) for entry in manifest["recordings"])
        self.refused = tuple(Refusal(**entry) for entry in manifest["refused"])
        self.ignored: int = manifest["ignored"]
        """How many files in the folder of recordings were no recordings by their names."""
        self._mapped: dict[int, NDArray[np.int16]] = {}

    @classmethod
    def open(cls, folder: Path) -> "Corpus":
        """Open the corpus in `folder`.

        Raises:
            ReverieError: there is none, it is damaged, or a newer Reverie made it.
        """
        if not folder.is_dir():
            raise ReverieError(
                f"{folder} is not a folder.", "Make a corpus with `reverie prepare RECORDINGS`."
            )
        read = read_json(folder / MANIFEST, "a corpus")
        manifest = cast(dict[str, Any], read if isinstance(read, dict) else {})
        if manifest.get("format") != FORMAT:
            raise ReverieError(
                f"{folder / MANIFEST} is not the manifest of a corpus.", "Give a corpus's folder."
            )
        if manifest.get("format_version") != FORMAT_VERSION:
            raise ReverieError(
                f"{folder} was made by {manifest.get('created_by', 'another version')}, "
                "in a format this version does not know.",
                "Prepare it again, or update Reverie.",
            )
        try:
            return cls(folder, manifest)
        except (KeyError, TypeError, ValueError) as error:
            raise ReverieError(
                f"{folder / MANIFEST} is damaged ({error}).", "Prepare the corpus again."
            ) from error

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the rate and of each recording's content hash, path and split, in order.

        Where the samples lie does not matter to it.
        """
        return corpus_hash(
            self.rate_hz, ((one.content_hash, one.path, one.split) for one in self.recordings)
        )

    @property
    def seconds(self) -> float:
        """Duration of all recordings together."""
        return sum(one.seconds for one in self.recordings)

    def of_split(self, split: Split) -> tuple[Recording, ...]:
        """The recordings of one split, by path."""
        return tuple(one for one in self.recordings if one.split == split)

    def pcm(self, recording: Recording) -> NDArray[np.int16]:
        """Its samples, int16 [samples], 32768 standing for 1.0: a read-only view of the shard.

        Raises:
            ReverieError: the shard is missing or too short.
        """
        shard = self._mapped.get(recording.shard)
        if shard is None:
            shard = self._mapped[recording.shard] = map_shard(self.folder, recording.shard)
        view = shard[recording.offset_samples : recording.offset_samples + recording.samples]
        if len(view) != recording.samples:
            raise ReverieError(
                f"{shard_path(self.folder, recording.shard)} is shorter than the manifest says.",
                "Prepare the corpus again.",
            )
        return view


def corpus_hash(rate_hz: int, recordings: Iterable[tuple[str, str, str]]) -> str:
    """The content hash of a corpus: of its rate, and each content hash, path and split."""
    digest = hashlib.sha256(json.dumps([FORMAT, rate_hz]).encode())
    for entry in recordings:
        digest.update(json.dumps(entry).encode())
    return digest.hexdigest()


def map_shard(folder: Path, number: int) -> NDArray[np.int16]:
    """All samples of shard `number` of the corpus in `folder`, int16, read as they are touched.

    Raises:
        ReverieError: it cannot be opened.
    """
    path = shard_path(folder, number)
    try:
        mapped = np.memmap(path, np.dtype("<i2"), "r")
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:
            raise ReverieError(
                f"{path} cannot be mapped: this process may not have so many addresses.",
                "Raise the limit (ulimit -v), or prepare with a smaller shard_megabytes.",
            ) from error
        raise ReverieError(
            f"{path} cannot be opened ({error}).", "Prepare the corpus again."
        ) from error
    # A plain array over the same pages: slices of np.memmap are slow to make.
    return np.asarray(mapped)


def shard_path(folder: Path, number: int) -> Path:
    """Where shard `number` of the corpus in `folder` lies."""
    return folder / "shards" / f"{number:05d}.pcm"


def write_manifest(
    folder: Path,
    recordings: tuple[Recording, ...],
    refused: tuple[Refusal, ...],
    **about: Any,
) -> Corpus:
    """Write a corpus's manifest, whole or not at all, and return the corpus.

    Args:
        folder: the corpus.
        recordings: by path.
        refused: by path.
        about: `rate_hz`, `settings`, `source`, `ignored` and `created_by`.

    Raises:
        ReverieError: the disk refuses; an earlier manifest is left as it was.
    """
    manifest = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        **about,
        "recordings": [vars(one) for one in recordings],
        "refused": [vars(one) for one in refused],
    }
    corpus = Corpus(folder, manifest)
    write_json(folder / MANIFEST, manifest | {"content_hash": corpus.content_hash})
    return corpus


def _recording(entry: dict[str, Any]) -> Recording:
    values = dict(entry)
    notes = tuple(values.pop("notes"))
    return Recording(**values, notes=notes)
