"""Whose answers are left out."""

import dataclasses

import numpy as np

from reverie.listening.panel import Condition, ExclusionRule, Panel, Preference, Rating
from reverie.listening.statistics.exclusion import exclude, participants, rule_in_words, without
from tests.listening.panels import preferred, rated


def panel(*more: Rating, rule: ExclusionRule | None = None) -> Panel:
    made = rated(np.full((3, 2, 4), 3.0), anchors=True, rule=rule)
    return dataclasses.replace(made, ratings=made.ratings + more)


def reasons(found: Panel) -> dict[str, tuple[str, ...]]:
    return {one.participant: one.reasons for one in exclude(found).left_out}


def test_nobody_without_a_reason() -> None:
    right = Rating("p0", "attention", "", "beeps", 3, 3)
    assert reasons(panel(right)) == {}


def test_wrong_answers_to_attention_trials() -> None:
    wrong = [Rating("p1", "attention", "", f"beeps{at}", 2, 3) for at in range(2)]
    assert reasons(panel(*wrong)) == {"p1": ("2 of 2 attention trials answered wrongly",)}
    assert reasons(panel(*wrong, rule=ExclusionRule(most_attention_errors=2))) == {}


def test_who_left_early() -> None:
    found = panel(Rating("p9", "test", "A", "A0", 4), Rating("p8", "practice", "A", "A1", 4))
    assert reasons(found) == {
        "p9": ("1 of 8 test trials answered",),
        "p8": ("0 of 8 test trials answered",),
    }
    half = dataclasses.replace(found, rule=ExclusionRule(least_answered=1 / 8))
    assert list(reasons(half)) == ["p8"]


def test_anchors_the_wrong_way_round() -> None:
    high = [Rating("p2", "anchor", "noise", f"noise{at}", 5) for at in range(1, 9)]
    found = panel(*high, Rating("p2", "anchor", "music", "music1", 1))
    assert reasons(found) == {"p2": ("the lower anchor rated 4.6, the upper 3.0",)}
    lenient = dataclasses.replace(found, rule=ExclusionRule(anchors_in_order=False))
    assert reasons(lenient) == {}


def test_preferring_the_lower_anchor() -> None:
    made = preferred(np.random.default_rng(0), 2, 3, [0.0, 0.0])
    anchors = (Condition("music", "upper"), Condition("noise", "lower"))
    asked = (
        Preference("p0", "anchor", ("noise", "music"), ("n", "m"), 0),
        Preference("p1", "anchor", ("noise", "A"), ("n", "A0"), 1),
        Preference("p1", "attention", ("", ""), ("one", "two"), 0, 0),
    )
    found = dataclasses.replace(
        made, conditions=made.conditions + anchors, preferences=made.preferences + asked
    )
    assert reasons(found) == {"p0": ("the better of two roles preferred in 0 of 1 anchor trials",)}


def test_without() -> None:
    found = without(panel(), {"p0", "p2"})
    assert participants(found) == ("p1",)
    assert found.invited == 3


def test_the_rule_in_words() -> None:
    assert rule_in_words(ExclusionRule()) == (
        "Any wrong answer to an attention trial.",
        "Less than 50% of the test trials answered.",
        "The lower anchor not placed below the upper anchor.",
    )
    said = rule_in_words(ExclusionRule(1, 0.8, anchors_in_order=False))
    assert said[0] == "More than 1 wrong answer to attention trials."
    assert len(said) == 2
