"""Describe a test for its first page."""

from typing import Any

from reverie.listening.folder import ListeningTest
from reverie.listening.store.hearing import least_seconds
from reverie.listening.web.texts import texts

SECONDS_TO_ANSWER = 4.0
"""Estimated time from the end of a clip to the answer."""


def overview(test: ListeningTest) -> dict[str, Any]:
    """Return mode, length, duration and texts; they name no condition and are equal for all."""
    settings, seconds, order = test.settings, test.stimuli.seconds, test.orders[0]
    sounds = sum(len(trial.stimuli) for trial in order)
    minutes = (sounds * seconds + len(order) * SECONDS_TO_ANSWER) / 60
    return {
        "mode": settings.mode,
        "trials": len(order),
        "seconds": round(seconds, 1) if seconds % 1 else round(seconds),
        "minutes": max(1, round(minutes)),
        "beeps": settings.attention > 0,
        "break_every": settings.break_every,
        "least_ms": round(1000 * least_seconds(seconds)),
        "texts": texts(),
    }
