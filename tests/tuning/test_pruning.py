"""Trials that are worse on their way than half of those before are ended early."""

import pytest

from reverie.runs.judgement import Judgement
from reverie.tuning.pruning import LEAST_TRIALS, Before, is_hopeless
from reverie.tuning.settings import SearchSettings
from reverie.tuning.trial import score

pytest.importorskip("optuna")

BEFORE = [Before((20.0 + one, 10.0 + one), pruned=False) for one in range(LEAST_TRIALS)]


def test_the_median_of_those_before_decides() -> None:
    settings = SearchSettings()
    assert is_hopeless(settings, [30.0], BEFORE)
    assert not is_hopeless(settings, [20.5], BEFORE)
    assert is_hopeless(settings, [20.5, 14.0], BEFORE)
    assert not is_hopeless(settings, [30.0, 10.5], BEFORE), "it has caught up"


def test_none_is_ended_before_some_are_whole() -> None:
    settings = SearchSettings()
    assert not is_hopeless(settings, [99.0], [])
    ended = [Before((20.0,), pruned=True)] * 9
    assert not is_hopeless(settings, [99.0], [*BEFORE[1:], *ended])


def test_none_is_ended_where_nobody_asks() -> None:
    assert not is_hopeless(SearchSettings(pruner="none"), [99.0], BEFORE)


def test_copies_and_broken_clips_are_further_away_than_any_music() -> None:
    def of(distance: float, copies: bool, broken: float) -> float:
        return score(Judgement(distance, 0.0, 0.0, copies, broken))

    assert of(12.0, False, 0.0) == 12.0
    assert of(-0.5, False, 0.0) == -0.5
    assert of(12.0, False, 0.25) == 37.0
    assert of(5.0, True, 0.0) > of(99.0, False, 0.0)
