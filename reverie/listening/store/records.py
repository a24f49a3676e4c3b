"""Records of participants and their answers."""

from dataclasses import dataclass
from typing import Literal

from reverie.listening.panel import TrialKind

Step = Literal["welcome", "setup", "trial", "comment", "thanks", "closed"]


@dataclass(frozen=True)
class Answer:
    """A participant's answer to a trial, and how it was given."""

    answer: int
    """A score, or 0 or 1 for the first or the second of a pair."""
    plays: int
    heard_ms: int
    answer_ms: int
    """Time from the end of the first playback to the answer."""


@dataclass(frozen=True)
class State:
    """The progress of a participant."""

    step: Step
    number: int = 0
    """Number of the trial, from 1."""
    trials: int = 0
    practice: int = 0
    """Number of practice trials."""
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
