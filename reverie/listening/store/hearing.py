"""What an answer must be, and when a sound counts as heard to its end."""

from collections.abc import Sequence

from reverie.listening.panel import Mode
from reverie.listening.store.records import Answer
from reverie.web.refused import Refused

HEARD_SHARE = 0.9
"""So much of a sound's length must have passed before it can be rated: timers are not exact."""

MOST_PIECES = 64
"""Pieces of a sound, apart from each other, that are remembered; players ask for a few."""


def least_seconds(seconds: float) -> float:
    """How long a sound of `seconds` must have been heard."""
    return HEARD_SHARE * seconds


def check_answer(
    answer: Answer, mode: Mode, seconds: float, sent_ago: Sequence[float | None]
) -> None:
    """Refuse an answer that is none, or was given too soon.

    A sound is played after all of it was sent, and no two are played at once: what was sent last
    leaves time for itself, what was sent before that also for what came after.

    Args:
        answer: what the participant's page says.
        mode: what is asked.
        seconds: of each sound.
        sent_ago: for each sound of the trial, how many seconds ago the last missing byte of it was
            sent; None where it was not, or where that cannot be known.

    Raises:
        Refused: it is off the scale, or its sounds cannot all have been heard.
    """
    if answer.answer not in (range(1, 6) if mode == "rating" else range(2)):
        raise Refused(422, "no such answer")
    least, sounds = least_seconds(seconds), len(sent_ago)
    known = sorted(ago for ago in sent_ago if ago is not None)
    passed = len(known) == sounds and all(ago >= least * at for at, ago in enumerate(known, 1))
    if not passed or answer.plays < sounds or answer.heard_ms < 1000 * least * sounds:
        raise Refused(409, "hear it to its end first")


class Coverage:
    """Which bytes of a sound were sent."""

    def __init__(self) -> None:
        self._pieces: list[tuple[int, int]] = []

    def add(self, first: int, end: int) -> None:
        """Note that the bytes from `first` up to `end` were sent."""
        joined: list[tuple[int, int]] = []
        for begin, stop in sorted([*self._pieces, (first, end)]):
            if begin >= stop:
                continue
            if joined and begin <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
            else:
                joined.append((begin, stop))
        if len(joined) > MOST_PIECES:
            joined.remove(min(joined, key=lambda piece: piece[1] - piece[0]))
        self._pieces = joined

    def is_whole(self, size: int) -> bool:
        """Whether all of `size` bytes were sent."""
        return self._pieces[:1] == [(0, size)]
