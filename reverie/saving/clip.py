"""Write one clip to a file of any format, trimmed or looped, with what it says of itself.

Letters: S samples, C channels, L samples of a crossfade.
"""

import dataclasses
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.audio.loops import Loop, faded, find_loop
from reverie.audio.pictures.clip import save_png
from reverie.audio.provenance import (
    Looped,
    Provenance,
    Sidecar,
    Trim,
    is_sidecar,
    sidecar_of,
    write_sidecar,
)
from reverie.audio.reading.inside import origin_of
from reverie.audio.tags import tags_of
from reverie.audio.writing.cut import MonoOnDisk, blocks_of, open_sound
from reverie.audio.writing.formats import suffix_of
from reverie.audio.writing.writer import AudioWriter
from reverie.errors import ReverieError
from reverie.evaluation.best_stretch import Stretch, best_of_file, corpus_behind
from reverie.generation.folder import picture_of
from reverie.saving.settings import SaveSettings
from reverie.storage import clear_disk_errors, file_sha256, flush_folder


@dataclass(frozen=True)
class ClipOnDisk:
    """A clip to take away that is a file."""

    path: Path

    def written(self, stage: Path) -> Path:  # noqa: ARG002
        """Return its file."""
        return self.path

    def origin(self) -> Sidecar:
        """Return how it was made.

        Raises:
            OSError: its file cannot be read.
        """
        return origin_of(self.path)


@dataclass(frozen=True)
class ClipInMemory:
    """A clip to take away whose samples are in memory, or are read when they are needed."""

    read: Callable[[], NDArray[np.float32]]
    """Its samples, float32 [C, S]."""
    rate_hz: int
    provenance: Provenance | None

    def written(self, stage: Path) -> Path:
        """Write its samples to a file in the folder `stage`, and return the file.

        Raises:
            ReverieError: a sample is not a number, or the disk refuses.
        """
        path = stage / "clip-in-memory.wav"
        samples = self.read()
        with AudioWriter(path, self.rate_hz, "wav32f", channels=len(samples)) as writer:
            writer.write(samples)
        return path

    def origin(self) -> Sidecar:
        """Return how it was made."""
        return Sidecar(self.provenance)


Takeable = ClipOnDisk | ClipInMemory


@dataclass(frozen=True)
class SavedClip:
    """A clip that was taken away."""

    path: Path
    """Its file; within an archive, the archive and the name in it."""
    seconds: float
    rate_hz: int
    """Samples per second of what was saved; Opus always plays at 48 kHz."""
    clipped_samples: int
    """How many samples exceeded full scale and were clipped."""
    stretch: Stretch | None = None
    """What trimming kept, and why; None without trimming."""
    loop: Looped | None = None
    """How it repeats; None if it is no loop."""
    note: str = ""
    """Why the clip's provenance is not carried on; empty where it is."""


@dataclass(frozen=True)
class _Span:
    """The part of a sound to write, samples `first` to `last`, and how it repeats."""

    first: int
    last: int
    loop: Loop | None

    def pieces(self, file: soundfile.SoundFile) -> Iterator[NDArray[np.float32]]:
        """Yield the samples of the part, [C, n]."""
        fade = self.loop.crossfade if self.loop else 0
        for block in blocks_of(file, self.first, self.last - fade, "float32"):
            yield block.T
        if self.loop:
            ending = [*blocks_of(file, self.last - fade, self.last, "float32")]
            before = [*blocks_of(file, self.first - fade, self.first, "float32")]
            yield faded(np.concatenate(ending), np.concatenate(before), self.loop.likeness).T


def write_clip(
    clip: Takeable, stage: Path, name: str, settings: SaveSettings, *, quiet: bool = True
) -> SavedClip:
    """Write a clip to the folder `stage`, with the JSON beside it that says how it was made.

    Memory does not grow with its length.

    Args:
        clip: to write.
        stage: a folder of ours.
        name: of the file, without suffix.
        settings: how.
        quiet: show no progress of the search for copies.

    Raises:
        ReverieError: the clip cannot be read, is too short for a loop, has too many channels for
            the format, or the disk refuses.
    """
    source = clip.written(stage)
    out = stage / f"{name}{suffix_of(settings.format_)}"
    with open_sound(source) as file, _disk(source):
        told = clip.origin()
        stretch = _stretch(source, told, settings, quiet=quiet)
        span = _span(file, source, stretch, settings)
        looped = _looped(span, file.samplerate)
        told = dataclasses.replace(
            told,
            trim=_trim(clip, source, file, span, told) if stretch or looped else told.trim,
            loop=looped if stretch or looped else told.loop,
        )
        clipped = _write(file, out, span, told, settings)
    if told.provenance is not None:
        clipped = max(clipped, told.provenance.clipped_samples)
        made = dataclasses.replace(told.provenance, clipped_samples=clipped)
        told = dataclasses.replace(told, provenance=made)
    if told.provenance or told.trim or told.loop or told.unknown:
        write_sidecar(out, told)
    if settings.picture:
        save_png(out, picture_of(out))
    length = span.last - span.first
    rate_hz = int(file.samplerate)
    note = "" if told.provenance else told.doubt
    return SavedClip(out, length / rate_hz, rate_hz, clipped, stretch, looped, note)


