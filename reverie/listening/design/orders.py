"""Draw each participant's order, balanced over conditions, clips and positions.

Letters: C conditions (or pairs of them), P participants.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import numpy as np

from reverie.errors import ReverieError
from reverie.listening.design.stimuli import LOWER, UPPER, Stimuli, Stimulus
from reverie.listening.panel import Mode, TrialKind
from reverie.listening.settings import ListeningSettings

Thing = TypeVar("Thing")

REPEAT_DISTANCE = 5
"""Least number of trials between a trial and its repeat, if there is room."""


@dataclass(frozen=True)
class Trial:
    """One sound, or a pair of sounds, in a participant's order."""

    kind: TrialKind
    stimuli: tuple[Stimulus, ...]
    expected: int | None = None
    """The right answer to an attention trial: a score, or 0 or 1 for the first or the second."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """The condition of each sound."""
        return tuple(stimulus.condition for stimulus in self.stimuli)


Order = tuple[Trial, ...]


def williams_rows(count: int) -> list[list[int]]:
    """Return orders of `count` items in which each is equally often at every place and after each.

    Williams (1949): `count` rows if it is even, twice as many if it is odd. The first `count` rows
    are a Latin square by themselves.
    """
    first = [0]
    for step in range(1, count):
        first.append((first[-1] + (step if step % 2 else -step)) % count)
    rows = [[(one + shift) % count for one in first] for shift in range(count)]
    return rows if count % 2 == 0 or count == 1 else rows + [row[::-1] for row in rows]


def make_design(
    stimuli: Stimuli, settings: ListeningSettings, rng: np.random.Generator
) -> tuple[Order, ...]:
    """Draw the order of every participant, [P].

    Test trials form blocks that contain each condition (or pair) once, in the order of a row of
    Williams's square; consecutive participants have consecutive rows. So among each C participants,
    counted from the first, every condition is at every place once. At a place the counts of two
    conditions differ by at most one, and over a whole design by at most two. Clips of a condition
    are dealt in turn: their counts differ by at most one, and no participant hears one twice except
    in a repeat.

    Raises:
        ReverieError: a preference test has fewer than two conditions.
    """
    decks = _decks(stimuli, rng)
    systems = [condition.name for condition in stimuli.conditions if condition.role == "system"]
    things = _compared(systems, settings.mode)
    things = [things[int(at)] for at in rng.permutation(len(things))]
    count = trial_count(stimuli, settings)
    rows = williams_rows(len(things))
    blocks = -(-count // len(things))
    dealt = dict.fromkeys(decks, 0)
    # All participants share these turns, so that every block stays a Latin square. They are drawn
    # at random, so that two conditions do not repeat A B B A.
    turns = [int(rng.integers(len(things))) for _ in range(blocks)]
    shown = dict.fromkeys(things, 0)
    orders: list[Order] = []
    for participant in range(settings.participants):
        if settings.same_clips:
            dealt = dict.fromkeys(decks, 0)
        sequence = [
            things[at]
            for block in range(blocks)
            for at in rows[_row(participant, block, turns[block], len(things), len(rows))]
        ][:count]
        hands = _hands(sequence, decks, dealt, rng)
        trials: list[Trial] = []
        for conditions in sequence:
            # Over all participants, a pair alternates its two sides.
            turned = shown[conditions] % 2 == 1
            shown[conditions] += 1
            heard = tuple(hands[condition].pop() for condition in conditions)
            trials.append(Trial("test", heard[::-1] if turned else heard))
        orders.append(_filled(trials, decks, stimuli, settings, rng))
    return tuple(orders)


def _row(participant: int, block: int, turn: int, things: int, rows: int) -> int:
    """Return a row such that in each block consecutive participants form a Latin square."""
    square = (participant // things + block) % (rows // things)
    return square * things + (participant + turn) % things


def trial_count(stimuli: Stimuli, settings: ListeningSettings) -> int:
    """Return the number of test trials per participant: as set, or as many as the clips allow."""
    fewest, systems = _fewest(stimuli)
    if settings.mode == "rating":
        count = min(settings.clips, fewest * systems)
        # If all hear the same clips, only whole blocks are equal for everyone.
        whole = settings.same_clips and count >= systems
        return count - count % systems if whole else count
    # Each pair uses a clip of both conditions, so a block of all pairs uses C - 1 of each.
    pairs = systems * (systems - 1) // 2
    return min(settings.clips, max(fewest // max(systems - 1, 1) * pairs, 1))


def _fewest(stimuli: Stimuli) -> tuple[int, int]:
    """Return the smallest number of clips of a system, and the number of systems."""
    names = [condition.name for condition in stimuli.conditions if condition.role == "system"]
    counts = [sum(stimulus.condition == name for stimulus in stimuli.stimuli) for name in names]
    return min(counts), len(names)


def _compared(systems: Sequence[str], mode: Mode) -> list[tuple[str, ...]]:
    if mode == "rating":
        return [(system,) for system in systems]
    if len(systems) < 2:
        raise ReverieError("there is nothing to prefer.", "Give two folders or more.")
    return list(combinations(systems, 2))


def _decks(stimuli: Stimuli, rng: np.random.Generator) -> dict[str, list[Stimulus]]:
    """Shuffle the clips of each condition."""
    decks: dict[str, list[Stimulus]] = {}
    for condition in stimuli.conditions:
        own = [stimulus for stimulus in stimuli.stimuli if stimulus.condition == condition.name]
        decks[condition.name] = [own[int(at)] for at in rng.permutation(len(own))]
    return decks


def _hands(
    sequence: Iterable[tuple[str, ...]],
    decks: dict[str, list[Stimulus]],
    dealt: dict[str, int],
    rng: np.random.Generator,
) -> dict[str, list[Stimulus]]:
    """Deal the next clips of each condition, as many as `sequence` needs, shuffled."""
    needed: dict[str, int] = {}
    for conditions in sequence:
        for condition in conditions:
            needed[condition] = needed.get(condition, 0) + 1
    hands: dict[str, list[Stimulus]] = {}
    for name, count in needed.items():
        deck = decks[name]
        hand = [deck[(dealt[name] + number) % len(deck)] for number in range(count)]
        dealt[name] += count
        hands[name] = [hand[int(at)] for at in rng.permutation(count)]
    return hands


def _filled(
    tests: list[Trial],
    decks: dict[str, list[Stimulus]],
    stimuli: Stimuli,
    settings: ListeningSettings,
    rng: np.random.Generator,
) -> Order:
    """Join practice and the test trials, with anchors, repeats and beeps among them."""
    trials = list(tests)
    for name in (UPPER, LOWER):
        for clip in _some(decks.get(name, []), settings.anchors, rng):
            trials.insert(int(rng.integers(len(trials) + 1)), Trial("anchor", (clip,)))
    for _ in range(settings.attention):
        trials.insert(int(rng.integers(len(trials) + 1)), _attention(stimuli, settings.mode, rng))
    for again in _some(tests[: -(-len(tests) // 2)], settings.repeats, rng):
        least = min(trials.index(again) + REPEAT_DISTANCE + 1, len(trials))
        place = int(rng.integers(least, len(trials) + 1))
        trials.insert(place, Trial("repeat", again.stimuli))
    return (*_practice(tests, decks, settings, rng), *trials)


def _attention(stimuli: Stimuli, mode: Mode, rng: np.random.Generator) -> Trial:
    beeps = {one.beeps: one for one in stimuli.stimuli if one.beeps is not None}
    if mode == "rating":
        count = int(
            rng.integers(2, 6)
        )  # someone who always answers 1 would be right about one beep
        return Trial("attention", (beeps[count],), count)
    first, second = (int(one) + 1 for one in rng.permutation(5)[:2])
    return Trial("attention", (beeps[first], beeps[second]), int(second > first))


def _practice(
    tests: Sequence[Trial],
    decks: dict[str, list[Stimulus]],
    settings: ListeningSettings,
    rng: np.random.Generator,
) -> list[Trial]:
    """Choose clips over the range of quality: any anchors, then one system after another.

    Clips that are not tested are preferred.
    """
    tested = {one.token for trial in tests for one in trial.stimuli}
    spare = {
        name: [one for one in deck if one.token not in tested] or deck
        for name, deck in decks.items()
    }
    names = [name for name in decks if name not in {UPPER, LOWER}]
    names = [names[int(at)] for at in rng.permutation(len(names))]
    if settings.mode == "preference":
        pairs = [names[at % len(names) :] + names[: at % len(names)] for at in range(5)]
        return [
            Trial("practice", tuple(_some(spare[one], 1, rng)[0] for one in pair[:2]))
            for pair in pairs[: min(settings.practice, 2)]
        ]
    wanted = [*(name for name in (UPPER, LOWER) if name in decks), *names * settings.practice]
    return [
        Trial("practice", (_some(spare[name], 1, rng)[0],)) for name in wanted[: settings.practice]
    ]


def _some(things: Sequence[Thing], count: int, rng: np.random.Generator) -> list[Thing]:
    return [things[int(at)] for at in rng.permutation(len(things))[:count]]
