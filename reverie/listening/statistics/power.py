"""Estimate the power of a test before anyone has listened.

Letters: P participants, K clips of a system.
"""

from dataclasses import dataclass
from math import sqrt

from reverie.listening.statistics.student_t import t_critical, t_power

SIZES = (0.2, 0.3, 0.5, 0.8, 1.0)
"""True differences of two systems' means, in points, for which power is reported."""
LEVEL = 0.05
USUAL = 0.8
"""A test can detect a difference if it does so with this probability."""


@dataclass(frozen=True)
class Spread:
    """Standard deviations of the components of a score, in points of a scale from 1 to 5.

    The defaults are assumptions, not measurements; those of a pilot are better. How strict a
    participant is does not matter, since everyone rates both systems equally often.
    """

    by_system: float = 0.25
    """Between participants' opinions of one system."""
    clip: float = 0.35
    """Between clips of one system."""
    residual: float = 0.8
    """Of one participant's score of one clip around its prediction, including rounding to whole
    points."""


@dataclass(frozen=True)
class Design:
    """A design in which everyone hears the same number of clips of each system."""

    participants: int
    clips: int
    """Number of clips of each system."""
    heard: int | None = None
    """Number of clips of each system that each participant hears; None for all."""
    same_clips: bool = True
    """If not all are heard: whether everyone hears the same clips, or each an even share of all."""


@dataclass(frozen=True)
class Power:
    """The power of a design to compare two systems."""

    standard_error: float
    """Standard error of the difference, in points."""
    degrees_of_freedom: float
    chances: tuple[tuple[float, float], ...]
    """(difference, probability of detecting it) for each of `SIZES`."""
    smallest: float
    """The smallest difference that is detected four times in five."""


def power(design: Design, spread: Spread | None = None, comparisons: int = 1) -> Power:
    """Compute the power of a design at the 5 % level.

    Args:
        design: of the test.
        spread: of the scores.
        comparisons: number of pairs of systems; each must reach the level of the first step of
            Holm's correction, so for more than one pair this underestimates power.

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
    """Return the standard error of the difference of two systems, and its degrees of freedom.

    The degrees of freedom are those of `comparisons.contrast` with expected mean squares.

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
    """Return the probability that a two-sided t test at `level` detects a difference of `size`.

    A difference detected with the wrong sign counts too, but is very rare.
    """
    if error <= 0:
        return 1.0 if size else level
    return t_power(t_critical(level, degrees_of_freedom), size / error, degrees_of_freedom)


def smallest_found(error: float, degrees_of_freedom: float, level: float = LEVEL) -> float:
    """Return the smallest true difference that is detected with probability `USUAL`."""
    # The estimated error rarely exceeds twice the true one.
    limit = t_critical(level, degrees_of_freedom)
    low, high = 0.0, 2 * limit + 8
    while high - low > 1e-4 * limit:
        middle = (low + high) / 2
        if t_power(limit, middle, degrees_of_freedom) < USUAL:
            low = middle
        else:
            high = middle
    return error * high
