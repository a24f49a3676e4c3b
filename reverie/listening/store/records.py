"""What is told of participants and of what they did."""

from dataclasses import dataclass
from typing import Literal

from reverie.listening.panel import TrialKind

Step = Literal["welcome", "setup", "trial", "comment", "thanks", "closed"]


@dataclass(frozen=True)
class Answer:
    """What a participant answered to a trial, and how."""

    answer: int
    """A score, or 0 or 1 for the first or the second of a pair."""
    plays: int
    heard_ms: int
    answer_ms: int
    """From the end of the first hearing to the answer."""


@dataclass(frozen=True)
class State:
    """Where a participant is."""

    step: Step
    number: int = 0
    """The trial's, from 1."""
    trials: int = 0
    practice: int = 0
    """How many of the trials are practice."""
    token: str = ""
    sounds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answered:
    """An answered trial."""

    participant: int
    position: int
    kind: TrialKind
    expected: int | None
    stimuli: tuple[str, ...]
    answer: Answer
    user_agent: str
    given_at: float


@dataclass(frozen=True)
class Participant:
    """One place in the test."""

    number: int
    """From 1."""
    invitation: str
    opened_at: float | None
    consented_at: float | None
    finished_at: float | None
    language: str | None
    comment: str | None
    trials: int
    answered: int
