"""Exclude participants by the rule that was fixed before the test."""

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from reverie.listening.panel import ExclusionRule, Panel, Preference, Rating, Role

_RANKS: dict[Role, int] = {"lower": 0, "system": 1, "upper": 2}


@dataclass(frozen=True)
class LeftOut:
    """An excluded participant, and the reasons."""

    participant: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Exclusion:
    """The rule, and whom it excluded."""

    rule: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def exclude(panel: Panel) -> Exclusion:
    """Apply the panel's rule to everyone with at least one answer."""
    found = [LeftOut(name, _reasons(panel, name)) for name in participants(panel)]
    return Exclusion(
        rule_in_words(panel.rule),
        tuple(participant for participant in found if participant.reasons),
    )


def participants(panel: Panel) -> tuple[str, ...]:
    """Return everyone with at least one answer, in the order of their first answers."""
    return tuple(dict.fromkeys(answer.participant for answer in _answers(panel)))


def answered(panel: Panel, participant: str) -> int:
    """Return how many test trials a participant answered."""
    return sum(
        answer.kind == "test" and answer.participant == participant for answer in _answers(panel)
    )


def without(panel: Panel, left_out: Collection[str]) -> Panel:
    """Return the panel without some participants' answers."""
    return dataclasses.replace(
        panel,
        ratings=tuple(rating for rating in panel.ratings if rating.participant not in left_out),
        preferences=tuple(
            preference for preference in panel.preferences if preference.participant not in left_out
        ),
    )


def rule_in_words(rule: ExclusionRule) -> tuple[str, ...]:
    """Describe when a participant is excluded, in a sentence for each condition."""
    errors = rule.most_attention_errors
    sentences = [
        f"More than {errors} wrong {'answer' if errors == 1 else 'answers'} to attention trials."
        if errors
        else "Any wrong answer to an attention trial.",
        f"Less than {rule.least_answered:.0%} of the test trials answered.",
    ]
    if rule.anchors_in_order:
        sentences.append("The lower anchor not placed below the upper anchor.")
    return tuple(sentences)


def better_chosen(panel: Panel, answers: Sequence[Rating | Preference]) -> tuple[int, int]:
    """Count a preference test's anchor trials with the better role chosen, and all of them.

    An upper anchor is better than a system, a system better than a lower anchor.
    """
    ranks = {condition.name: _RANKS[condition.role] for condition in panel.conditions}
    answered_trials = [
        ranks[answer.conditions[answer.chosen]] > ranks[answer.conditions[1 - answer.chosen]]
        for answer in answers
        if isinstance(answer, Preference)
        and answer.kind == "anchor"
        and all(name in ranks for name in answer.conditions)
        and ranks[answer.conditions[0]] != ranks[answer.conditions[1]]
    ]
    return sum(answered_trials), len(answered_trials)


def _reasons(panel: Panel, participant: str) -> tuple[str, ...]:
    mine = [answer for answer in _answers(panel) if answer.participant == participant]
    rule = panel.rule
    reasons: list[str] = []
    attention = [
        answer for answer in mine if answer.kind == "attention" and answer.expected is not None
    ]
    wrong = sum(_answer(answer) != answer.expected for answer in attention)
    if wrong > rule.most_attention_errors:
        reasons.append(f"{wrong} of {len(attention)} attention trials answered wrongly")
    done = sum(answer.kind == "test" for answer in mine)
    if done < rule.least_answered * panel.test_trials:
        reasons.append(f"{done} of {panel.test_trials} test trials answered")
    if rule.anchors_in_order:
        reasons.extend(_disorder(panel, mine))
    return tuple(reasons)


def _disorder(panel: Panel, mine: Sequence[Rating | Preference]) -> list[str]:
    """Return why the anchors are not in order; nothing if they are, or if one was not heard.


    In a preference test they are in order if the better role was chosen more often than not.
    """
    if panel.mode == "preference":
        right, trials = better_chosen(panel, mine)
        if trials and 2 * right <= trials:
            return [f"the better of two roles preferred in {right} of {trials} anchor trials"]
        return []
    roles: dict[str, Role] = {condition.name: condition.role for condition in panel.conditions}
    scores: dict[Role, list[int]] = {"lower": [], "upper": [], "system": []}
    for answer in mine:
        if isinstance(answer, Rating) and answer.kind == "anchor" and answer.condition in roles:
            scores[roles[answer.condition]].append(answer.score)
    if not scores["lower"] or not scores["upper"]:
        return []
    low, high = float(np.mean(scores["lower"])), float(np.mean(scores["upper"]))
    if low < high:
        return []
    return [f"the lower anchor rated {low:.1f}, the upper {high:.1f}"]


def _answers(panel: Panel) -> tuple[Rating | Preference, ...]:
    return (*panel.ratings, *panel.preferences)


def _answer(answer: Rating | Preference) -> int:
    return answer.score if isinstance(answer, Rating) else answer.chosen
