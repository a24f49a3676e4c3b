"""Clips, as scripts hold them: samples with the provenance of how they were made."""

import html
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import cached_property, partial
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from reverie.api.keywords import PathLike, path_of
from reverie.audio.channels import as_public, from_public, mixed, mono_wave
from reverie.audio.loops import LoopUnit
from reverie.audio.pcm import to_int16
from reverie.audio.pictures.clip import draw_png
from reverie.audio.provenance import Provenance, read_sidecar
from reverie.audio.reading.inside import origin_of
from reverie.audio.writing.cut import read_float
from reverie.audio.writing.formats import format_of
from reverie.evaluation.clip_verdicts import ClipVerdict, verdict_of, verdict_of_file
from reverie.evaluation.measures.health import HealthReference
from reverie.generation.clips import Clip as Generated
from reverie.pages.media import audio_uri, png_uri
from reverie.progress import position
from reverie.saving.clip import ClipInMemory, ClipOnDisk, Takeable
from reverie.saving.selection import save_all, save_to_file
from reverie.saving.settings import save_settings


class Clip:
    """A clip of generated music. In a notebook it is a player with its picture.

    Args:
        read: reads its samples, float32 [S] or [C, S].
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
        """Open a file that Reverie wrote, in any format.

        Raises:
            ReverieError: it is missing or damaged, or has no samples.
        """
        file = path_of(path, "path")
        samples, rate_hz = read_float(file)
        try:
            provenance = origin_of(file).provenance
        except OSError:
            provenance = None
        return cls(lambda: samples, rate_hz, provenance, file)

    @cached_property
    def samples(self) -> NDArray[np.float32]:
        """Its samples, float32: [S] if it is mono, [2, S] if it is stereo, as librosa has them.

        Raises:
            ReverieError: its file is gone or damaged.
        """
        return as_public(from_public(self._read()))

    @property
    def channels(self) -> int:
        """1 of a mono clip, 2 of a stereo one."""
        return len(from_public(self.samples))

    @cached_property
    def verdict(self) -> ClipVerdict:
        """Whether it is ok, silent, noise, frozen, looping or clipped, with the reason.

        Raises:
            ReverieError: its file is gone or damaged.
        """
        if self.path is not None:
            return verdict_of_file(self.path, self._reference())
        return verdict_of(mixed(from_public(self.samples)), self.rate_hz, self._reference())

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.samples.shape[-1] / self.rate_hz

    def save(
        self,
        path: PathLike,
        *,
        format: str | None = None,  # noqa: A002
        trim: bool = False,
        loop: bool | LoopUnit = False,
        copies: bool = True,
        picture: bool = False,
        overwrite: bool = False,
    ) -> Path:
        """Write it to a file, with how it was made inside it and in a JSON file beside it.

        Args:
            path: `.wav`, `.flac`, `.opus` or `.mp3`.
            format: `wav16`, `wav24`, `wav32f`, `flac`, `flac24`, `opus` or `mp3`; None takes 16
                bits, or what its suffix says. All but `wav32f` limit samples beyond full scale.
            trim: keep its best stretch alone, see `reverie.trim`.
            loop: cut it to a loop that repeats without a click, of whole `beats` where it has a
                pulse, or of whole `bars` of four beats; True stands for `beats`.
            copies: search the training recordings, when trimming, for what it repeats.
            picture: write a PNG of its spectrum beside it too.
            overwrite: replace a file that is there.

        Returns:
            where it is.

        Raises:
            ReverieError: the suffix is another, something is there, or it is too short for a loop.
        """
        out = path_of(path, "path")
        settings = save_settings(
            format_of(out, format), trim=trim, loop=loop, copies=copies, picture=picture
        )
        return save_to_file(takeable(self), out, settings, overwrite=overwrite).path

    def as_html(self) -> str:
        """Return a player with its picture, for a page."""
        pcm = to_int16(from_public(self.samples))
        picture = png_uri(draw_png(mono_wave(pcm), self.rate_hz))
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

    def save(
        self,
        to: PathLike,
        *,
        format: str = "wav16",  # noqa: A002
        trim: bool = False,
        loop: bool | LoopUnit = False,
        copies: bool = True,
        picture: bool = True,
    ) -> list[Path]:
        """Write all to a folder, or to a new zip, as `001` and so on; see `Clip.save`.

        Returns:
            where each is; in a zip, the zip and the name in it.

        Raises:
            ReverieError: something of that name is there, or the disk refuses.
        """
        settings = save_settings(format, trim=trim, loop=loop, copies=copies, picture=picture)
        named = [(takeable(clip), f"{number:03d}") for number, clip in enumerate(self, 1)]
        return [saved.path for saved in save_all(named, path_of(to, "to"), settings, quiet=True)]

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


def takeable(clip: Clip) -> Takeable:
    """What of a clip is saved: its file, or its samples."""
    if clip.path is not None:
        return ClipOnDisk(clip.path)
    return ClipInMemory(lambda: from_public(clip.samples), clip.rate_hz, clip.provenance)


def in_memory(
    clips: Sequence[tuple[NDArray[np.float32], Provenance]],
    reference: Callable[[], HealthReference | None],
) -> Clips:
    """Hold samples [C, S] with their provenance."""
    held = [Clip(partial(np.asarray, wave), made.rate_hz, made, reference=reference)
            for wave, made in clips]  # fmt: skip
    return Clips(held, (made.lacks for _, made in clips if made.lacks))


def on_disk(clips: Sequence[Generated], reference: Callable[[], HealthReference | None]) -> Clips:
    """Hold files, whose samples are read when they are asked for.

    Raises:
        ReverieError: one of them is gone or damaged.
    """
    held: list[Clip] = []
    for clip in clips:
        made = read_sidecar(clip.path).provenance
        rate_hz = made.rate_hz if made else 0
        held.append(
            Clip(lambda path=clip.path: read_float(path)[0], rate_hz, made, clip.path, reference,
                 is_new=clip.generated)
        )  # fmt: skip
    return Clips(held, (clip.lacks for clip in clips if clip.lacks))


def clip_lines(clip: Clip, name: str) -> list[str]:
    """Say of a clip where it is, its verdict with the reason, and what it continues."""
    said = [f"{name}  {clip.verdict.sentence}"]
    if (made := clip.provenance) is None:
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
