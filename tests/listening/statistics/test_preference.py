"""Abilities from preferences."""

import dataclasses

import numpy as np
import pytest

from reverie.listening.statistics.preference import PRIOR, abilities, bradley_terry
from tests.listening.panels import preferred


def test_two_systems_are_what_a_hand_computes() -> None:
    # The abilities are +x and -x, and the slope is 0: 30 - 40 s(2x) + PRIOR (1 - 2 s(x)) = 0.
    found, _ = bradley_terry(np.array([[0.0, 30.0], [10.0, 0.0]]))
    x = found[0]
    assert found[1] == pytest.approx(-x)
    chance, alone = 1 / (1 + np.exp(-2 * x)), 1 / (1 + np.exp(-x))
    assert 30 - 40 * chance + PRIOR * (1 - 2 * alone) == pytest.approx(0, abs=1e-8)
    assert chance == pytest.approx(0.75, abs=0.01)


def test_true_abilities_are_found() -> None:
    panel = preferred(
        np.random.default_rng(0), 60, 20, [-1.0, 0.0, 1.0], repeats=10, by_system=0, clip=0
    )
    found = abilities(panel)
    assert [one.ability for one in found.abilities] == pytest.approx([-1, 0, 1], abs=0.2)
    assert [one.share for one in found.abilities] == sorted(one.share for one in found.abilities)
    assert all(one.p_holm is not None and one.p_holm < 0.001 for one in found.pairs)
    assert sum(one.wins for one in found.abilities) == len(panel.preferences)


def test_one_that_always_wins_stays_finite() -> None:
    panel = preferred(np.random.default_rng(1), 5, 4, [-60.0, 60.0])
    found = abilities(panel)
    assert found.abilities[1].share == 1
    assert 1 < found.abilities[1].ability < 5
    assert found.pairs[0].chance < 0.05


def test_equal_systems_are_seldom_told_apart() -> None:
    draw = np.random.default_rng(2)
    single, family = [], []
    for _ in range(200):
        found = abilities(preferred(draw, 10, 10, [0.0] * 3, repeats=4))
        single += [one.p is not None and one.p < 0.05 for one in found.pairs]
        family.append(any(one.p_holm is not None and one.p_holm < 0.05 for one in found.pairs))
    assert 0.005 <= np.mean(single) <= 0.07
    assert np.mean(family) <= 0.07


@pytest.mark.parametrize(("systems", "clips"), [(2, 3), (4, 3)])
def test_few_clips_do_not_tell_equal_systems_apart(systems: int, clips: int) -> None:
    draw = np.random.default_rng(5)
    found = [abilities(preferred(draw, 20, clips, [0.0] * systems)) for _ in range(400)]
    told = [one.p is not None and one.p < 0.05 for test in found for one in test.pairs]
    assert 0.02 <= np.mean(told) <= 0.075
    freedoms = {one.degrees_of_freedom for test in found for one in test.pairs}
    assert freedoms <= {19, systems * (clips - 1), None}


def test_one_participant_has_no_intervals() -> None:
    found = abilities(preferred(np.random.default_rng(3), 1, 4, [0.0, 1.0]))
    assert {(one.low, one.high) for one in found.abilities} == {(None, None)}
    assert found.pairs[0].p is None


def test_practice_and_anchors_do_not_count() -> None:
    panel = preferred(np.random.default_rng(4), 3, 4, [0.0, 1.0])
    other = dataclasses.replace(panel.preferences[0], kind="practice")
    more = dataclasses.replace(panel, preferences=(*panel.preferences, *[other] * 20))
    assert abilities(more) == abilities(panel)
    with pytest.raises(ValueError, match="need an answer"):
        abilities(dataclasses.replace(panel, preferences=(other,)))
