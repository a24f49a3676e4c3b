"""Small tests to take: three conditions, clips of a second."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from reverie.corpus.corpus import Corpus
from reverie.listening.folder import ListeningTest
from reverie.listening.settings import ListeningSettings
from reverie.listening.store.clock import Moment
from reverie.listening.store.records import Answer

RATE_HZ = 8000
CONDITIONS = ("zebra-model", "yak-model", "walrus-model")

SMALL = ListeningSettings(
    participants=3,
    clips=6,
    seconds=1,
    shortest_seconds=1,
    anchors=1,
    repeats=1,
    attention=1,
    practice=2,
    break_every=5,
    rehearsal=True,
)


def make_clips(
    folder: Path, clips: int = 4, seconds: float = 1.2, rate_hz: int = RATE_HZ
) -> list[Path]:
    """A folder for each condition, with tones of different pitch, level and length."""
    rng = np.random.default_rng(0)
    for at, condition in enumerate(CONDITIONS):
        (folder / condition).mkdir(parents=True, exist_ok=True)
        for number in range(clips):
            size = round((seconds + 0.1 * at + 0.05 * number) * rate_hz)
            tone = np.sin(2 * np.pi * (220 * (at + 1) + 30 * number) * np.arange(size) / rate_hz)
            wave = 0.1 * (at + 1) * (tone + 0.2 * rng.standard_normal(size))
            soundfile.write(folder / condition / f"walnut{number}.wav", wave, rate_hz)
    return [folder / one for one in CONDITIONS]


class FastClock:
    """Ten seconds pass between any two looks at it."""

    now = 1e3

    def __call__(self) -> Moment:
        self.now += 10
        return Moment("start", self.now)


def answer_all(test: ListeningTest, scores: Mapping[str, int], comment: str = "") -> None:
    """Everyone takes the whole rating test and rates each condition as `scores` says, or 2."""
    with closing(test.store(FastClock())) as store:
        for number, one in enumerate(store.participants()):
            who = store.who(store.admit(one.invitation))
            store.consent(who, "en", "")
            store.ready(who)
            for trial in test.orders[number]:
                state = store.state(who)
                store.sent(state.sounds[0])
                given = Answer(scores.get(trial.conditions[0], 2), 1, 1000, 300)
                store.answer(who, state.token, given, "")
            store.finish(who, comment)


def make_test(folder: Path, corpus: Corpus | None, **changes: object) -> ListeningTest:
    """A small test in `folder`, with `changes` of its settings."""
    settings = replace(SMALL, **changes)  # pyright: ignore[reportArgumentType]
    sources = make_clips(folder / "clips")
    where = None if corpus is None else corpus.folder
    return ListeningTest.make(sources, folder / "test", settings, where, quiet=True)
