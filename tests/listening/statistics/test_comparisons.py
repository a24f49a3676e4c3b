"""Comparisons of systems: by hand, and how often they err where the truth is known."""

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats as scipy_stats

from reverie.listening.statistics.comparisons import classic_tests, compare_all, contrast, holm
from reverie.listening.statistics.scores import score_tables
from tests.listening.panels import Listeners, rated, simulated_scores

stats: Any = scipy_stats


def p_of(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    found = contrast(first, second).p
    assert found is not None
    return found


def test_a_difference_is_what_a_hand_computes() -> None:
    a = np.array([[4.0, 5], [3, 4], [5, 5]])
    b = np.array([[2.0, 3], [2, 2], [3, 1]])
    found = contrast(a, b)
    # By participant 7/36, by clip 5/36, cells 8/36: their sum is below the larger of the two.
    assert found.difference == pytest.approx(13 / 6)
    assert found.standard_error == pytest.approx((7 / 36) ** 0.5)
    assert found.degrees_of_freedom == pytest.approx(2)
    assert found.p == pytest.approx(0.0390, abs=1e-4)
    assert found.low == pytest.approx(13 / 6 - 4.30265 * (7 / 36) ** 0.5, abs=1e-4)


def test_it_is_the_analysis_of_variance_where_all_is_heard() -> None:
    draw = np.random.default_rng(4)
    scores = simulated_scores(draw, 8, 7, [2.5, 3.5], Listeners(clip=0.8, by_system=0.6))
    differences = scores.mean(axis=2)[:, 0] - scores.mean(axis=2)[:, 1]
    variance = differences.var(ddof=1) / 8
    for one in (scores[:, 0], scores[:, 1]):
        rest = one - one.mean(axis=0) - one.mean(axis=1, keepdims=True) + one.mean()
        variance += one.mean(axis=0).var(ddof=1) / 7 - (rest**2).sum() / (7 * 6) / 56
    found = contrast(scores[:, 0], scores[:, 1])
    assert found.standard_error == pytest.approx(variance**0.5)


@pytest.mark.parametrize("participants", [10, 20])
@pytest.mark.parametrize("heard", [1.0, 1 / 3])
def test_two_equal_systems_are_told_apart_once_in_twenty(participants: int, heard: float) -> None:
    draw = np.random.default_rng(20)
    found, held, participants_alone = [], [], []
    for _ in range(400):
        scores = simulated_scores(draw, participants, 15, [3.0, 3.0], Listeners(heard=heard))
        one = contrast(scores[:, 0], scores[:, 1])
        assert one.p is not None
        assert one.low is not None
        assert one.high is not None
        found.append(one.p < 0.05)
        held.append(one.low < 0 < one.high)
        means = np.nanmean(scores, axis=2)
        participants_alone.append(stats.ttest_rel(means[:, 0], means[:, 1]).pvalue < 0.05)
    assert 0.03 <= np.mean(found) <= 0.07
    assert 0.93 <= np.mean(held) <= 0.97
    assert np.mean(participants_alone) > np.mean(found) + 0.015  # The simulation bites.


@pytest.mark.parametrize("participants", [10, 20])
def test_five_equal_systems_are_told_apart_once_in_twenty(participants: int) -> None:
    draw = np.random.default_rng(21)
    single, family, unadjusted = [], [], []
    for _ in range(400):
        scores = simulated_scores(draw, participants, 6, [3.0] * 5)
        pairs = list(itertools.combinations(range(5), 2))
        values = [p_of(scores[:, one], scores[:, other]) for one, other in pairs]
        single += [p < 0.05 for p in values]
        family.append(any(p is not None and p < 0.05 for p in holm(values)))
        unadjusted.append(min(values) < 0.05)
    assert 0.03 <= np.mean(single) <= 0.07
    assert np.mean(family) <= 0.07
    assert np.mean(unadjusted) > 0.12


def test_a_true_difference_is_found_and_placed() -> None:
    draw = np.random.default_rng(22)
    held = []
    for _ in range(100):
        scores = simulated_scores(draw, 10, 15, [2.5, 3.5], Listeners(heard=1 / 3))
        found = contrast(scores[:, 1], scores[:, 0])
        assert found.low is not None
        assert found.high is not None
        held.append(found.low < 1 < found.high)
        assert found.difference > 0
    assert np.mean(held) >= 0.88


def test_holm() -> None:
    assert holm([0.01, None, 0.04, 0.03]) == [0.03, None, 0.06, 0.06]
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.array([[1.0, 2]]), np.array([[3.0, 4]])),
        (np.array([[1.0], [2]]), np.array([[3.0], [5]])),
        (np.full((3, 3), 4.0), np.full((3, 3), 4.0)),
        (np.full((3, 3), 5.0), np.full((3, 3), 1.0)),
    ],
    ids=["one participant", "one clip", "all equal", "equal within systems"],
)
def test_what_cannot_be_tested_is_none(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> None:
    found = contrast(first, second)
    assert found.difference == pytest.approx(first.mean() - second.mean())
    assert (found.p, found.standard_error, found.low) == (None, None, None)


def test_clips_that_one_participant_each_heard() -> None:
    draw = np.random.default_rng(3)
    scores = simulated_scores(draw, 6, 12, [2.0, 4.5])
    own = np.arange(12) // 2 == np.arange(6)[:, None]
    scores = np.where(own[:, None, :], scores, np.nan)
    assert p_of(scores[:, 0], scores[:, 1]) < 0.05


def test_anchors_are_in_no_pair() -> None:
    tables = score_tables(rated(np.array([[[1.0, 2], [3, 4]], [[2, 2], [4, 5]]]), anchors=True))
    (pair,) = compare_all(tables)
    assert (pair.first, pair.second) == ("A", "B")
    assert pair.difference == pytest.approx(1.75 - 4.0)
    assert pair.p_holm == pair.p


def test_classic_tests() -> None:
    draw = np.random.default_rng(5)
    scores = simulated_scores(draw, 12, 6, [2.0, 3.0, 4.0])
    scores[0, 2] = np.nan
    found = classic_tests(score_tables(rated(scores)))
    means = scores[1:].mean(axis=2)
    assert found.friedman_participants == 11
    assert found.friedman_p == pytest.approx(stats.friedmanchisquare(*means.T).pvalue)
    assert [one.participants for one in found.pairs] == [12, 11, 11]
    assert found.pairs[2].p == pytest.approx(stats.wilcoxon(means[:, 1] - means[:, 2]).pvalue)


def test_classic_tests_of_equal_answers_are_none() -> None:
    found = classic_tests(score_tables(rated(np.full((4, 3, 2), 3.0))))
    assert found.friedman_p is None
    assert {one.p for one in found.pairs} == {None}
