"""Clips, as scripts hold them: samples with the provenance of how they were made."""

import dataclasses
import html
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from reverie.api.keywords import PathLike, path_of
from reverie.audio.pcm import to_int16
from reverie.audio.pictures.clip import draw_png, save_png
from reverie.audio.provenance import Provenance, Sidecar, read_sidecar, write_sidecar
from reverie.audio.writing.cut import read_float
from reverie.audio.writing.writer import AudioWriter
from reverie.errors import ReverieError
from reverie.evaluation.clip_verdicts import ClipVerdict, verdict_of, verdict_of_file
from reverie.evaluation.measures.health import HealthReference
from reverie.generation.clips import Clip as ClipOnDisk
from reverie.generation.folder import picture_of
from reverie.pages.media import audio_uri, png_uri
from reverie.progress import position

Encoding = Literal["16-bit", "float"]


class Clip:
    """A clip of generated music. In a notebook it is a player with its picture.

    Args:
        read: reads its samples, float32 [S].
        rate_hz: samples per second.
        provenance: how it was generated; None of a sound that tells nothing of it.
        path: its file, if it has one.
        reference: reads what it is judged by; None where the corpus is not known.
        is_new: it was made just now, and not by an earlier call that was stopped.
    """

    def __init__(
        self,
        read: Callable[[], NDArray[np.float32]],
        rate_hz: int,
        provenance: Provenance | None,
        path: Path | None = None,
        reference: Callable[[], HealthReference | None] = lambda: None,
        *,
        is_new: bool = True,
    ) -> None:
        self.is_new = is_new
        """Whether it was made just now, and not by an earlier call that was stopped."""
        self._read, self._reference = read, reference
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
        file = path_of(path, "path")
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

    @cached_property
    def verdict(self) -> ClipVerdict:
        """Whether it is ok, silent, noise, frozen, looping or clipped, with the reason.

        Raises:
            ReverieError: its file is gone or damaged.
        """
        if self.path is not None:
            return verdict_of_file(self.path, self._reference())
        return verdict_of(self.samples, self.rate_hz, self._reference())

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
            limited = max(writer.clipped_samples, self.provenance.clipped_samples)
            write_sidecar(
                out, Sidecar(dataclasses.replace(self.provenance, clipped_samples=limited))
            )
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
            f'<img alt="waveform and spectrogram" style="max-width:100%" src="{picture}"></figure>'
        )

    _repr_html_ = as_html

    def __repr__(self) -> str:
        made = self.provenance
        where = f"{self.path}, " if self.path else ""
        how = f", {made.checkpoint} of {made.run}" if made else ""
        return f"Clip({where}{self.seconds:.1f} s at {self.rate_hz} Hz{how})"


class Clips(Sequence[Clip]):
    """Clips that were generated together.

    Args:
        clips: in order.
        notes: what is worth knowing of how they were made, a sentence each.
        page: the page that plays them, if there is one.
    """

    def __init__(
        self, clips: Iterable[Clip], notes: Iterable[str] = (), page: Path | None = None
    ) -> None:
        self._clips = tuple(clips)
        self.notes = tuple(dict.fromkeys(notes))
        """What is worth knowing of how they were made, a sentence each."""
        self.page = page
        """The page that plays them; None of clips that are in no folder."""

    def lines(self) -> list[str]:
        """Say of each clip where it is, its verdict and its prompt, line by line.

        Raises:
            ReverieError: a file is gone or damaged.
        """
        said: list[str] = []
        for number, clip in enumerate(self, 1):
            said += clip_lines(clip, str(clip.path or f"clip {number}"))
        return [*said, *self.notes, *([f"The page: {self.page}"] if self.page else [])]

    def as_dict(self) -> dict[str, Any]:
        """Paths, prompts and verdicts, as plain values."""
        return {
            "clips": [str(clip.path) if clip.path else None for clip in self],
            "prompts": [
                asdict(clip.provenance.prompt) if clip.provenance else None for clip in self
            ],
            "verdicts": [asdict(clip.verdict) for clip in self],
            "page": str(self.page) if self.page else None,
        }

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


def in_memory(
    clips: Sequence[tuple[NDArray[np.float32], Provenance]],
    reference: Callable[[], HealthReference | None],
) -> Clips:
    """Hold samples [S] with their provenance."""
    held = (
        Clip(lambda wave=wave: wave, made.rate_hz, made, reference=reference)
        for wave, made in clips
    )
    return Clips(held, (made.lacks for _, made in clips if made.lacks))


def on_disk(clips: Sequence[ClipOnDisk], reference: Callable[[], HealthReference | None]) -> Clips:
    """Hold files, whose samples are read when they are asked for.

    Raises:
        ReverieError: one of them is gone or damaged.
    """
    held: list[Clip] = []
    for clip in clips:
        made = read_sidecar(clip.path).provenance
        rate_hz = made.rate_hz if made else 0
        read = partial(_samples_of, clip.path)
        held.append(Clip(read, rate_hz, made, clip.path, reference, is_new=clip.generated))
    return Clips(held, (clip.lacks for clip in clips if clip.lacks))


def clip_lines(clip: Clip, name: str) -> list[str]:
    """Say of a clip where it is, its verdict with the reason, and what it continues."""
    verdict = clip.verdict
    said = [f"{name}  {verdict.sentence}"]
    made = clip.provenance
    if made is None:
        return said
    prompt = made.prompt
    end = prompt.offset_seconds + prompt.seconds
    words = f"from {prompt.recording}, {position(prompt.offset_seconds)}-{position(end)}"
    details = [words if prompt.recording else "from nothing"]
    if prompt.silence_seconds:
        details.append(f"the {prompt.silence_seconds:.1f} s of silence after it left out")
    if made.clipped_samples:
        details.append(f"{made.clipped_samples} samples clipped")
    if not clip.is_new:
        details.append("was there already")
    return [*said, f"    {', '.join(details)}"]


def _samples_of(path: Path) -> NDArray[np.float32]:
    return read_float(path)[0]
