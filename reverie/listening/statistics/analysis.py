"""Analyse a listening test, from the answers to the conclusions."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from reverie.errors import ReverieError
from reverie.listening.panel import Mode, Panel
from reverie.listening.statistics.conclusions import REHEARSAL, conclude
from reverie.listening.statistics.exclusion import Exclusion, exclude, participants, without
from reverie.listening.statistics.results import Results, results


@dataclass(frozen=True)
class Analysis:
    """The results of a test, with and without the exclusion rule."""

    title: str
    mode: Mode
    rehearsal: bool
    ended: bool
    """False for a look before the test has ended."""
    note: str | None
    """The remark that must accompany every figure of a rehearsal."""
    invited: int
    began: int
    """Participants who answered anything, practice included."""
    exclusion: Exclusion
    conclusions: tuple[str, ...]
    kept: Results | None
    """Results of those whom the rule keeps; None if none of them answered."""
    everyone: Results


def analyse(panel: Panel, rng: np.random.Generator) -> Analysis:
    """Analyse all answers to a test; `rng` draws the resamples of intervals.

    Raises:
        ReverieError: nobody has answered a test trial yet.
    """
    everyone = results(panel, rng)
    if everyone is None:
        raise ReverieError(
            f"{panel.title}: nobody has answered yet.",
            "Analyse it again when a listener has rated a clip of a system.",
        )
    exclusion = exclude(panel)
    left_out = {participant.participant for participant in exclusion.left_out}
    kept = results(without(panel, left_out), rng) if left_out else everyone
    return Analysis(
        title=panel.title,
        mode=panel.mode,
        rehearsal=panel.rehearsal,
        ended=panel.ended,
        note=REHEARSAL if panel.rehearsal else None,
        invited=panel.invited,
        began=len(participants(panel)),
        exclusion=exclusion,
        conclusions=conclude(panel, exclusion, everyone, kept),
        kept=kept,
        everyone=everyone,
    )


def as_json(analysis: Analysis) -> dict[str, Any]:
    """Return the analysis as plain JSON values, without NaN.

    Raises:
        ValueError: a figure is NaN.
    """
    return json.loads(json.dumps(dataclasses.asdict(analysis), allow_nan=False))
