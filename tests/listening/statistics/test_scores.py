"""The table of scores: means, intervals, standardised scores, repeats."""

import dataclasses

import numpy as np
import pytest

from reverie.listening.panel import Rating
from reverie.listening.statistics.scores import (
    consistency,
    crossed_interval,
    score_rows,
    score_tables,
)
from tests.listening.panels import Listeners, preferred, rated, simulated_scores

RUNS = 200


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_rows_are_what_a_hand_computes() -> None:
    # The first listener's mean is 3 and standard deviation the root of 2; the second has none.
    panel = rated(np.array([[[1, 3], [3, 5]], [[3, 3], [3, 3]]]), anchors=True)
    a, b, upper, lower = score_rows(score_tables(panel), rng())
    assert (a.condition, a.mean, a.ratings, a.clips) == ("A", 2.5, 4, 2)
    assert a.counts == (1, 0, 3, 0, 0)
    assert a.z_mean == pytest.approx(-(2**-0.5) / 2)
    assert b.z_mean == pytest.approx(2**-0.5 / 2)
    assert (upper.role, upper.mean, upper.ratings) == ("upper", 5.0, 2)
    assert (lower.role, lower.mean) == ("lower", 1.0)


def test_only_test_trials_count_for_systems() -> None:
    panel = rated(np.full((2, 1, 2), 3.0))
    others = (
        Rating("p0", "practice", "A", "A0", 5),
        Rating("p0", "repeat", "A", "A0", 5),
        Rating("p0", "attention", "", "beeps", 5, 5),
        Rating("p0", "anchor", "A", "A0", 5),
    )
    (row,) = score_rows(
        score_tables(dataclasses.replace(panel, ratings=panel.ratings + others)), rng()
    )
    assert (row.mean, row.ratings) == (3.0, 4)


def test_an_interval_holds_the_true_mean_about_as_often_as_it_says() -> None:
    draw = rng()
    held, by_ratings = [], []
    for _ in range(RUNS):
        scores = simulated_scores(draw, 10, 15, [3.0])[:, 0]
        low, high = crossed_interval(scores, draw, 400) or (np.nan, np.nan)
        held.append(low < 3 < high)
        reach = 1.96 * scores.std() / np.sqrt(scores.size)
        by_ratings.append(abs(scores.mean() - 3) < reach)
    assert 0.91 <= np.mean(held) <= 0.99
    assert np.mean(by_ratings) < 0.7  # As if every rating stood alone: the simulation bites.


@pytest.mark.parametrize(("participants", "clips", "heard"), [(20, 3, 1.0), (10, 9, 1 / 3)])
def test_an_interval_is_as_wide_as_few_or_half_heard_clips_ask_for(
    participants: int, clips: int, heard: float
) -> None:
    draw = rng()
    held: list[bool] = []
    for _ in range(2 * RUNS):
        scores = simulated_scores(draw, participants, clips, [3.0], Listeners(heard=heard))[:, 0]
        low, high = crossed_interval(scores, draw, 400) or (np.nan, np.nan)
        held.append(low < 3 < high)
    assert 0.92 <= np.mean(held) <= 0.98


def test_intervals_of_few() -> None:
    assert crossed_interval(np.array([[4.0]]), rng()) is None
    assert crossed_interval(np.array([[4.0], [np.nan]]), rng()) is None
    low, high = crossed_interval(np.array([[2.0, 4.0, 3.0]]), rng()) or (0.0, 0.0)
    assert 2 <= low < 3 < high <= 4
    assert crossed_interval(np.full((3, 3), 4.0), rng()) == (4.0, 4.0)
    sparse = np.where(np.eye(4) > 0, 3.0, np.nan)
    sparse[0, 1] = 5.0
    low, high = crossed_interval(sparse, rng()) or (np.nan, np.nan)
    assert 1 <= low < 3.4 < high <= 5


def test_missing_ratings_are_left_out() -> None:
    scores = simulated_scores(rng(), 9, 6, [2.0, 4.0], Listeners(heard=1 / 3))
    rows = score_rows(score_tables(rated(scores)), rng())
    assert [one.ratings for one in rows] == [18, 18]
    assert rows[0].mean == pytest.approx(np.nanmean(scores[:, 0]))


def test_repeats() -> None:
    panel = rated(np.array([[[1, 3, 5]]]))
    again = (
        Rating("p0", "repeat", "A", "A0", 1),
        Rating("p0", "repeat", "A", "A1", 5),
        Rating("p0", "repeat", "A", "A9", 5),
    )
    found = consistency(dataclasses.replace(panel, ratings=panel.ratings + again))
    assert found is not None
    assert (found.pairs, found.mean_difference, found.identical) == (2, 1.0, 0.5)
    assert consistency(panel) is None


def test_repeated_preferences() -> None:
    panel = preferred(rng(), 2, 4, [0.0, 0.0])
    assert consistency(panel) is None
    first = panel.preferences[0]
    again = (
        dataclasses.replace(first, kind="repeat"),
        dataclasses.replace(first, kind="repeat", chosen=1 - first.chosen),
        dataclasses.replace(first, kind="repeat", participant="nobody"),
    )
    found = consistency(dataclasses.replace(panel, preferences=panel.preferences + again))
    assert found is not None
    assert (found.pairs, found.mean_difference, found.identical) == (2, None, 0.5)
