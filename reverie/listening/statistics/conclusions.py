"""State the conclusions from a listening test in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reverie.listening.panel import Panel
from reverie.listening.statistics.exclusion import Exclusion
from reverie.listening.statistics.power import LEVEL
from reverie.listening.statistics.results import Results
from reverie.listening.statistics.scores import ScoreRow
from reverie.pages.page import minus

UNFINISHED = (
    "The test has not ended: these are the answers so far, and stopping it when they look right "
    "would bias it."
)
REHEARSAL = (
    "These are not people's ratings: the answers were made to try the test out, "
    "and say nothing about the music."
)
FEW = 8
"""Fewer listeners than this are called few."""
_MOST_NAMED = 8


@dataclass(frozen=True)
class Pair:
    """Two systems, the better first, and a clause on how much better it is."""

    better: str
    worse: str
    p_holm: float | None
    sentence: str

    @property
    def is_significant(self) -> bool:
        """Whether they differ at the 5 % level after Holm's correction."""
        return self.p_holm is not None and self.p_holm < LEVEL


def conclude(
    panel: Panel, exclusion: Exclusion, everyone: Results, kept: Results | None
) -> tuple[str, ...]:
    """State all conclusions about the listeners whom the rule keeps, most important first."""
    results = kept or everyone
    sentences = [REHEARSAL] if panel.rehearsal else []
    sentences += [] if panel.ended else [UNFINISHED]
    sentences += _listeners(panel, exclusion, everyone, kept)
    pairs = judged_pairs(results)
    sentences += _apart(pairs)
    sentences += _not_apart(pairs)
    sentences += _size(panel, results)
    if kept and exclusion.left_out:
        sentences.append(_with_everyone(pairs, judged_pairs(everyone)))
    sentences += _anchors(results)
    sentences += _repeats(results)
    sentences += _small(results)
    return tuple(sentences)


def judged_pairs(results: Results) -> list[Pair]:
    """Return every pair of systems in either mode."""
    pairs: list[Pair] = []
    for comparison in results.pairs:
        better, worse = _ordered(comparison.first, comparison.second, comparison.difference)
        clause = f"{better} is rated {abs(comparison.difference):.2f} points higher than {worse}"
        if comparison.low is not None and comparison.high is not None:
            low, high = (
                (comparison.low, comparison.high)
                if comparison.difference >= 0
                else (-comparison.high, -comparison.low)
            )
            clause += f" (95 % interval {minus(f'{low:.2f}')} to {minus(f'{high:.2f}')})"
        pairs.append(Pair(better, worse, comparison.p_holm, clause))
    for comparison in results.preferred.pairs if results.preferred else ():
        better, worse = _ordered(comparison.first, comparison.second, comparison.difference)
        chance = max(comparison.chance, 1 - comparison.chance)
        clause = f"{better} is preferred to {worse} with a chance of {chance:.0%}"
        pairs.append(Pair(better, worse, comparison.p_holm, clause))
    return pairs


