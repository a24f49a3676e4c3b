"""What a panel of listeners answered: all that the analysis of a test is made from."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["rating", "preference"]
"""Rating: one clip after another, each 1 to 5. Preference: two clips, which is better."""

Role = Literal["system", "upper", "lower"]
"""What a condition is: something to compare, or a hidden anchor above or below all of it."""

TrialKind = Literal["practice", "test", "anchor", "repeat", "attention"]
"""`test` trials are what is compared; an `anchor` trial plays a hidden anchor; a `repeat` plays
again what a test trial of the same listener played; an `attention` trial plays beeps, to be
answered with their number; `practice` comes first and counts for nothing."""


@dataclass(frozen=True)
class Condition:
    """Clips of one origin."""

    name: str
    role: Role


@dataclass(frozen=True)
class Rating:
    """One answered trial of a rating test."""

    participant: str
    kind: TrialKind
    condition: str
    """The condition's name; empty for attention trials."""
    clip: str
    """Which clip of all; the same in a repeat."""
    score: int
    """1 to 5."""
    expected: int | None = None
    """Of an attention trial: the right answer."""


@dataclass(frozen=True)
class Preference:
    """One answered trial of a preference test."""

    participant: str
    kind: TrialKind
    conditions: tuple[str, str]
    """Of the clips A and B; empty names for attention trials."""
    clips: tuple[str, str]
    chosen: Literal[0, 1]
    """0: A, the first of both; 1: B."""
    expected: Literal[0, 1] | None = None


@dataclass(frozen=True)
class ExclusionRule:
    """Whose answers are left out; fixed before the test. A participant is left out if any holds."""

    most_attention_errors: int = 0
    """More wrong answers to attention trials than this."""
    least_answered: float = 0.5
    """Less than this share of the test trials answered."""
    anchors_in_order: bool = True
    """The mean score given to the lower anchor is not below that given to the upper anchor."""


@dataclass(frozen=True)
class Panel:
    """All answers to one test, in the order in which they were given."""

    title: str
    mode: Mode
    conditions: tuple[Condition, ...]
    ratings: tuple[Rating, ...]
    """Empty in preference mode."""
    preferences: tuple[Preference, ...]
    """Empty in rating mode."""
    invited: int
    """Participants that the test was designed for; those without answers count here alone."""
    test_trials: int
    """How many test trials each participant was given."""
    rule: ExclusionRule
    rehearsal: bool
    """The answers are a program's or a trial run's, not people's; every result must say so."""
    ended: bool = True
    """False for a look at answers before the test has ended; every result must say so."""
