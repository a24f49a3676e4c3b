"""Clips, as scripts hold them: samples with the provenance of how they were made."""

import html
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from reverie.api.corpus import PathLike
from reverie.audio.pcm import to_int16
from reverie.audio.pictures.clip import draw_png, save_png
from reverie.audio.provenance import Provenance, Sidecar, read_sidecar, write_sidecar
from reverie.audio.writing.cut import read_float
from reverie.audio.writing.writer import AudioWriter
from reverie.errors import ReverieError
from reverie.generation.clips import Clip as ClipOnDisk
from reverie.generation.folder import picture_of
from reverie.generation.trim import trim_clip
from reverie.pages.media import audio_uri, png_uri

Encoding = Literal["16-bit", "float"]


class Clip:
    """A clip of generated music. In a notebook it is a player with its picture.

    Args:
        read: reads its samples, float32 [S].
        rate_hz: samples per second.
        provenance: how it was generated; None of a sound that tells nothing of it.
        path: its file, if it has one.
    """

    def __init__(
        self,
        read: Callable[[], NDArray[np.float32]],
        rate_hz: int,
        provenance: Provenance | None,
        path: Path | None = None,
    ) -> None:
        self._read = read
        self.rate_hz = rate_hz
        """Samples per second."""
        self.provenance = provenance
        """How it was generated: run, checkpoint, settings and prompt."""
        self.path = path
        """Its file; None of a clip in memory."""

    @classmethod
    def open(cls, path: PathLike) -> "Clip":
        """Open a WAV or FLAC file that Reverie wrote.

        Raises:
            ReverieError: it is missing or damaged, or has no samples.
        """
        file = Path(path)
        samples, rate_hz = read_float(file)
        try:
            provenance = read_sidecar(file).provenance
        except OSError:
            provenance = None
        return cls(lambda: samples, rate_hz, provenance, file)

    @cached_property
    def samples(self) -> NDArray[np.float32]:
        """Its samples, float32 [S].

        Raises:
            ReverieError: its file is gone or damaged.
        """
        return self._read()

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / self.rate_hz

    def save(self, path: PathLike, *, encoding: Encoding = "16-bit", picture: bool = False) -> Path:
        """Write it to a file, with a JSON file beside it that says how it was made.

        Args:
            path: `.wav` or `.flac`.
            encoding: `16-bit`, where samples beyond full scale are limited, or `float`, in WAV
                alone.
            picture: write a PNG of its spectrum beside it too.

        Returns:
            where it is.

        Raises:
            ReverieError: the suffix is another, or the disk refuses.
        """
        out = Path(path)
        subtype = "FLOAT" if encoding == "float" else "PCM_16"
        with AudioWriter(out, self.rate_hz, subtype=subtype) as writer:
            writer.write(self.samples)
        if self.provenance is not None:
            write_sidecar(out, Sidecar(self.provenance))
        if picture:
            save_png(out, picture_of(out))
        return out

    def as_html(self) -> str:
        """Return a player with its picture, for a page."""
        pcm = to_int16(self.samples)
        picture = png_uri(draw_png(pcm, self.rate_hz))
        return (
            f'<figure style="margin:0"><figcaption>{html.escape(repr(self))}</figcaption>'
            f'<audio controls src="{audio_uri(pcm, self.rate_hz)}"></audio><br>'
            f'<img alt="waveform and spectrogram" src="{picture}"></figure>'
        )

    _repr_html_ = as_html

    def __repr__(self) -> str:
        made = self.provenance
        where = f"{self.path}, " if self.path else ""
        how = f", {made.checkpoint} of {made.run}" if made else ""
        return f"Clip({where}{self.seconds:.1f} s at {self.rate_hz} Hz{how})"


@dataclass(frozen=True)
class Trimmed:
    """A part of a clip, in a file of its own."""

    path: Path
    start_seconds: float
    """Where it begins in the clip."""
    end_seconds: float
    """Where it ends in the clip."""
    note: str = ""
    """Why the provenance of the clip is not carried on; empty where it is."""


