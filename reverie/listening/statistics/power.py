"""What a test can find, before anyone has listened.

Letters: P participants, K clips of a system.
"""

from dataclasses import dataclass
from math import sqrt

from reverie.listening.statistics.student_t import t_critical, t_power

SIZES = (0.2, 0.3, 0.5, 0.8, 1.0)
"""Differences of two systems' true means, in points, that `power_table` asks about."""
LEVEL = 0.05
USUAL = 0.8
"""A difference counts as one that a test can find if it does so four times in five."""


@dataclass(frozen=True)
class Spread:
    """Standard deviations, in points of a scale from 1 to 5, of what moves a score.

    The defaults are assumptions, not measurements; a pilot's own are better. How strict a
    participant is in all does not matter, since everyone rates both systems alike often.
    """

    by_system: float = 0.25
    """How participants differ in what they think of one system."""
    clip: float = 0.35
    """How clips of one system differ."""
    residual: float = 0.8
    """How one participant's score of one clip differs from what the rest predicts, rounding to
    whole points included."""


@dataclass(frozen=True)
class Design:
    """Who hears what. Everyone hears equally many clips of each system."""

    participants: int
    clips: int
    """Of each system, in all."""
    heard: int | None = None
    """Of each system, by each participant; None for all."""
    same_clips: bool = True
    """If not all are heard: whether everyone hears the same ones, or each an even share of all."""


@dataclass(frozen=True)
class Power:
    """What a design can find of two systems compared."""

    standard_error: float
    """Of the difference, in points."""
    degrees_of_freedom: float
    chances: tuple[tuple[float, float], ...]
    """(difference, chance to find it) for each of `SIZES`."""
    smallest: float
    """The smallest difference found four times in five."""


def power(design: Design, spread: Spread | None = None, comparisons: int = 1) -> Power:
    """What a design can find at the 5 % level.

    Args:
        design: who hears what.
        spread: how scores scatter.
        comparisons: pairs of systems tested; each is asked for the level that Holm's correction
            asks of the first, so for more than one this errs on the side of too little.

    Raises:
        ValueError: fewer than two participants, or than two clips of a system heard.
    """
    error, degrees_of_freedom = precision(design, spread or Spread())
    level = LEVEL / comparisons
    chances = tuple(
        (size, chance_to_find(size, error, degrees_of_freedom, level)) for size in SIZES
    )
    return Power(
        error, degrees_of_freedom, chances, smallest_found(error, degrees_of_freedom, level)
    )


def precision(design: Design, spread: Spread) -> tuple[float, float]:
    """The standard error of the difference of two systems, and its degrees of freedom.

    The degrees of freedom are those that `comparisons.contrast` finds where its mean squares are
    what they are expected to be.

    Raises:
        ValueError: fewer than two participants, or than two clips of a system heard.
    """
    people = design.participants
    heard = design.clips if design.heard is None else min(design.heard, design.clips)
    clips = heard if design.same_clips else min(design.clips, people * heard)
    if people < 2 or heard < 1 or clips < 2:
        raise ValueError("a comparison needs two participants and two clips of each system")
    rest = 2 * spread.residual**2 / (people * heard)
    by_people = 2 * spread.by_system**2 / people + rest
    by_clips = 2 * spread.clip**2 / clips + rest
    variance = by_people + by_clips - rest
    squares = by_people**2 / (people - 1) + by_clips**2 / (2 * (clips - 1))
    larger = people - 1 if by_people > by_clips else 2 * clips - 2
    degrees_of_freedom = max(variance**2 / squares, float(larger)) if squares > 0 else float(larger)
    return sqrt(variance), degrees_of_freedom


def chance_to_find(
    size: float, error: float, degrees_of_freedom: float, level: float = LEVEL
) -> float:
    """How often a t test, two-sided at `level`, finds a true difference of `size`.

    One that is found the wrong way round counts too; it hardly ever is.
    """
    if error <= 0:
        return 1.0 if size else level
    return t_power(t_critical(level, degrees_of_freedom), size / error, degrees_of_freedom)


def smallest_found(error: float, degrees_of_freedom: float, level: float = LEVEL) -> float:
    """The smallest true difference found with a chance of `USUAL`."""
    # The estimated error is beyond twice the true one too seldom to matter.
    limit = t_critical(level, degrees_of_freedom)
    low, high = 0.0, 2 * limit + 8
    while high - low > 1e-4 * limit:
        middle = (low + high) / 2
        if t_power(limit, middle, degrees_of_freedom) < USUAL:
            low = middle
        else:
            high = middle
    return error * high
