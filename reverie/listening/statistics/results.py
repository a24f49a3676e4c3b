"""Compute the figures of one set of participants' answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reverie.listening.panel import Panel
from reverie.listening.statistics.comparisons import Classic, Contrast, classic_tests, compare_all
from reverie.listening.statistics.exclusion import answered, better_chosen, participants
from reverie.listening.statistics.power import LEVEL, smallest_found
from reverie.listening.statistics.preference import Choice, Preferred, abilities, counted
from reverie.listening.statistics.scores import (
    Consistency,
    ScoreRow,
    consistency,
    score_rows,
    score_tables,
)


@dataclass(frozen=True)
class Results:
    """The figures of a test, for everyone or for those whom the rule keeps."""

    participants: int
    """Number with at least one answered test trial that counts."""
    finished: int
    """Number who answered all test trials."""
    answers: int
    """Number of answers to test trials about systems."""
    rows: tuple[ScoreRow, ...]
    """Empty in preference mode, as are `pairs`."""
    unrated: tuple[str, ...]
    """Conditions without any answer."""
    pairs: tuple[Contrast, ...]
    classic: Classic | None
    repeats: Consistency | None
    preferred: Preferred | None
    """None in rating mode."""
    better_anchors: tuple[int, int] | None
    """In a preference test, the anchor trials with the better role chosen, and all anchor
    trials."""
    smallest: float | None
    """The smallest difference that these listeners and clips would detect four times in five,
    between two systems of median standard error, at the level of Holm's first step: in points, or
    between abilities."""


def results(panel: Panel, rng: np.random.Generator) -> Results | None:
    """Compute a panel's figures; None if nobody answered a test trial about a system."""
    return _of_ratings(panel, rng) if panel.mode == "rating" else _of_preferences(panel)


def _of_ratings(panel: Panel, rng: np.random.Generator) -> Results | None:
    tables = score_tables(panel)
    systems = [table for table in tables if table.condition.role == "system"]
    if not systems:
        return None
    heard = {table.condition.name for table in tables}
    names = {system.condition.name for system in systems}
    people = {
        rating.participant
        for rating in panel.ratings
        if rating.kind == "test" and rating.condition in names
    }
    pairs = compare_all(tables)
    return Results(
        participants=len(people),
        finished=_finished(panel),
        answers=sum(len(system.given) for system in systems),
        rows=score_rows(tables, rng),
        unrated=tuple(
            condition.name for condition in panel.conditions if condition.name not in heard
        ),
        pairs=pairs,
        classic=classic_tests(tables) if len(systems) > 1 else None,
        repeats=consistency(panel),
        preferred=None,
        better_anchors=None,
        smallest=_smallest(pairs),
    )


def _of_preferences(panel: Panel) -> Results | None:
    answers = counted(panel)
    if not answers:
        return None
    preferred = abilities(panel)
    heard = {name for preference in panel.preferences for name in preference.conditions}
    right, trials = better_chosen(panel, panel.preferences)
    return Results(
        participants=len({answer.participant for answer in answers}),
        finished=_finished(panel),
        answers=len(answers),
        rows=(),
        unrated=tuple(
            condition.name for condition in panel.conditions if condition.name not in heard
        ),
        pairs=(),
        classic=None,
        repeats=consistency(panel),
        preferred=preferred,
        better_anchors=(right, trials) if trials else None,
        smallest=_smallest(preferred.pairs),
    )


def _finished(panel: Panel) -> int:
    return sum(answered(panel, name) >= panel.test_trials for name in participants(panel))


def _smallest(pairs: Sequence[Contrast | Choice]) -> float | None:
    """Return the smallest detectable difference, from all pairs' standard errors."""
    errors = [
        (pair.standard_error, pair.degrees_of_freedom)
        for pair in pairs
        if pair.standard_error is not None and pair.degrees_of_freedom is not None
    ]
    if not errors:
        return None
    error, degrees_of_freedom = sorted(errors)[len(errors) // 2]
    return smallest_found(error, degrees_of_freedom, LEVEL / len(errors))