def trim(
    clip: PathLike,
    out: PathLike | None = None,
    *,
    start: float | None = None,
    end: float | None = None,
    overwrite: bool = False,
) -> Trimmed:
    """Cut a clip down to a part; the original stays, and what was cut is recorded.

    What stays keeps its rate, its channels and every bit.

    Args:
        clip: a WAV or FLAC file.
        out: the part; `CLIP-trimmed` beside it if not given.
        start: where to begin, in seconds; where sound begins if not given.
        end: where to end, in seconds; where sound ends if not given.
        overwrite: replace a file that is there.

    Raises:
        ReverieError: the clip cannot be read, nothing would stay, or a file is in the way.
    """
    path = Path(clip)
    target = Path(out) if out else path.with_name(f"{path.stem}-trimmed{path.suffix}")
    begin, finish = trim_clip(path, target, start, end, overwrite=overwrite)
    return Trimmed(target, begin, finish, read_sidecar(path).doubt)


class Clips(Sequence[Clip]):
    """Clips that were generated together.

    Args:
        clips: in order.
        notes: what is worth knowing of how they were made, a sentence each.
    """

    def __init__(self, clips: Iterable[Clip], notes: Iterable[str] = ()) -> None:
        self._clips = tuple(clips)
        self.notes = tuple(dict.fromkeys(notes))
        """What is worth knowing of how they were made, a sentence each."""

    @classmethod
    def in_memory(cls, clips: Sequence[tuple[NDArray[np.float32], Provenance]]) -> "Clips":
        """Hold samples [S] with their provenance."""
        return cls(
            (Clip(lambda wave=wave: wave, made.rate_hz, made) for wave, made in clips),
            (made.lacks for _, made in clips if made.lacks),
        )

    @classmethod
    def on_disk(cls, clips: Sequence[ClipOnDisk]) -> "Clips":
        """Hold files, whose samples are read when they are asked for.

        Raises:
            ReverieError: one of them is gone or damaged.
        """
        return cls(
            (_on_disk(clip.path) for clip in clips), (clip.lacks for clip in clips if clip.lacks)
        )

    def save(self, folder: PathLike, *, encoding: Encoding = "16-bit") -> list[Path]:
        """Write all to a folder as `001.wav` and so on; see `Clip.save`.

        Raises:
            ReverieError: a clip of that number is there, or the disk refuses.
        """
        out = Path(folder)
        paths = [out / f"{number:03d}.wav" for number in range(1, len(self) + 1)]
        if there := [path for path in paths if path.exists()]:
            raise ReverieError(f"{there[0]} is there already.", "Choose another folder.")
        out.mkdir(parents=True, exist_ok=True)
        return [
            clip.save(path, encoding=encoding, picture=True)
            for clip, path in zip(self, paths, strict=True)
        ]

    @overload
    def __getitem__(self, index: int) -> Clip: ...
    @overload
    def __getitem__(self, index: slice) -> "Clips": ...
    def __getitem__(self, index: int | slice) -> "Clip | Clips":
        """The clip at a place, or those of a slice."""
        found = self._clips[index]
        return found if isinstance(found, Clip) else Clips(found, self.notes)

    def __len__(self) -> int:
        return len(self._clips)

    def __iter__(self) -> Iterator[Clip]:
        return iter(self._clips)

    def as_html(self) -> str:
        """Return a player of each, for a page."""
        return "".join(clip.as_html() for clip in self)

    _repr_html_ = as_html

    def __repr__(self) -> str:
        return f"Clips({', '.join(map(repr, self))})"


def _on_disk(path: Path) -> Clip:
    provenance = read_sidecar(path).provenance
    rate_hz = provenance.rate_hz if provenance else 0
    return Clip(lambda: read_float(path)[0], rate_hz, provenance, path)
