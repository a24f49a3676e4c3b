"""A prepared corpus: its recordings and their memory-mapped samples."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.audio.channels import mono_wave
from reverie.audio.stft import Wave
from reverie.corpus.fetching import fetch_manifest
from reverie.corpus.manifest import MANIFEST, Manifest, Refusal, read_manifest
from reverie.corpus.recording import Recording, Split, corpus_hash
from reverie.corpus.recordings import Recordings
from reverie.corpus.sample import read_sample
from reverie.corpus.samples import FetchedSamples, Samples, StoredSamples
from reverie.corpus.shards import SAMPLE_BYTES, shard_path
from reverie.errors import ReverieError
from reverie.progress import ProgressBar
from reverie.remote.cache import cache
from reverie.remote.places import as_given, place_of
from reverie.terminal import printable

__all__ = ["MANIFEST", "Corpus", "Recording", "Refusal", "Split"]

MOST_NAMED = 5
"""Most damaged recordings that a message names."""


class Corpus:
    """A corpus, opened read-only.

    Args:
        folder: of the corpus; for one at an URL, the folder that stands for it.
        manifest: of the corpus.
        samples: what reads its samples; its shards if None.
        is_fetched: they are fetched from an URL when they are read.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        samples: Samples | None = None,
        *,
        is_fetched: bool = False,
    ) -> None:
        self.folder, self._is_fetched = folder, is_fetched
        self._samples = samples or StoredSamples(folder)
        self.rate_hz = manifest.rate_hz
        self.settings = manifest.settings
        """The settings it was prepared with."""
        self.source = manifest.source
        """The folder of recordings it was prepared from."""
        self.recordings: Recordings = manifest.recordings
        self.refused = manifest.refused
        self.left_out = manifest.left_out
        """Files and folders among the recordings that were not searched for music."""
        self.ignored = manifest.ignored
        """Number of other files in the folder of recordings."""
        self.ignored_suffixes = manifest.ignored_suffixes
        self.content_hash = manifest.content_hash
        """SHA-256 of the rate and of each recording's content hash, path and split, in order.

        It does not depend on where the samples are stored.
        """
        self.sample = manifest.sample
        """A sample of the music to train on; None where all of it is learnt from."""
        self._checked: set[str] = set()

    @classmethod
    def open(cls, folder: Path) -> "Corpus":
        """Open the corpus in `folder`, or at the URL that it stands for, as it is there now.

        Raises:
            ReverieError: there is none, it is damaged, or a newer Reverie made it.
        """
        place = place_of(folder)
        if place is not None and not place.is_working:
            fetch_manifest(place)
            return cls._opened(folder, FetchedSamples(place))
        return cls._opened(folder, None)

    @classmethod
    def _opened(cls, folder: Path, samples: FetchedSamples | None) -> "Corpus":
        if not folder.is_dir():
            raise ReverieError(
                f"{folder} is not a folder.", "Make a corpus with `reverie prepare RECORDINGS`."
            )
        corpus = cls(folder, read_manifest(folder), samples, is_fetched=samples is not None)
        corpus._check_places()
        return corpus

    @property
    def location(self) -> str:
        """Where it lies, as a person would give it: an URL, or a path without links."""
        return as_given(self.folder) if self._is_fetched else str(self.folder.resolve())

    @property
    def url(self) -> str | None:
        """The URL at which it lies; None of a folder."""
        return as_given(self.folder) if self._is_fetched else None

    @property
    def is_larger_than_cache(self) -> bool:
        """Whether it lies at an URL, and the cache cannot hold all of its samples."""
        return self._is_fetched and self.stored_bytes > cache().most_bytes

    @property
    def channels(self) -> int:
        """The most channels that any of its recordings has."""
        ((most,),) = self.recordings.table.ask("SELECT max(channels) FROM recordings")
        return most

    @property
    def seconds(self) -> float:
        """Duration of all recordings together."""
        ((seconds,),) = self.recordings.table.ask("SELECT total(seconds) FROM recordings")
        return seconds

    @property
    def stored_bytes(self) -> int:
        """Size of all its samples."""
        asked = "SELECT sum(samples * channels) FROM recordings"
        ((values,),) = self.recordings.table.ask(asked)
        return SAMPLE_BYTES * values

    def of_split(self, split: Split) -> Recordings:
        """Return the recordings of one split, by path."""
        return self.recordings.of_split(split)

    def stretches(self) -> Iterator[NDArray[np.int16]]:
        """Yield the stretches of its sample, each int16 [C, S]; none where it has no sample.

        Raises:
            ReverieError: the sample is not what was stored.
        """
        if self.sample is not None:
            yield from read_sample(self.folder, self.sample)

    def pcm(self, recording: Recording) -> NDArray[np.int16]:
        """Return a recording's samples, int16 [C, samples] with 32768 for 1.0: a read-only view.

        The first call for a recording verifies its checksum, which takes a second for 10 hours at
        16 kHz.

        Raises:
            ReverieError: the shard is missing or too short, or holds other samples.
        """
        if recording.path not in self._checked:
            if not self._is_intact(recording):
                raise self._damaged([recording])
            self._checked.add(recording.path)
        view = self._samples.values(recording)
        if len(view) != recording.values:
            raise self._too_short(recording)
        return view.reshape(-1, recording.channels).T

    def mono(self, recording: Recording) -> Wave:
        """Return the mono mix of a recording, [samples], mixed where it is read.

        Raises:
            ReverieError: as `pcm`.
        """
        return mono_wave(self.pcm(recording))

    def check(self, *, quiet: bool = False) -> None:
        """Verify the checksum of every recording that is not yet verified.

        Raises:
            ReverieError: recordings, which it names, hold other samples than were stored; or the
                content hash is of others.
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
        told = ((one.content_hash, one.path, one.split) for one in self.recordings)
        if corpus_hash(self.rate_hz, told) != self.content_hash:
            raise ReverieError(
                f"{self.folder / MANIFEST} is damaged: content_hash: it belongs to other "
                "recordings.",
                self._remedy,
            )

    def _is_intact(self, recording: Recording) -> bool:
        return self._samples.sha256(recording) == recording.content_hash

    def _check_places(self) -> None:
        """Check that every recording lies within its shard before its length is used."""
        ends = self.recordings.table.ask(
            "SELECT shard, max(offset_samples + samples * channels) FROM recordings GROUP BY shard"
        )
        for shard, end in ends:
            if end > self._samples.length(shard):
                asked = (
                    "SELECT id FROM recordings "
                    "WHERE shard = ? AND offset_samples + samples * channels = ?"
                )
                number = int(self.recordings.table.ask(asked, shard, end)[0][0])
                raise self._too_short(self.recordings[number])

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
