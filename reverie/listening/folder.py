"""A listening test's folder.

test.json          its settings, conditions, sounds and rules, fixed when it is made
stimuli/<token>.wav
answers.sqlite     orders, links and answers
results.json, results.html, answers.csv   written by `reverie listen results`
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reverie import __version__
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.listening.about import read_about, write_about
from reverie.listening.design.conditions import gather
from reverie.listening.design.orders import Order, Trial, make_design, trial_count
from reverie.listening.design.stimuli import Stimuli, Stimulus, make_stimuli
from reverie.listening.panel import ExclusionRule, Panel, Preference, Rating
from reverie.listening.settings import ListeningSettings
from reverie.listening.sounds import Sounds
from reverie.listening.store.clock import Moment, now
from reverie.listening.store.database import (
    back_up,
    create_database,
    damaged,
    open_database,
    read_database,
)
from reverie.listening.store.reader import Reader
from reverie.listening.store.records import Answered
from reverie.listening.store.writer import Store
from reverie.storage import replacing
from reverie.terminal import printable

ABOUT = "test.json"
DATABASE = "answers.sqlite"


@dataclass(frozen=True)
class ListeningTest:
    """A test in its folder."""

    folder: Path
    settings: ListeningSettings
    stimuli: Stimuli
    orders: tuple[Order, ...]
    sources: dict[str, str]
    """The folder of each condition's clips, for the organiser."""

    @staticmethod
    def is_one(folder: Path) -> bool:
        """Whether `folder` holds a test."""
        return (folder / ABOUT).is_file()

    @classmethod
    def open(cls, folder: Path) -> "ListeningTest":
        """Open an existing test.

        Raises:
            ReverieError: `folder` holds none, or it is damaged.
        """
        about = read_about(folder / ABOUT)
        settings, stimuli = about.settings, about.stimuli
        with closing(Reader(read_database(folder / DATABASE))) as store:
            if store.about_sha256 != about.sha256:
                raise ReverieError(
                    f"{folder / ABOUT} is not the file that {DATABASE} was made with.",
                    "Restore it from a copy: a test's settings are fixed when it is made.",
                )
            try:
                orders = _stored_orders(store, stimuli, settings)
            except _Impossible as error:
                raise damaged(folder / DATABASE, error) from error
        return cls(folder, settings, stimuli, orders, about.sources)

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
        """Make a test atomically in `folder`, which must not exist.

        Args:
            sources: one experiment, or folders of audio, each of which is a condition.
            folder: of the test.
            settings: of the test.
            corpus: source of the hidden anchors; by default that of the experiment.
            quiet: show no progress.

        Raises:
            ReverieError: `folder` exists, a clip cannot be used, or writing fails.
        """
        if folder.exists():
            raise ReverieError(
                f"{folder} already exists.",
                "Choose another `out`; to continue a test, give its folder.",
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
            about = write_about(temporary / ABOUT, settings, stimuli, where, __version__)
            create_database(
                temporary / DATABASE,
                orders,
                rehearsal=settings.rehearsal,
                about_sha256=about.sha256,
            )
        return cls(folder, settings, stimuli, orders, where)

    @property
    def rule(self) -> ExclusionRule:
        """The rule that excludes participants from the results."""
        return ExclusionRule(
            self.settings.most_attention_errors,
            self.settings.least_answered,
            self.settings.anchors_in_order,
        )

    @property
    def test_trials(self) -> int:
        """Number of test trials of each participant."""
        return trial_count(self.stimuli, self.settings)

    def store(self, clock: Callable[[], Moment] = now) -> Store:
        """Open its database to store answers.

        Args:
            clock: measures durations.

        Raises:
            ReverieError: it is missing or damaged, or cannot be written.
        """
        database = open_database(self.folder / DATABASE)
        return Store(database, self.settings.mode, self.stimuli.seconds, clock)

    def answered(self) -> Reader:
        """Open its database to read answers; its folder may be read-only.

        Raises:
            ReverieError: it is missing or damaged.
        """
        return Reader(read_database(self.folder / DATABASE))

    def sounds(self) -> Sounds:
        """Return its sounds for serving."""
        return Sounds(self.folder / "stimuli", self.stimuli)

    def panel(self, store: Reader) -> Panel:
        """Return all answers so far."""
        by_token = {stimulus.token: stimulus for stimulus in self.stimuli.stimuli}
        ratings: list[Rating] = []
        preferences: list[Preference] = []
        for answer in store.answers():
            if self.settings.mode == "rating":
                ratings.append(_rating(answer, by_token[answer.stimuli[0]]))
            else:
                first, second = (by_token[token] for token in answer.stimuli)
                preferences.append(_preference(answer, first, second))
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


def back_up_answers(folder: Path, out: Path) -> None:
    """Copy all answers and links of a test to the new file `out`, even while it is served.

    Args:
        folder: of the test; only its database needs to be intact.
        out: the copy.

    Raises:
        ReverieError: `out` exists, the database is damaged, or writing fails.
    """
    back_up(folder / DATABASE, out)


class _Impossible(Exception):  # noqa: N818
    """The content of a database contradicts the test's settings and sounds."""


def _stored_orders(
    store: Reader, stimuli: Stimuli, settings: ListeningSettings
) -> tuple[Order, ...]:
    """Read the stored orders.

    Raises:
        _Impossible: they cannot belong to this test.
    """
    by_token = {stimulus.token: stimulus for stimulus in stimuli.stimuli}
    numbers = [participant.number for participant in store.participants()]
    orders = store.orders()
    if numbers != list(range(1, settings.participants + 1)) or list(orders) != numbers:
        raise _Impossible(f"not the {settings.participants} participants of the test")
    sounds = 1 if settings.mode == "rating" else 2
    scale = (1, 5) if settings.mode == "rating" else (0, 1)
    for number, order in orders.items():
        if [position for position, *_ in order] != list(range(len(order))):
            raise _Impossible(f"trials of participant {number} are missing")
        for _, kind, expected, heard in order:
            known = by_token.keys() >= set(heard)
            beeps = known and all(by_token[token].beeps is not None for token in heard)
            if len(heard) != sounds or not known or beeps != (kind == "attention"):
                raise _Impossible(f"sounds of participant {number} are not the test's")
            if expected is not None and not scale[0] <= expected <= scale[1]:
                raise _Impossible(f"a right answer off the scale: {expected}")
    for answer in store.answers():
        if not scale[0] <= answer.answer.answer <= scale[1]:
            raise _Impossible(f"an answer off the scale: {answer.answer.answer}")
    return tuple(
        tuple(
            Trial(kind, tuple(by_token[token] for token in heard), expected)
            for _, kind, expected, heard in order
        )
        for order in orders.values()
    )


def participant_name(number: int) -> str:
    """Return the name of a participant in results."""
    return f"P{number:02d}"


def _rating(answered: Answered, stimulus: Stimulus) -> Rating:
    return Rating(
        participant_name(answered.participant),
        answered.kind,
        stimulus.condition,
        stimulus.token,
        answered.answer.answer,
        answered.expected,
    )


def _preference(answered: Answered, first: Stimulus, second: Stimulus) -> Preference:
    return Preference(
        participant_name(answered.participant),
        answered.kind,
        (first.condition, second.condition),
        (first.token, second.token),
        1 if answered.answer.answer else 0,
        None if answered.expected is None else 1 if answered.expected else 0,
    )


def _rngs(settings: ListeningSettings) -> tuple[np.random.Generator, np.random.Generator]:
    """Return the generators for the noise and for the orders."""
    first, second = np.random.SeedSequence(settings.seed).spawn(2)
    return np.random.default_rng(first), np.random.default_rng(second)
