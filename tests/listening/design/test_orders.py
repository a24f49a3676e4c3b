"""Orders are counted trial by trial."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.errors import ReverieError
from reverie.listening.design.orders import (
    REPEAT_DISTANCE,
    Order,
    make_design,
    trial_count,
    williams_rows,
)
from reverie.listening.design.stimuli import LOWER, UPPER, Stimuli, Stimulus
from reverie.listening.panel import Condition, Role
from reverie.listening.settings import ListeningSettings


def stimuli(conditions: int, clips: int, *, anchors: bool = True) -> Stimuli:
    roles: dict[str, Role] = {f"c{at}": "system" for at in range(conditions)}
    if anchors:
        roles |= {UPPER: "upper", LOWER: "lower"}
    sounds = [
        Stimulus(f"{name}-{number}", name, f"{number}.wav", "")
        for name in roles
        for number in range(clips)
    ]
    sounds += [Stimulus(f"beeps-{count}", "", f"{count} beeps", "", count) for count in range(1, 6)]
    known = tuple(Condition(name, role) for name, role in roles.items())
    return Stimuli(known, tuple(sounds), 8000, 1.0, ())


def of_kind(order: Order, kind: str) -> list[str]:
    return [trial.conditions[0] for trial in order if trial.kind == kind]


@given(count=st.integers(1, 12))
def test_a_williams_square_is_balanced_over_places_and_neighbours(count: int) -> None:
    rows = williams_rows(count)
    assert len(rows) == (count if count % 2 == 0 or count == 1 else 2 * count)
    for place in range(count):
        assert set(Counter(row[place] for row in rows).values()) == {len(rows) // count}
    neighbours = Counter(pair for row in rows for pair in pairwise(row))
    assert len(neighbours) == count * (count - 1)
    assert len(set(neighbours.values())) <= 1
    for place in range(count):
        assert len({row[place] for row in rows[:count]}) == count


@given(
    conditions=st.integers(1, 9),
    clips=st.integers(1, 12),
    participants=st.integers(1, 24),
    asked=st.integers(1, 40),
    same=st.booleans(),
    seed=st.integers(0, 5),
)
def test_every_design_is_even(
    conditions: int, clips: int, participants: int, asked: int, same: bool, seed: int
) -> None:
    settings = ListeningSettings(participants=participants, clips=asked, same_clips=same)
    sounds = stimuli(conditions, clips)
    orders = make_design(sounds, settings, np.random.default_rng(seed))
    count = trial_count(sounds, settings)
    most = min(asked, conditions * clips)
    assert count == (most - most % conditions if same and most >= conditions else most)
    assert len(orders) == participants
    tests = [of_kind(order, "test") for order in orders]
    names = [f"c{at}" for at in range(conditions)]
    for own in tests:
        assert len(own) == count
        assert max(map(own.count, names)) - min(map(own.count, names)) <= 1
    for place in range(count):
        here = [own[place] for own in tests]
        # Once in each group of as many participants as there are conditions.
        assert max(map(here.count, names)) <= -(-participants // conditions)
        assert min(map(here.count, names)) >= participants // conditions
    heard = Counter(
        trial.stimuli[0].token for order in orders for trial in order if trial.kind == "test"
    )
    for order in orders:
        own = [trial.stimuli[0].token for trial in order if trial.kind == "test"]
        assert len(set(own)) == len(own), "a clip is tested twice"
    if not same:
        for name in names:
            counts = [heard[f"{name}-{number}"] for number in range(clips)]
            assert max(counts) - min(counts) <= 1
    elif count % conditions == 0:
        assert set(heard.values()) == {participants}, "everyone hears the same"


def test_the_default_design_by_enumeration() -> None:
    sounds = stimuli(8, 10)
    orders = make_design(sounds, ListeningSettings(), np.random.default_rng(0))
    assert len(orders) == 10
    for order in orders:
        kinds = Counter(trial.kind for trial in order)
        assert kinds == {"practice": 4, "test": 30, "anchor": 4, "repeat": 2, "attention": 1}
        assert [trial.kind for trial in order[:4]] == ["practice"] * 4
        assert Counter(of_kind(order, "anchor")) == {UPPER: 2, LOWER: 2}
    totals = Counter(one for order in orders for one in of_kind(order, "test"))
    assert sum(totals.values()) == 300
    assert max(totals.values()) - min(totals.values()) <= 2


def test_repeats_come_later_and_beeps_have_an_answer() -> None:
    settings = ListeningSettings(repeats=5, attention=3, clips=20)
    for order in make_design(stimuli(4, 8), settings, np.random.default_rng(1)):
        places = {trial.stimuli: at for at, trial in enumerate(order) if trial.kind == "test"}
        repeats = [(at, trial) for at, trial in enumerate(order) if trial.kind == "repeat"]
        assert len(repeats) == 5
        for at, trial in repeats:
            assert at - places[trial.stimuli] >= REPEAT_DISTANCE
        beeps = [trial for trial in order if trial.kind == "attention"]
        assert [one.expected for one in beeps] == [one.stimuli[0].beeps for one in beeps]


def test_practice_spans_the_range_and_spares_what_is_tested() -> None:
    orders = make_design(stimuli(4, 10), ListeningSettings(clips=20), np.random.default_rng(2))
    for order in orders:
        practice = [trial for trial in order if trial.kind == "practice"]
        assert {UPPER, LOWER} <= {trial.conditions[0] for trial in practice}
        tested = {trial.stimuli for trial in order if trial.kind == "test"}
        assert not tested & {trial.stimuli for trial in practice}


@pytest.mark.parametrize("conditions", [2, 3, 5])
def test_preferences_compare_every_pair_on_both_sides(conditions: int) -> None:
    settings = ListeningSettings(mode="preference", clips=20, participants=12)
    sounds = stimuli(conditions, 10, anchors=False)
    orders = make_design(sounds, settings, np.random.default_rng(3))
    pairs = Counter(trial.conditions for order in orders for trial in order if trial.kind == "test")
    assert len(pairs) == conditions * (conditions - 1)
    for (first, second), times in pairs.items():
        assert abs(times - pairs[second, first]) <= 1
    for order in orders:
        heard = [one.token for trial in order if trial.kind == "test" for one in trial.stimuli]
        assert len(set(heard)) == len(heard)
        for trial in order:
            if trial.kind == "attention":
                first, second = (one.beeps or 0 for one in trial.stimuli)
                assert trial.expected == int(second > first)


def test_the_seed_decides() -> None:
    settings, sounds = ListeningSettings(), stimuli(3, 12)
    one, same, other = (
        make_design(sounds, settings, np.random.default_rng(seed)) for seed in (0, 0, 1)
    )
    assert one == same != other


def test_one_condition_cannot_be_preferred() -> None:
    settings = replace(ListeningSettings(), mode="preference")
    with pytest.raises(ReverieError, match="two folders"):
        make_design(stimuli(1, 3), settings, np.random.default_rng(0))
