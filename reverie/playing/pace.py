"""How far ahead of the listener the music is made.

Who listens says now and then how much has been heard; in between, a clock goes on from there. Who
is silent for a few seconds listens no more, and nothing more is made.
"""

from dataclasses import dataclass

MOST_AHEAD_SECONDS = 0.5
"""Between what is heard and what is made, and between a slider and its sound."""
LEAST_AHEAD_SECONDS = 0.12
"""However late a change is heard: less would leave gaps."""
STALE_SECONDS = 5.0
"""Without a word from the listener."""
_MARGIN_SECONDS = 0.03
"""From a slider to the player."""
_NARROW_SECONDS = 0.06
"""A block that comes with so little left was nearly late."""
MORE_AHEAD_SECONDS = 0.1
"""Added when there were gaps."""
_ADDED_SECONDS, _MOST_ADDED_SECONDS = 0.04, 0.3
_RETURN = 0.001
"""How much of what was added is taken back in each second of music."""


@dataclass
class Pace:
    """The clock of one listener.

    Args:
        block_seconds: music in a block.
        lookahead_seconds: from the music that is made next to the first that a change affects.
    """

    block_seconds: float
    lookahead_seconds: float = 0.0
    played_seconds: float = 0.0
    """At the last word."""
    is_moving: bool = False
    """Whether it was played then."""
    since: float = 0.0
    """When that was."""
    added_seconds: float = 0.0
    """Because blocks were late, or nearly."""
    is_deep: bool = False
    """As far ahead as may be, because something else needs the processor."""

    @property
    def ahead_seconds(self) -> float:
        """How far ahead blocks are begun; with the last block it is never more than the most."""
        most = MOST_AHEAD_SECONDS - self.block_seconds
        if self.is_deep:
            return most
        wanted = most - self.lookahead_seconds - _MARGIN_SECONDS + self.added_seconds
        return max(LEAST_AHEAD_SECONDS, min(most, wanted))

    def follow(self, played_seconds: float, now: float, *, is_moving: bool) -> None:
        """Take the listener's word.

        Args:
            played_seconds: music that was heard.
            now: time of a clock that only goes forward, in seconds.
            is_moving: whether it plays.
        """
        self.played_seconds, self.since, self.is_moving = played_seconds, now, is_moving

    def note_block(self, made_seconds: float, now: float) -> None:
        """Note that a block is there: on a busy machine the next ones begin earlier.

        Args:
            made_seconds: music with that block.
            now: when it was there.
        """
        left = made_seconds - self.block_seconds - self.played_at(now)
        if self.is_moving and left < _NARROW_SECONDS:
            self.add(_ADDED_SECONDS)
        else:
            self.added_seconds = max(0.0, self.added_seconds - _RETURN * self.block_seconds)

    def add(self, seconds: float) -> None:
        """Begin blocks so much earlier, within limits."""
        self.added_seconds = min(self.added_seconds + seconds, _MOST_ADDED_SECONDS)

    def played_at(self, now: float) -> float:
        """How much has been heard, as far as is known."""
        if not self.is_moving:
            return self.played_seconds
        return self.played_seconds + min(max(now - self.since, 0.0), STALE_SECONDS)

    def wait_seconds(self, made_seconds: float, now: float) -> float | None:
        """How long the next block has time; 0 or less is at once, None until somebody listens."""
        wait = made_seconds - self.ahead_seconds - self.played_at(now)
        if wait <= 0:
            return 0.0
        if not self.is_moving or now + wait - self.since > STALE_SECONDS:
            return None
        return wait
