"""Check answers, and whether a sound was heard to its end."""

from collections.abc import Sequence

from reverie.listening.panel import Mode
from reverie.listening.store.records import Answer
from reverie.web.refused import Refused

HEARD_SHARE = 0.9
"""Share of a sound's length that must pass before it can be rated, since timers are inexact."""

MOST_PIECES = 64
"""Most separate pieces of a sound to track; players request a few."""


def least_seconds(seconds: float) -> float:
    """Return how long a sound of `seconds` must have been heard."""
    return HEARD_SHARE * seconds


def check_answer(
    answer: Answer, mode: Mode, seconds: float, sent_ago: Sequence[float | None]
) -> None:
    """Refuse an answer that is invalid or was given too soon.

    A sound is played after all of it was sent, and only one plays at a time. So the last sound sent
    needs time for itself, and an earlier one also for those after it.

    Args:
        answer: from the participant's page.
        mode: of the test.
        seconds: length of each sound.
        sent_ago: for each sound of the trial, how many seconds ago its last missing byte was sent;
            None if it was not, or if that is unknown.

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
    """The bytes of a sound that were sent."""

    def __init__(self) -> None:
        self._pieces: list[tuple[int, int]] = []

    def add(self, first: int, end: int) -> None:
        """Record that the bytes from `first` up to `end` were sent."""
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
        """Return whether all `size` bytes were sent."""
        return self._pieces[:1] == [(0, size)]
