"""The answers of a panel of listeners: the input of a test's analysis."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["rating", "preference"]
"""Rating: one clip after another, each 1 to 5. Preference: two clips, which is better."""

Role = Literal["system", "upper", "lower"]
"""The role of a condition: a system to compare, or a hidden anchor above or below all systems."""

TrialKind = Literal["practice", "test", "anchor", "repeat", "attention"]
"""`test` trials are compared; an `anchor` trial plays a hidden anchor; a `repeat` plays the sounds
of an earlier test trial of the same listener; an `attention` trial plays beeps to be counted;
`practice` comes first and does not count."""


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
    """The clip's identifier, the same in a repeat."""
    score: int
    """1 to 5."""
    expected: int | None = None
    """The right answer to an attention trial."""


@dataclass(frozen=True)
class Preference:
    """One answered trial of a preference test."""

    participant: str
    kind: TrialKind
    conditions: tuple[str, str]
    """Conditions of the clips A and B; empty names for attention trials."""
    clips: tuple[str, str]
    chosen: Literal[0, 1]
    """0: A, the first of both; 1: B."""
    expected: Literal[0, 1] | None = None


@dataclass(frozen=True)
class ExclusionRule:
    """The rule fixed before the test; a participant is excluded if any of its conditions holds."""

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
    """Number of participants that the test was designed for, including those without answers."""
    test_trials: int
    """Number of test trials of each participant."""
    rule: ExclusionRule
    rehearsal: bool
    """Whether the answers are a program's or a trial run's; every result must say so."""
    ended: bool = True
    """False for answers read before the test has ended; every result must say so."""
