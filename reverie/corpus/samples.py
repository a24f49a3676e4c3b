"""Where the samples of an opened corpus are read: its shards, or their place at an URL.

At an URL a recording is what is fetched: a range of a shard, which its content hash checks before
it is there. It lies in the cache by that hash, whatever corpus it is of.
"""

import hashlib
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reverie.corpus.recording import Recording
from reverie.corpus.shards import (
    SAMPLE_BYTES,
    map_samples,
    map_shard,
    samples_in,
    shard_path,
    stored_sha256,
)
from reverie.errors import ReverieError
from reverie.remote.cache import cache, touch
from reverie.remote.places import Place
from reverie.storage import file_sha256, replacing

MOST_MAPPED = 1000
"""Recordings of a corpus at an URL that are mapped at once."""
_fetching = threading.Lock()


class Samples(Protocol):
    """The samples of a corpus."""

    def values(self, recording: Recording) -> NDArray[np.int16]:
        """Return the numbers of a recording, int16 [values], read from the disk on access; fewer
        where its shard is too short.

        Raises:
            ReverieError: they cannot be read.
        """
        ...

    def sha256(self, recording: Recording) -> str:
        """Return the SHA-256 of a recording's samples as they lie on the disk.

        Raises:
            ReverieError: they cannot be read.
        """
        ...

    def length(self, shard: int) -> int:
        """Return how many numbers a shard holds.

        Raises:
            ReverieError: it is missing.
        """
        ...


class StoredSamples:
    """The samples of a corpus in a folder.

    Args:
        folder: the corpus.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mapped: dict[int, NDArray[np.int16]] = {}

    def values(self, recording: Recording) -> NDArray[np.int16]:
        """See `Samples`."""
        shard = self._mapped.get(recording.shard)
        if shard is None:
            shard = self._mapped[recording.shard] = map_shard(self._folder, recording.shard)
        return shard[recording.offset_samples : recording.offset_samples + recording.values]

    def sha256(self, recording: Recording) -> str:
        """See `Samples`."""
        return stored_sha256(
            self._folder, recording.shard, recording.offset_samples, recording.values
        )

    def length(self, shard: int) -> int:
        """See `Samples`."""
        return samples_in(self._folder, shard)


class FetchedSamples:
    """The samples of a corpus at an URL, each recording fetched when it is first read.

    Args:
        place: of the corpus, listed.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._here = StoredSamples(place.folder)
        self._mapped: OrderedDict[str, NDArray[np.int16]] = OrderedDict()

    def values(self, recording: Recording) -> NDArray[np.int16]:
        """See `Samples`."""
        if self._is_here(recording.shard):
            return self._here.values(recording)
        key = recording.content_hash
        mapped = self._mapped.get(key)
        if mapped is None:
            mapped = self._mapped[key] = map_samples(self._fetched(recording), recording.values)
            if len(self._mapped) > MOST_MAPPED:
                self._mapped.popitem(last=False)
        return mapped

    def sha256(self, recording: Recording) -> str:
        """See `Samples`."""
        if self._is_here(recording.shard):
            return self._here.sha256(recording)
        path = self._fetched(recording)
        found = file_sha256(path)
        if found != recording.content_hash:
            # The disk changed it, and the store has it still.
            path.unlink(missing_ok=True)
            found = file_sha256(self._fetched(recording))
        return found

    def length(self, shard: int) -> int:
        """See `Samples`."""
        entry = self._place.listed.get(_name(shard))
        if entry is None or entry.size is None:
            raise ReverieError(
                f"{self._place.store.named(_name(shard))} is missing.", "Prepare the corpus again."
            )
        return entry.size // SAMPLE_BYTES

    def _is_here(self, shard: int) -> bool:
        """Whether the whole shard lies here, since it was prepared on this machine."""
        entry = self._place.listed.get(_name(shard))
        return entry is not None and self._place.is_current(_name(shard), entry)

    def _fetched(self, recording: Recording) -> Path:
        """Return the file with the samples of a recording, fetched if it is not there yet."""
        path = _path_of(recording.content_hash)
        with _fetching:
            if path.is_file():
                touch(path)
                return path
            named = f"a recording of {self._place.url}"
            cache().make_room(recording.values * SAMPLE_BYTES, named)
            # What went to make room is not held on the disk by a mapping of ours.
            for other in [one for one in self._mapped if not _path_of(one).is_file()]:
                del self._mapped[other]
            self._fetch(recording, path)
        return path

    def _fetch(self, recording: Recording, path: Path) -> None:
        name = _name(recording.shard)
        self.length(recording.shard)
        entry, digest = self._place.listed[name], hashlib.sha256()
        first, size = recording.offset_samples * SAMPLE_BYTES, recording.values * SAMPLE_BYTES
        with replacing(path) as temporary:
            with temporary.open("wb") as file:
                for piece in self._place.store.pieces(name, entry, first, size):
                    digest.update(piece)
                    file.write(piece)
            if digest.hexdigest() != recording.content_hash:
                raise ReverieError(
                    f"{self._place.store.named(name)} does not hold the samples that were stored.",
                    "Open the corpus again if it was prepared anew; else prepare it again.",
                )


def _name(shard: int) -> str:
    return shard_path(Path(), shard).as_posix()


def _path_of(content_hash: str) -> Path:
    return cache().samples / content_hash[:2] / f"{content_hash}.pcm"
