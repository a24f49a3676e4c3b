"""Make references for clips: real music at one end, and sounds that are not music at the other.

Letters: S samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reverie.audio.noise import mean_spectrum, shaped_noise
from reverie.corpus.corpus import Corpus, Recording
from reverie.corpus.excerpts import cut, place_evenly
from reverie.corpus.recordings import Recordings
from reverie.errors import ReverieError
from reverie.evaluation.measures.full_band import FullBandPowers, full_band_powers
from reverie.evaluation.systems import Loaded, Sourced

Kind = Literal["music", "training", "noise", "silence", "loop"]

MOST = 60
"""Most clips in each reference."""
LEAST = 2
"""Clips of a reference: one alone has no spread."""
MOST_CUT = 1000
"""Most excerpts of held-out music, spread evenly, so that measuring them and holding them in memory
costs the same for any corpus."""
LOOP_SECONDS = 1.0

TITLES: dict[Kind, str] = {
    "music": "real music",
    "training": "training music",
    "noise": "shaped noise",
    "silence": "silence",
    "loop": "a second, looped",
}


class TooLittleHeldOutError(ReverieError):
    """The corpus holds out too little music to judge clips by."""


@dataclass(frozen=True)
class References:
    """Real music to measure distances from, and sets of clips that give the scale."""

    source: str
    """What all of them are made of."""
    held_out: tuple[Sourced, ...]
    """The held-out music from which every set of clips is measured."""
    clips: dict[Kind, tuple[Sourced, ...]]
    """Clips by kind, the same number of each; `music` shares no excerpt with `held_out`. Music has
    the stretch before it in its recording as its prompt. `training` shows how far other recordings
    lie from those held out; there may be fewer, and none where there is less than two of it."""


def make_references(corpus: Corpus, seconds: float, count: int, seed: int = 0) -> References:
    """Place references of clips of `seconds`, at most `count` of each kind; none is read yet.

    Held-out excerpts alternate between `held_out` and `music`, so that both hold the same
    recordings and share no excerpt.

    Args:
        corpus: with held-out and training music.
        seconds: length of each.
        count: most of each kind.
        seed: of the noise.

    Raises:
        TooLittleHeldOutError: there is too little held-out music.
    """
    recordings = corpus.of_split("held-out")
    size = round(seconds * corpus.rate_hz)
    room = min(int((recordings.column("samples") // size).sum()), MOST_CUT)
    wanted = min(count, MOST, room // 2)
    if wanted < LEAST:
        minutes = 4 * seconds / 60
        raise TooLittleHeldOutError(
            f"the corpus holds out less than four excerpts of {seconds:.0f} s.",
            f"Prepare it with more held-out music ({minutes:.1f} minutes), or give shorter clips.",
        )
    # A few evenly spread excerpts are measured; distances are measured from all others.
    places = _places(corpus, recordings, size, room)
    learnt = _places(corpus, corpus.of_split("train"), size, wanted)
    chosen = {round(at) for at in np.linspace(0, len(places) - 1, wanted)}
    music = [one for at, one in enumerate(places) if at in chosen]
    noise = _Noise(corpus, places)
    source = f"{corpus.content_hash} {size} {room} {wanted} {seed}"
    silence = Sourced(f"silence {size}", lambda: _mono(corpus, "", np.zeros(size, np.float32)))
    return References(
        source,
        tuple(one.music() for at, one in enumerate(places) if at not in chosen),
        {
            "music": _numbered(music),
            **({"training": _numbered(learnt)} if len(learnt) >= LEAST else {}),
            "noise": tuple(
                Sourced(f"noise {source} {at}", partial(noise.draw, at, seed))
                for at in range(1, wanted + 1)
            ),
            "silence": tuple(
                Sourced(silence.source, partial(_named, silence, f"{at:03d}"))
                for at in range(1, wanted + 1)
            ),
            "loop": tuple(one.looped(f"{at:03d}") for at, one in enumerate(music, 1)),
        },
    )


@dataclass(frozen=True)
class _Place:
    """Where an excerpt of `size` samples begins in a recording."""

    corpus: Corpus
    recording: Recording
    start: int
    size: int

    @property
    def _source(self) -> str:
        about = self.corpus.rate_hz, self.corpus.channels
        return f"{self.recording.content_hash} {self.start} {self.size} {about}"

    def wave(self) -> NDArray[np.float32]:
        return cut(self.corpus, self.recording, self.start, self.size)

    def music(self, name: str = "") -> Sourced:
        return Sourced(f"music {self._source}", partial(self._music, name))

    def looped(self, name: str) -> Sourced:
        """The first second of the excerpt, repeated for its whole length."""
        return Sourced(f"loop {self._source}", partial(self._looped, name))

    def _music(self, name: str) -> Loaded:
        begin, size = self.start, self.size
        samples = self.corpus.pcm(self.recording)[:, begin : begin + size]
        early = begin < size
        prompt = None if early else cut(self.corpus, self.recording, begin - size, size)
        return Loaded(name, self.wave(), prompt, powers=_powers(self.corpus, samples))

    def _looped(self, name: str) -> Loaded:
        loop = round(LOOP_SECONDS * self.corpus.rate_hz)
        last = self.start + min(loop, self.size)
        second = self.corpus.pcm(self.recording)[:, self.start : last]
        samples = np.stack([np.resize(channel, self.size) for channel in second])
        wave = np.resize(self.wave()[:loop], self.size)
        return Loaded(name, wave, powers=_powers(self.corpus, samples))


def _places(corpus: Corpus, recordings: Recordings, size: int, most: int) -> list[_Place]:
    """Place at most so many excerpts evenly in recordings."""
    room = min(int((recordings.column("samples") // size).sum()), most)
    return [
        _Place(corpus, recordings[one.recording], one.start, size)
        for one in place_evenly(recordings, size, room)
    ]


def _numbered(places: Sequence[_Place]) -> tuple[Sourced, ...]:
    return tuple(one.music(f"{at:03d}") for at, one in enumerate(places, 1))


class _Noise:
    """Noise with the mean spectrum and level of excerpts, which are read when it is first drawn."""

    def __init__(self, corpus: Corpus, places: Sequence[_Place]) -> None:
        self._corpus, self._places = corpus, places
        self._lock = Lock()
        self._measured: tuple[NDArray[np.float64], float] | None = None

    def draw(self, number: int, seed: int) -> Loaded:
        """Draw clip `number`."""
        with self._lock:
            if self._measured is None:
                waves = [one.wave() for one in self._places]
                loudness = float(np.sqrt(np.mean([np.mean(wave**2) for wave in waves])))
                self._measured = mean_spectrum(waves, self._corpus.rate_hz), loudness
        rng = np.random.default_rng([seed, 5, number])
        wave = shaped_noise(self._measured[0], self._places[0].size, self._measured[1], rng)
        return _mono(self._corpus, f"{number:03d}", wave)


def _mono(corpus: Corpus, name: str, wave: NDArray[np.float32]) -> Loaded:
    return Loaded(name, wave, powers=_powers(corpus, wave[None]))


def _named(clip: Sourced, name: str) -> Loaded:
    return replace(clip.load(), name=name)


def _powers(corpus: Corpus, samples: NDArray[Any]) -> FullBandPowers | None:
    return full_band_powers(samples, corpus.rate_hz, corpus.channels)
