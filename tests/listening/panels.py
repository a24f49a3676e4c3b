"""Simulated listeners, who are as unlike each other, and tire as little, as they are told to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.listening.panel import Condition, ExclusionRule, Panel, Preference, Rating


@dataclass(frozen=True)
class Listeners:
    """Standard deviations, in points, of what moves a score."""

    bias: float = 0.4
    by_system: float = 0.25
    clip: float = 0.35
    residual: float = 0.75
    heard: float = 1.0
    """The share of the clips of each system that a participant rates."""


def simulated_scores(
    rng: np.random.Generator,
    participants: int,
    clips: int,
    means: Sequence[float],
    listeners: Listeners | None = None,
) -> NDArray[np.float64]:
    """Whole scores from 1 to 5: [participants, systems, clips], not a number where not heard."""
    who = listeners or Listeners()
    systems = len(means)
    normal = rng.standard_normal
    scores = (
        np.asarray(means, np.float64)[None, :, None]
        + who.bias * normal((participants, 1, 1))
        + who.by_system * normal((participants, systems, 1))
        + who.clip * normal((1, systems, clips))
        + who.residual * normal((participants, systems, clips))
    )
    scores = np.clip(np.rint(scores), 1, 5)
    if who.heard < 1:
        order = rng.random(scores.shape).argsort(axis=-1)
        scores[order >= round(clips * who.heard)] = np.nan
    return scores


def rated(
    scores: NDArray[np.float64], *, anchors: bool = False, rule: ExclusionRule | None = None
) -> Panel:
    """The panel of given scores, [participants, systems, clips], with systems A, B, ...

    With anchors, everyone also rates one good and one bad anchor, 5 and 1.
    """
    names = [chr(ord("A") + at) for at in range(scores.shape[1])]
    conditions = [Condition(name, "system") for name in names]
    ratings = [
        Rating(f"p{person}", "test", names[system], f"{names[system]}{clip}", int(score))
        for (person, system, clip), score in np.ndenumerate(scores)
        if np.isfinite(score)
    ]
    if anchors:
        conditions += [Condition("music", "upper"), Condition("noise", "lower")]
        for person in range(scores.shape[0]):
            ratings.append(Rating(f"p{person}", "anchor", "music", "music0", 5))
            ratings.append(Rating(f"p{person}", "anchor", "noise", "noise0", 1))
    most = int(np.isfinite(scores).sum(axis=(1, 2)).max()) if scores.size else 0
    return Panel(
        title="Simulated",
        mode="rating",
        conditions=tuple(conditions),
        ratings=tuple(ratings),
        preferences=(),
        invited=scores.shape[0],
        test_trials=most,
        rule=rule or ExclusionRule(),
        rehearsal=True,
    )


def preferred(
    rng: np.random.Generator,
    participants: int,
    clips: int,
    abilities: Sequence[float],
    *,
    by_system: float = 0.3,
    clip: float = 0.3,
    repeats: int = 3,
) -> Panel:
    """Everyone hears `repeats` random pairs of clips of every pair of systems; the chance to prefer
    one is logistic in the difference of their abilities."""
    systems = len(abilities)
    names = [chr(ord("A") + at) for at in range(systems)]
    liking = np.asarray(abilities)[None, :, None] + (
        by_system * rng.standard_normal((participants, systems, 1))
        + clip * rng.standard_normal((1, systems, clips))
    )
    answers: list[Preference] = []
    for person in range(participants):
        for one in range(systems):
            for other in range(one):
                for _ in range(repeats):
                    mine, theirs = (int(at) for at in rng.integers(0, clips, 2))
                    apart = liking[person, one, mine] - liking[person, other, theirs]
                    wins = rng.random() < 1 / (1 + np.exp(-apart))
                    answers.append(
                        Preference(
                            f"p{person}",
                            "test",
                            (names[one], names[other]),
                            (f"{names[one]}{mine}", f"{names[other]}{theirs}"),
                            0 if wins else 1,
                        )
                    )
    return Panel(
        title="Simulated",
        mode="preference",
        conditions=tuple(Condition(name, "system") for name in names),
        ratings=(),
        preferences=tuple(answers),
        invited=participants,
        test_trials=len(answers) // participants,
        rule=ExclusionRule(),
        rehearsal=True,
    )