def require_free(out: Path, *, picture: bool, overwrite: bool = False) -> None:
    """See that nothing is at `out`, nor where what belongs to it is to be.

    Args:
        out: of a clip.
        picture: it will have a picture beside it.
        overwrite: a clip that is there may be replaced, with what belongs to it alone.

    Raises:
        ReverieError: something is in the way.
    """
    if overwrite and out.is_file():
        return
    for path in (out, sidecar_of(out), *([picture_of(out)] if picture else [])):
        if os.path.lexists(path):
            raise ReverieError(
                f"{path} is there already.", "Choose another folder or name: nothing is replaced."
            )


def publish(staged: Path, out: Path, *, overwrite: bool = False) -> None:
    """Move a clip and what belongs to it to its place, the sound last.

    Raises:
        ReverieError: something came in the way, or the disk refuses.
    """
    require_free(out, picture=picture_of(staged).exists(), overwrite=overwrite)
    with clear_disk_errors(out):
        # A picture without provenance beside it may be of anything.
        was_ours = overwrite and is_sidecar(sidecar_of(out))
        for target in (picture_of(out), sidecar_of(out), out):
            made = staged if target == out else staged.with_suffix(target.suffix)
            if made.exists():
                made.replace(target)
            elif was_ours:
                target.unlink(missing_ok=True)
        flush_folder(out.parent)


@contextmanager
def _disk(source: Path) -> Generator[None]:
    """Say of which clip the system could not read what it says of itself."""
    try:
        yield
    except OSError as error:
        raise ReverieError(f"{source} cannot be read: {error.strerror}.", "Restore it.") from error


def _stretch(source: Path, told: Sidecar, settings: SaveSettings, *, quiet: bool) -> Stretch | None:
    if not settings.trim:
        return None
    corpus = corpus_behind(told.provenance)
    return best_of_file(source, corpus, copies=settings.copies, quiet=quiet)


def _span(
    file: soundfile.SoundFile, source: Path, stretch: Stretch | None, settings: SaveSettings
) -> _Span:
    first, last = 0, int(file.frames)
    if not last:
        raise ReverieError(f"{source} holds no samples.", "Give a clip that plays.")
    if stretch is not None:
        first = round(stretch.start_seconds * file.samplerate)
        last = min(round(stretch.end_seconds * file.samplerate), last)
    if not settings.loop:
        return _Span(first, last, None)
    try:
        loop = find_loop(MonoOnDisk(file, first, last), int(file.samplerate), settings.loop)
    except ReverieError as error:
        raise ReverieError(f"{source}: {error.problem}", error.remedy) from error
    return _Span(first + loop.first, first + loop.last, loop)


def _looped(span: _Span, rate_hz: int) -> Looped | None:
    if span.loop is None:
        return None
    return Looped(
        beats=span.loop.beats,
        bpm=round(span.loop.bpm, 3),
        confidence=round(span.loop.confidence, 3),
        crossfade_seconds=span.loop.crossfade / rate_hz,
    )


def _trim(
    clip: Takeable,
    source: Path,
    file: soundfile.SoundFile,
    span: _Span,
    told: Sidecar,
) -> Trim:
    on_disk = isinstance(clip, ClipOnDisk)
    rate_hz = int(file.samplerate)
    return Trim(
        of=source.name if on_disk else "",
        of_sha256=file_sha256(source) if on_disk else "",
        how="as a loop" if span.loop else "by measures",
        start_seconds=span.first / rate_hz,
        end_seconds=span.last / rate_hz,
        cut_seconds=round((file.frames - (span.last - span.first)) / rate_hz, 6),
        before=told.trim,
    )


def _write(
    file: soundfile.SoundFile, out: Path, span: _Span, told: Sidecar, settings: SaveSettings
) -> int:
    """Write a part of an open file to `out`; return how many samples were clipped."""
    tags = tags_of(told.provenance) if told.provenance else {}
    if tags and told.loop and told.loop.beats:
        tags["BPM"] = f"{told.loop.bpm:.2f}"
    rate_hz, channels = int(file.samplerate), int(file.channels)
    with AudioWriter(out, rate_hz, settings.format_, channels=channels, tags=tags) as writer:
        for piece in span.pieces(file):
            writer.write(piece)
    return writer.clipped_samples
