"""Read an audio file: its headers, its samples in blocks, and its faults."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, cast

import av
import numpy as np

from reverie.audio.reading.downmix import downmix
from reverie.audio.reading.faults import Faults
from reverie.audio.reading.links import Link, flac_links, links
from reverie.audio.reading.mixing import (
    KEPT,
    OPPOSED,
    TURNED,
    Mix,
    Mixer,
    Sameness,
    Samples,
    mean_of,
)
from reverie.audio.reading.opened import Opened, Unreadable
from reverie.audio.reading.sample_bits import sample_bits
from reverie.audio.reading.sample_formats import channels_of

__all__ = ["MOST_FAULTS", "PLAIN", "Reading", "Source", "Unreadable"]

LEAST_SHARE = 0.01
"""A change of rate or channels that lasts for less than this share of the sound counts as
damage."""

BLOCK_VALUES = 1 << 15
"""Samples times channels that are decoded before a block is yielded."""

MOST_FAULTS = 200
"""A damaged file is refused after this many faults, however long it is."""


@dataclass(frozen=True)
class Reading:
    """How to read a file: what an earlier pass over it showed that the next must do differently.

    Args:
        channels: so many are wanted at most, 1 or 2.
        given: so many are given; None for as many as the file begins with.
        split_flac: search it for concatenated FLAC files.
        mixes: how to mix channels, by their number; the default is their mean, or for two wanted
            the two of the file, or its downmix.
    """

    channels: int = 1
    given: Literal[1, 2] | None = None
    split_flac: bool = False
    mixes: dict[int, Mix] = field(default_factory=dict[int, Mix])


PLAIN = Reading()
"""Read a file as mono."""


@dataclass
class _Kind:
    """A rate and number of channels: where in the sound it first appears, and its total
    duration."""

    start_seconds: float
    seconds: float = 0.0


class Source:
    """A recording open for decoding, used as a context manager.

    Args:
        path: the file.
        reading: how to read it.
        give_up_after: stop decoding after this many faults; None never stops.

    Attributes:
        parts: the concatenated recordings in the file, usually one, opened one after another.
        faults: recorded so far.
        unread_bytes: bytes of later parts that could not be opened.
    """

    def __init__(
        self, path: Path, reading: Reading = PLAIN, *, give_up_after: int | None = None
    ) -> None:
        self.path, self.reading, self.give_up_after = path, reading, give_up_after
        self.faults = Faults()
        self.parts: list[Opened] = []
        self.unread_bytes = 0
        self._links: list[Link] = []
        self._patch: dict[int, bytes] = {}
        self._scale = 1.0
        self._mixers: dict[int, Mixer] = {}
        self._kinds: dict[tuple[int, int], _Kind] = {}
        self._sameness = Sameness()
        self._mixed_seconds = 0.0
        self._starts: list[int] = []

    def __enter__(self) -> Self:
        """Open the file.

        Raises:
            Unreadable: it is not a recording, or the system refuses to read it.
        """
        if self.path.exists() and not self.path.is_file() and not self.path.is_dir():
            raise Unreadable("a pipe or a device, not a recording")
        try:
            self._links = (flac_links if self.reading.split_flac else links)(self.path)
            bits = sample_bits(self.path)
        except OSError:
            # Let FFmpeg try, and report its error.
            self._links = [Link(0, 0)]
        else:
            self._patch, self._scale = bits.patch, bits.scale
        self.parts = [self._open(self._links[0])]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for part in self.parts:
            part.close()

    @property
    def n_recordings(self) -> int:
        """Return the number of recordings concatenated in the file."""
        return len(self._links)

    @property
    def last_start(self) -> int:
        """Position of the last part that could be opened, in bytes."""
        return self._starts[-1]

    @property
    def codec(self) -> str:
        """FFmpeg's name of the codec, such as `mp3`."""
        return self.parts[0].codec

    @property
    def container(self) -> str:
        """FFmpeg's names of the container, such as `mov,mp4,m4a`."""
        return self.parts[0].container

    @property
    def rate_hz(self) -> int:
        """Samples per second at the start."""
        return self.parts[0].rate_hz

    @property
    def channels(self) -> int:
        """Number of channels at the start."""
        return self.parts[0].channels

    @property
    def given_channels(self) -> Literal[1, 2]:
        """Number of channels in each block, C."""
        if self.reading.given is not None:
            return self.reading.given
        return 2 if min(self.reading.channels, self.channels) > 1 else 1

    @property
    def is_clip(self) -> bool:
        """Whether its tags say that Reverie made it."""
        return self.parts[0].is_clip

    @property
    def decoded_seconds(self) -> float:
        """Duration decoded so far."""
        return sum(part.decoded_seconds for part in self.parts)

    def blocks(self) -> Iterator[tuple[int, Samples]]:
        """Yield the recording as (rate in Hz, float32 [C, n]) blocks, in order.

        Each block has its own rate, which may change within chained or concatenated files. Faults
        are recorded in `faults`, and decoding continues after them.
        """
        yield from self._blocks_of(self.parts[0])
        for link in self._links[1:]:
            self.parts[-1].close()
            try:
                part = self._open(link)
            except Unreadable:
                self.unread_bytes += link.end - link.start
                continue
            self.parts.append(part)
            yield from self._blocks_of(part)

    def better(self) -> Reading:
        """Return how to read the file better, after a whole pass; the same if nothing was lost."""
        found = self._better_channels()
        mixes = {count: self._mixers[count].better() for count in self._main_counts()}
        if (found or self.given_channels) != self.given_channels:
            mixes = {count: TURNED for count, mix in mixes.items() if mix == OPPOSED}
        mixes = {
            count: mix
            for count, mix in mixes.items()
            if mix != mean_of(count) and mix.name not in {"kept", "downmix"}
        }
        # A second FLAC shows as damage, or as more sound than the header of the first states.
        declared = self.parts[0].declared_seconds
        longer = declared is not None and self.decoded_seconds > declared + 0.02
        odd = self.container == "flac" and (len(self.faults) > 0 or longer)
        split = self.reading.split_flac or (odd and len(flac_links(self.path)) > 1)
        return Reading(self.reading.channels, found, split, mixes)

    def _better_channels(self) -> Literal[1, 2] | None:
        """Return how many channels to give instead; the same as before if these were right."""
        given, wanted = self.given_channels, self.reading.channels
        if given > 1 and self._mixed_seconds and self._sameness.is_one:
            return 1
        had_one = self.reading.given is None and given < wanted
        if had_one and max(self._main_counts(), default=1) > 1:
            return 2
        return self.reading.given

    def change_note(self) -> str | None:
        """Describe where the rate or the number of channels changes; None if they do not."""
        kinds = self._main_kinds()
        if len(kinds) < 2:
            return None
        first, *_, last = [f"{rate_hz} Hz and {_counted(count)}" for rate_hz, count in kinds]
        _, second, *_ = kinds.values()
        minutes, seconds = divmod(second.start_seconds, 60)
        return f"changes from {first} to {last}, first {int(minutes)}:{seconds:04.1f} in"

    def mix_notes(self) -> tuple[str, ...]:
        """Return remarks on how channels were mixed."""
        notes = [note for count in self._main_counts() for note in self._mixers[count].mix.notes()]
        return tuple(dict.fromkeys(notes))

    def _main_kinds(self) -> dict[tuple[int, int], _Kind]:
        """Return the kinds of sound that are more than a few damaged frames."""
        least = LEAST_SHARE * self._mixed_seconds
        return {key: kind for key, kind in self._kinds.items() if kind.seconds > least}

    def _main_counts(self) -> list[int]:
        """Return the numbers of channels above 1, without those of a few damaged frames."""
        return sorted({count for _, count in self._main_kinds()} - {1})

    def _open(self, link: Link) -> Opened:
        whole = len(self._links) == 1
        # Only the file's first header is patched.
        patch = {} if link.start else self._patch
        part = Opened(self.path, None if whole else link, patch, self.faults)
        self._starts.append(link.start)
        return part

    def _blocks_of(self, part: Opened) -> Iterator[tuple[int, Samples]]:
        fifo, kind = av.AudioFifo(), ("", 0, 0)
        for frame, new in part.frames(self.give_up_after):
            if new != kind:
                yield from self._drained(fifo, kind[2])
                fifo, kind = av.AudioFifo(), new
            # The queue requires gapless timestamps, which damaged and live files lack.
            frame.pts = None
            fifo.write(frame)
            # Mix many frames at once: Python's overhead for each would take most of the time.
            if fifo.samples * new[1] >= BLOCK_VALUES:
                yield from self._drained(fifo, new[2])
        yield from self._drained(fifo, kind[2])

    def _drained(self, fifo: av.AudioFifo, rate_hz: int) -> Iterator[tuple[int, Samples]]:
        frame = fifo.read()
        if frame is None:
            return
        channels, scale = channels_of(frame)
        scale *= self._scale
        count = len(channels)
        kind = self._kinds.setdefault((rate_hz, count), _Kind(self._mixed_seconds))
        kind.seconds += frame.samples / rate_hz
        self._mixed_seconds += frame.samples / rate_hz
        if count == 1:
            samples = (channels[0] * np.float32(scale))[None]
            yield rate_hz, samples.repeat(self.given_channels, axis=0)
            return
        if count not in self._mixers:
            mix = self.reading.mixes.get(count) or self._plain_mix(frame, count)
            self._mixers[count] = Mixer(mix)
        samples = self._mixers[count].mixed(channels, scale)
        if len(samples) > 1:
            self._sameness.add(samples)
        yield rate_hz, samples

    def _plain_mix(self, frame: av.AudioFrame, count: int) -> Mix:
        if self.given_channels == 1:
            return mean_of(count)
        if count == 2:
            return KEPT
        return downmix([channel.name for channel in cast(Any, frame.layout).channels])


def _counted(channels: int) -> str:
    return "1 channel" if channels == 1 else f"{channels} channels"
