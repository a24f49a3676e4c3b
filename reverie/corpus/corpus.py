"""A prepared corpus: its recordings and their memory-mapped samples."""

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.corpus.manifest import (
    MANIFEST,
    Manifest,
    Recording,
    Refusal,
    Split,
    corpus_hash,
    read_manifest,
)
from reverie.corpus.shards import map_shard, samples_in, shard_path, stored_sha256
from reverie.errors import ReverieError
from reverie.progress import ProgressBar
from reverie.terminal import printable

__all__ = ["MANIFEST", "Corpus", "Recording", "Refusal", "Split"]

MOST_NAMED = 5
"""Most damaged recordings that a message names."""


class Corpus:
    """A corpus, opened read-only.

    Args:
        folder: of the corpus.
        manifest: of the corpus.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.rate_hz = manifest.rate_hz
        self.settings = manifest.settings
        """The settings it was prepared with."""
        self.source = manifest.source
        """The folder of recordings it was prepared from."""
        self.recordings = manifest.recordings
        self.refused = manifest.refused
        self.left_out = manifest.left_out
        """Files and folders among the recordings that were not searched for music."""
        self.ignored = manifest.ignored
        """Number of other files in the folder of recordings."""
        self.ignored_suffixes = manifest.ignored_suffixes
        self._mapped: dict[int, NDArray[np.int16]] = {}
        self._checked: set[str] = set()

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
        corpus = cls(folder, read_manifest(folder))
        corpus._check_places()
        return corpus

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the rate and of each recording's content hash, path and split, in order.

        It does not depend on where the samples are stored.
        """
        return corpus_hash(
            self.rate_hz,
            (
                (recording.content_hash, recording.path, recording.split)
                for recording in self.recordings
            ),
        )

    @property
    def seconds(self) -> float:
        """Duration of all recordings together."""
        return sum(recording.seconds for recording in self.recordings)

    def of_split(self, split: Split) -> tuple[Recording, ...]:
        """Return the recordings of one split, by path."""
        return tuple(recording for recording in self.recordings if recording.split == split)

    def pcm(self, recording: Recording) -> NDArray[np.int16]:
        """Return a recording's samples, int16 [samples] with 32768 for 1.0: a read-only view.

        The first call for a recording verifies its checksum, which takes a second for 10 hours at
        16 kHz.

        Raises:
            ReverieError: the shard is missing or too short, or holds other samples.
        """
        if recording.path not in self._checked:
            if not self._is_intact(recording):
                raise self._damaged([recording])
            self._checked.add(recording.path)
        shard = self._mapped.get(recording.shard)
        if shard is None:
            shard = self._mapped[recording.shard] = map_shard(self.folder, recording.shard)
        view = shard[recording.offset_samples : recording.offset_samples + recording.samples]
        if len(view) != recording.samples:
            raise self._too_short(recording)
        return view

    def check(self, *, quiet: bool = False) -> None:
        """Verify the checksum of every recording that is not yet verified.

        Raises:
            ReverieError: recordings, which it names, hold other samples than were stored.
        """
        damaged: list[Recording] = []
        with ProgressBar("Checking", len(self.recordings), "recordings", quiet=quiet) as work:
            for recording in self.recordings:
                if recording.path not in self._checked and not self._is_intact(recording):
                    damaged.append(recording)
                self._checked.add(recording.path)
                work.advance()
        self._checked -= {recording.path for recording in damaged}
        if damaged:
            raise self._damaged(damaged)

    def _is_intact(self, recording: Recording) -> bool:
        found = stored_sha256(
            self.folder, recording.shard, recording.offset_samples, recording.samples
        )
        return found == recording.content_hash

    def _check_places(self) -> None:
        """Check that every recording lies within its shard before its length is used."""
        lengths: dict[int, int] = {}
        for recording in self.recordings:
            if recording.shard not in lengths:
                lengths[recording.shard] = samples_in(self.folder, recording.shard)
            if recording.offset_samples + recording.samples > lengths[recording.shard]:
                raise self._too_short(recording)

    def _too_short(self, recording: Recording) -> ReverieError:
        return ReverieError(
            f"{shard_path(self.folder, recording.shard)} is shorter than {MANIFEST} says: "
            f"{printable(recording.path)} exceeds its end.",
            self._remedy,
        )

    def _damaged(self, recordings: list[Recording]) -> ReverieError:
        names = ", ".join(printable(recording.path) for recording in recordings[:MOST_NAMED])
        more = len(recordings) - MOST_NAMED
        several = f"{len(recordings)} recordings of {self.folder} are damaged: "
        named = several + names if len(recordings) > 1 else f"{self.folder}: {names} is damaged"
        return ReverieError(
            f"{named}{f' and {more} more' if more > 0 else ''}; "
            "the samples in its shards are not those that were stored.",
            self._remedy,
        )

    @property
    def _remedy(self) -> str:
        again = f"reverie prepare {printable(self.source)} --out {printable(str(self.folder))}"
        return f"Prepare them again: {again}"
