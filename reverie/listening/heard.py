"""What an answer must be, and when a sound counts as heard to its end."""

from reverie.listening.panel import Mode
from reverie.listening.records import Answer, Refused

HEARD_SHARE = 0.9
"""So much of a sound's length must have passed before it can be rated: timers are not exact."""


def least_seconds(seconds: float) -> float:
    """How long a sound of `seconds` must have been heard."""
    return HEARD_SHARE * seconds


def check_answer(
    answer: Answer, mode: Mode, seconds: float, sounds: int, sent: int, elapsed_seconds: float
) -> None:
    """Refuse an answer that is none, or was given too soon.

    Args:
        answer: what the participant's page says.
        mode: what is asked.
        seconds: of each sound.
        sounds: of the trial.
        sent: how many of them were sent to their last byte.
        elapsed_seconds: since the last of them was first asked for.

    Raises:
        Refused: it is off the scale, or its sounds cannot all have been heard.
    """
    if answer.answer not in (range(1, 6) if mode == "rating" else range(2)):
        raise Refused(422, "no such answer")
    least = least_seconds(seconds) * sounds
    passed = sent == sounds and elapsed_seconds >= least
    if not passed or answer.plays < sounds or answer.heard_ms < 1000 * least:
        raise Refused(409, "hear it to its end first")
