"""Power, against the textbook's and against simulated tests."""

from typing import Any

import numpy as np
import pytest
from scipy import stats as scipy_stats

from reverie.listening.statistics.comparisons import contrast
from reverie.listening.statistics.power import Design, Spread, chance_to_find, power, precision
from reverie.listening.statistics.student_t import p_value, t_critical
from tests.listening.panels import Listeners, simulated_scores

RUNS = 400
stats: Any = scipy_stats


def test_the_papers_design_finds_three_tenths_one_time_in_three() -> None:
    found = power(Design(10, 15))
    chances = dict(found.chances)
    assert 0.28 <= chances[0.3] <= 0.38
    assert list(chances.values()) == sorted(chances.values())
    assert 0.5 < found.smallest < 0.8
    at_smallest = chance_to_find(found.smallest, found.standard_error, found.degrees_of_freedom)
    assert at_smallest == pytest.approx(0.8, abs=0.001)


def test_it_is_the_noncentral_t() -> None:
    limit = stats.t.isf(0.025, 9)
    expected = stats.nct.sf(limit, 9, 1.5) + stats.nct.cdf(-limit, 9, 1.5)
    assert chance_to_find(1.5, 1.0, 9) == pytest.approx(expected, abs=1e-4)
    assert chance_to_find(0.0, 1.0, 9) == pytest.approx(0.05, abs=1e-3)
    assert t_critical(0.05, 9) == pytest.approx(limit)
    assert p_value(-limit, 9) == pytest.approx(0.05)


@pytest.mark.parametrize(("heard", "size"), [(15, 0.3), (15, 0.6), (5, 0.6)])
def test_it_is_what_simulated_tests_find(heard: int, size: float) -> None:
    # Rounding to whole points adds a twelfth to the residual variance.
    who = Listeners(residual=(Spread().residual ** 2 - 1 / 12) ** 0.5, heard=heard / 15)
    draw = np.random.default_rng(6)
    found = []
    for _ in range(RUNS):
        scores = simulated_scores(draw, 10, 15, [3 - size / 2, 3 + size / 2], who)
        p = contrast(scores[:, 0], scores[:, 1]).p
        found.append(p is not None and p < 0.05)
    expected = chance_to_find(size, *precision(Design(10, 15, heard, same_clips=False), Spread()))
    assert np.mean(found) == pytest.approx(expected, abs=0.07)


def test_more_of_anything_finds_more() -> None:
    smallest = power(Design(10, 15)).smallest
    assert power(Design(20, 15)).smallest < smallest
    assert power(Design(10, 30)).smallest < smallest
    assert power(Design(10, 15, 5, same_clips=False)).smallest > smallest
    assert (
        power(Design(10, 15, 5, same_clips=True)).smallest
        > power(Design(10, 15, 5, same_clips=False)).smallest
    )
    assert power(Design(10, 15), comparisons=10).smallest > smallest


@pytest.mark.parametrize("design", [Design(1, 15), Design(10, 1), Design(10, 15, 0)])
def test_too_little_is_refused(design: Design) -> None:
    with pytest.raises(ValueError, match="two participants and two clips"):
        power(design)


def test_without_any_scatter_everything_is_found() -> None:
    found = power(Design(2, 2), Spread(0, 0, 0))
    assert found.smallest == 0
    assert dict(found.chances)[0.2] == 1