def shown_p(p: float) -> str:
    """Format p as `p = 0.012` or `p < 0.001`."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _ordered(first: str, second: str, difference: float) -> tuple[str, str]:
    return (first, second) if difference >= 0 else (second, first)


def _listeners(
    panel: Panel, exclusion: Exclusion, everyone: Results, kept: Results | None
) -> list[str]:
    sentences = [
        f"{everyone.participants} of {_count(panel.invited, 'invited listener')} answered, "
        f"{everyone.finished} of them every test trial."
    ]
    if everyone.unrated:
        sentences.append(f"Nobody has answered about {', '.join(everyone.unrated)}.")
    left = len(exclusion.left_out)
    if left and kept:
        sentences.append(
            f"The rule fixed before the test left out {left}; what follows rests on the "
            f"{_count(kept.answers, 'answer')} of {_count(kept.participants, 'listener')}."
        )
    elif left:
        sentences.append(
            "The rule fixed before the test leaves nobody, so what follows is about everyone's "
            "answers and must not be trusted."
        )
    return sentences


def _apart(pairs: Sequence[Pair]) -> list[str]:
    apart = sorted(
        (pair for pair in pairs if pair.is_significant), key=lambda pair: pair.p_holm or 0.0
    )
    allowance = f" after Holm's correction for {len(pairs)} pairs" if len(pairs) > 1 else ""
    sentences = [
        f"{pair.sentence}, {shown_p(pair.p_holm or 0.0)}{allowance}."
        for pair in apart[:_MOST_NAMED]
    ]
    if len(apart) > _MOST_NAMED:
        sentences.append(
            f"{len(apart) - _MOST_NAMED} more pairs are told apart; the table has them."
        )
    return sentences


def _not_apart(pairs: Sequence[Pair]) -> list[str]:
    tested = [pair for pair in pairs if pair.p_holm is not None]
    alike = [pair for pair in tested if not pair.is_significant]
    sentences: list[str] = []
    if not pairs:
        sentences.append("There is one system alone, so nothing to compare it with.")
    if alike and len(alike) == len(pairs):
        sentences.append("No two systems are told apart.")
    elif alike:
        sentences.append(f"Not told apart: {_named(alike)}.")
    if alike:
        sentences.append(
            "Not told apart is not equal: there may be a difference that this test was too small "
            "to find."
        )
    if len(tested) < len(pairs):
        missing = [pair for pair in pairs if pair.p_holm is None]
        sentences.append(
            f"Could not be tested: {_named(missing)}. It takes two listeners, two clips of each "
            "system, and answers that are not all the same."
        )
    return sentences


def _named(pairs: Sequence[Pair]) -> str:
    named = ", ".join(f"{pair.better} and {pair.worse}" for pair in pairs[:_MOST_NAMED])
    more = len(pairs) - _MOST_NAMED
    return f"{named}, and {more} more pairs" if more > 0 else named


def _size(panel: Panel, results: Results) -> list[str]:
    if results.smallest is None:
        return []
    if panel.mode == "preference":
        chance = 1 / (1 + np.exp(-results.smallest))
        difference = f"a system preferred to another with a chance of {chance:.0%}"
    elif results.smallest > 4:
        return ["No difference that the scale has room for would be found four times in five."]
    else:
        difference = f"a difference of {results.smallest:.1f} points"
    return [
        f"With these listeners and clips, {difference} would be found about four times in five; "
        "smaller ones mostly go unseen."
    ]


def _with_everyone(pairs: Sequence[Pair], everyone: Sequence[Pair]) -> str:
    significant, all_told = (
        {(pair.better, pair.worse) for pair in group if pair.is_significant}
        for group in (pairs, everyone)
    )
    if significant == all_told:
        return "With everyone's answers, nobody left out, the same pairs are told apart."
    changed = ", ".join(f"{better} and {worse}" for better, worse in sorted(significant ^ all_told))
    return f"It depends on who is left out: with everyone's answers it is otherwise for {changed}."


def _anchors(results: Results) -> list[str]:
    if results.better_anchors:
        right, trials = results.better_anchors
        if 2 * right > trials:
            return [f"The better anchor was preferred in {right} of {trials} anchor trials."]
        return [
            f"The better anchor was preferred in only {right} of {trials} anchor trials: distrust "
            "every other answer too."
        ]
    lower, upper = (
        [row for row in results.rows if row.role == role] for role in ("lower", "upper")
    )
    if not lower or not upper:
        return ["Without answers about both hidden anchors, nothing shows that listeners judged "
                "what was meant."]  # fmt: skip
    low, high = _mean(lower), _mean(upper)
    if low >= high:
        return [
            f"The anchors came out in the wrong order, the lower at {low:.1f} and the upper at "
            f"{high:.1f}: distrust every other figure too."
        ]
    outside = [
        row.condition for row in results.rows if row.role == "system" and not low < row.mean < high
    ]
    sentence = f"The anchors came out in order, the lower at {low:.1f} and the upper at {high:.1f}"
    if outside:
        return [f"{sentence}, but not with all systems between them: {', '.join(outside)}."]
    return [f"{sentence}, with every system between them."]


def _mean(rows: Sequence[ScoreRow]) -> float:
    return sum(row.mean * row.ratings for row in rows) / sum(row.ratings for row in rows)


def _repeats(results: Results) -> list[str]:
    if not results.repeats:
        return []
    repeats = results.repeats
    noun, answer = ("clip", "score") if repeats.mean_difference is not None else ("pair", "answer")
    sentence = (
        f"Of {_count(repeats.pairs, noun)} heard twice by the same listener, "
        f"{repeats.identical:.0%} got the same {answer} again"
    )
    if repeats.mean_difference is not None:
        sentence += f"; the two scores were {repeats.mean_difference:.1f} points apart on average"
    return [f"{sentence}."]


def _small(results: Results) -> list[str]:
    people = results.participants
    if people == 1:
        return [
            "One listener is one opinion: nothing follows for anyone else, and intervals allow for "
            "other clips alone."
        ]
    if people < FEW:
        return [
            f"{people} listeners are few: one more who thinks otherwise could change all of this."
        ]
    return ["All of this is about people and clips like these, and no others."]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
