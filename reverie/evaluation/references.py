"""Make references for clips: real music at one end, and sounds that are not music at the other.

Letters: S samples.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reverie.audio.noise import mean_spectrum, shaped_noise
from reverie.audio.pcm import to_float32
from reverie.corpus.corpus import Corpus, Recording
from reverie.corpus.excerpts import Excerpt, cut_evenly
from reverie.errors import ReverieError

Kind = Literal["music", "noise", "silence", "loop"]

MOST = 60
"""Most clips in each reference."""
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

    held_out: list[Excerpt]
    """The held-out music from which every set of clips is measured."""
    clips: dict[Kind, list[NDArray[np.float32]]]
    """Clips by kind, the same number of each; `music` shares no excerpt with `held_out`."""
    prompts: list[NDArray[np.float32] | None]
    """The stretch before each clip of `music` in its recording; None at a recording's beginning."""


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
    room = sum(recording.samples // size for recording in recordings)
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
    loop = round(LOOP_SECONDS * rate)
    return References(
        held_out,
        {
            "music": [one.wave for one in music],
            "noise": [shaped_noise(spectrum, size, loudness, rng) for _ in music],
            "silence": [np.zeros(size, np.float32) for _ in music],
            "loop": [np.resize(one.wave[:loop], size) for one in music],
        },
        [_before(corpus, recordings[one.recording], one, size) for one in music],
    )


def _before(
    corpus: Corpus, recording: Recording, excerpt: Excerpt, size: int
) -> NDArray[np.float32] | None:
    end = round(excerpt.start_seconds * corpus.rate_hz)
    return to_float32(corpus.pcm(recording)[end - size : end]) if end >= size else None
