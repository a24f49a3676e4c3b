"""A listening test's folder.

test.json          its settings, conditions, sounds and rules, fixed when it is made
stimuli/<token>.wav
answers.sqlite     orders, links and answers
results.json, results.html, answers.csv   once they are asked for
"""

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from reverie import __version__
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.listening.database import create_database
from reverie.listening.design import Order, Trial, make_design, trial_count
from reverie.listening.panel import Condition, ExclusionRule, Panel, Preference, Rating
from reverie.listening.records import Answered
from reverie.listening.settings import ListeningSettings
from reverie.listening.stimuli import Stimuli, Stimulus, gather, make_stimuli
from reverie.listening.store import Store
from reverie.records import read_json
from reverie.settings import build
from reverie.storage import replacing, write_json
from reverie.terminal import printable

FORMAT = "reverie-listening-test"
ABOUT = "test.json"
DATABASE = "answers.sqlite"


@dataclass(frozen=True)
class ListeningTest:
    """A test that was made."""

    folder: Path
    settings: ListeningSettings
    stimuli: Stimuli
    orders: tuple[Order, ...]
    sources: dict[str, str]
    """Where the clips of each condition were, for the organiser."""

    @staticmethod
    def is_one(folder: Path) -> bool:
        """Whether `folder` holds a test."""
        return (folder / ABOUT).is_file()

    @classmethod
    def open(cls, folder: Path) -> "ListeningTest":
        """Open a test that was made before.

        Raises:
            ReverieError: `folder` holds none, or it is damaged.
        """
        about = read_json(folder / ABOUT, "a listening test")
        if not isinstance(about, dict) or cast(dict[str, Any], about).get("format") != FORMAT:
            raise ReverieError(f"{folder} is not a listening test.", "Give a test's folder.")
        told = cast(dict[str, Any], about)
        try:
            settings = build(ListeningSettings, told["settings"], str(folder / ABOUT))
            stimuli = Stimuli(
                tuple(Condition(**one) for one in told["conditions"]),
                tuple(Stimulus(**one) for one in told["stimuli"]),
                told["rate_hz"],
                told["seconds"],
                tuple(told["left_out"]),
            )
            orders = _stored_orders(folder / DATABASE, stimuli, settings)
            return cls(folder, settings, stimuli, orders, told["sources"])
        except (KeyError, TypeError) as error:
            raise ReverieError(
                f"{folder / ABOUT} is damaged: {error}.", "Restore it from a copy."
            ) from error

    @classmethod
    def make(
        cls,
        sources: Sequence[Path],
        folder: Path,
        settings: ListeningSettings,
        corpus: Path | None = None,
        *,
        quiet: bool = False,
    ) -> "ListeningTest":
        """Make a test in `folder`, which must not be there: whole, or not at all.

        Args:
            sources: one experiment, or folders of audio, each of which is a condition.
            folder: where to.
            settings: of the test.
            corpus: what hidden anchors are made from; an experiment names its own.
            quiet: show no progress.

        Raises:
            ReverieError: there is something at `folder`, a clip cannot be used, or the disk
                refuses.
        """
        if folder.exists():
            raise ReverieError(
                f"{folder} is there already.",
                "Choose another --out; to go on with a test, give its folder.",
            )
        files, found = gather(sources, corpus)
        for_noise, for_orders = _rngs(settings)
        with replacing(folder) as temporary:
            (temporary / "stimuli").mkdir(parents=True)
            stimuli = make_stimuli(
                files,
                None if found is None else Corpus.open(found),
                settings,
                temporary / "stimuli",
                for_noise,
                quiet=quiet,
            )
            orders = make_design(stimuli, settings, for_orders)
            where = {
                name: printable(str(paths[0].parent.resolve())) for name, paths in files.items()
            }
            told = dataclasses.asdict(stimuli) | {
                "format": FORMAT,
                "reverie": __version__,
                "settings": dataclasses.asdict(settings),
                "sources": where,
            }
            write_json(temporary / ABOUT, told)
            create_database(temporary / DATABASE, orders, rehearsal=settings.rehearsal)
        return cls(folder, settings, stimuli, orders, where)

    @property
    def rule(self) -> ExclusionRule:
        """Whose answers are left out of the results."""
        return ExclusionRule(
            self.settings.most_attention_errors,
            self.settings.least_answered,
            self.settings.anchors_in_order,
        )

    @property
    def test_trials(self) -> int:
        """How many test trials each participant has."""
        return trial_count(self.stimuli, self.settings)

    def store(self, clock: Callable[[], float] | None = None) -> Store:
        """Open its database.

        Raises:
            ReverieError: it is missing or damaged.
        """
        path, mode, seconds = self.folder / DATABASE, self.settings.mode, self.stimuli.seconds
        return Store(path, mode, seconds) if clock is None else Store(path, mode, seconds, clock)

    def panel(self, store: Store) -> Panel:
        """All answers so far."""
        by_token = {one.token: one for one in self.stimuli.stimuli}
        ratings: list[Rating] = []
        preferences: list[Preference] = []
        for one in store.answers():
            if self.settings.mode == "rating":
                ratings.append(_rating(one, by_token[one.stimuli[0]]))
            else:
                first, second = (by_token[token] for token in one.stimuli)
                preferences.append(_preference(one, first, second))
        return Panel(
            self.settings.title,
            self.settings.mode,
            self.stimuli.conditions,
            tuple(ratings),
            tuple(preferences),
            self.settings.participants,
            self.test_trials,
            self.rule,
            store.rehearsal,
            store.has_ended,
        )


def _stored_orders(
    database: Path, stimuli: Stimuli, settings: ListeningSettings
) -> tuple[Order, ...]:
    by_token = {one.token: one for one in stimuli.stimuli}
    with closing(Store(database, settings.mode, stimuli.seconds)) as store:
        return tuple(
            tuple(
                Trial(kind, tuple(by_token[token] for token in heard), expected)
                for kind, expected, heard in order
            )
            for order in store.orders()
        )


def participant_name(number: int) -> str:
    """What results call the participant of this number."""
    return f"P{number:02d}"


def _rating(one: Answered, stimulus: Stimulus) -> Rating:
    return Rating(
        participant_name(one.participant),
        one.kind,
        stimulus.condition,
        stimulus.token,
        one.answer.answer,
        one.expected,
    )


def _preference(one: Answered, first: Stimulus, second: Stimulus) -> Preference:
    return Preference(
        participant_name(one.participant),
        one.kind,
        (first.condition, second.condition),
        (first.token, second.token),
        1 if one.answer.answer else 0,
        None if one.expected is None else 1 if one.expected else 0,
    )


def _rngs(settings: ListeningSettings) -> tuple[np.random.Generator, np.random.Generator]:
    """For the noise, and for the orders."""
    first, second = np.random.SeedSequence(settings.rng_seed).spawn(2)
    return np.random.default_rng(first), np.random.default_rng(second)
