"""Make references for clips: real music at one end, and sounds that are not music at the other.

Letters: S samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reverie.audio.noise import mean_spectrum, shaped_noise
from reverie.audio.pcm import to_float32
from reverie.corpus.corpus import Corpus, Recording
from reverie.corpus.excerpts import Excerpt, cut_evenly
from reverie.errors import ReverieError
from reverie.evaluation.measures.full_band import FullBandPowers, full_band_powers
from reverie.evaluation.systems import Loaded

Kind = Literal["music", "noise", "silence", "loop"]

MOST = 60
"""Most clips in each reference."""
MOST_CUT = 1000
"""Most excerpts of held-out music, spread evenly, so that measuring them and holding them in memory
costs the same for any corpus."""
LOOP_SECONDS = 1.0

TITLES: dict[Kind, str] = {
    "music": "real music",
    "noise": "shaped noise",
    "silence": "silence",
    "loop": "a second, looped",
}


class TooLittleHeldOutError(ReverieError):
    """The corpus holds out too little music to judge clips by."""


@dataclass(frozen=True)
class References:
    """Real music to measure distances from, and sets of clips that give the scale."""

    held_out: tuple[Loaded, ...]
    """The held-out music from which every set of clips is measured."""
    clips: dict[Kind, tuple[Loaded, ...]]
    """Clips by kind, the same number of each; `music` shares no excerpt with `held_out`, and has
    the stretch before it in its recording as its prompt."""


def make_references(
    corpus: Corpus, seconds: float, count: int, rng: np.random.Generator
) -> References:
    """Make references of clips of `seconds`, at most `count` of each kind.

    Held-out excerpts alternate between `held_out` and `music`, so that both hold the same
    recordings and share no excerpt.

    Raises:
        TooLittleHeldOutError: there is too little held-out music.
    """
    recordings = corpus.of_split("held-out")
    rate, size = corpus.rate_hz, round(seconds * corpus.rate_hz)
    room = min(int((recordings.column("samples") // size).sum()), MOST_CUT)
    wanted = min(count, MOST, room // 2)
    if wanted < 2:
        minutes = 4 * seconds / 60
        raise TooLittleHeldOutError(
            f"the corpus holds out less than four excerpts of {seconds:.0f} s.",
            f"Prepare it with more held-out music ({minutes:.1f} minutes), or give shorter clips.",
        )
    # A few evenly spread excerpts are measured; distances are measured from all others.
    cut = cut_evenly(corpus, recordings, seconds, room)
    chosen = {round(at) for at in np.linspace(0, len(cut) - 1, wanted)}
    music = [one for at, one in enumerate(cut) if at in chosen]
    held_out = [one for at, one in enumerate(cut) if at not in chosen]
    spectrum = mean_spectrum([one.wave for one in cut], rate)
    loudness = float(np.sqrt(np.mean([np.mean(one.wave**2) for one in cut])))
    noise = [shaped_noise(spectrum, size, loudness, rng) for _ in music]
    silence = [np.zeros(size, np.float32) for _ in music]
    return References(
        tuple(_music(corpus, recordings[one.recording], one) for one in held_out),
        {
            "music": tuple(
                _music(corpus, recordings[one.recording], one, f"{at:03d}")
                for at, one in enumerate(music, 1)
            ),
            "noise": _mono(corpus, noise),
            "silence": _mono(corpus, silence),
            "loop": tuple(
                _looped(corpus, recordings[one.recording], one, f"{at:03d}")
                for at, one in enumerate(music, 1)
            ),
        },
    )


def _music(corpus: Corpus, recording: Recording, excerpt: Excerpt, name: str = "") -> Loaded:
    size, begin = len(excerpt.wave), round(excerpt.start_seconds * corpus.rate_hz)
    samples = corpus.pcm(recording)[:, begin : begin + size]
    before = corpus.mono(recording)[begin - size : begin] if begin >= size else None
    prompt = None if before is None else to_float32(before)
    return Loaded(name, excerpt.wave, prompt, powers=_powers(corpus, samples))


def _mono(corpus: Corpus, waves: Sequence[NDArray[np.float32]]) -> tuple[Loaded, ...]:
    return tuple(
        Loaded(f"{at:03d}", wave, powers=_powers(corpus, wave[None]))
        for at, wave in enumerate(waves, 1)
    )


def _looped(corpus: Corpus, recording: Recording, excerpt: Excerpt, name: str) -> Loaded:
    """Repeat the first second of an excerpt for its whole length."""
    size, begin = len(excerpt.wave), round(excerpt.start_seconds * corpus.rate_hz)
    loop = round(LOOP_SECONDS * corpus.rate_hz)
    second = corpus.pcm(recording)[:, begin : begin + min(loop, size)]
    samples = np.stack([np.resize(channel, size) for channel in second])
    wave = np.resize(excerpt.wave[:loop], size)
    return Loaded(name, wave, powers=_powers(corpus, samples))


def _powers(corpus: Corpus, samples: NDArray[Any]) -> FullBandPowers | None:
    return full_band_powers(samples, corpus.rate_hz, corpus.channels)
