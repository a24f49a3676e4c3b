"""Track which bytes of each sound were sent."""

from reverie.listening.store.hearing import Coverage

_MOST_UNFINISHED = 4096
"""Most partly sent sounds to track: more than two for each of a thousand participants."""


class Deliveries:
    """The bytes sent of every sound that is not yet complete."""

    def __init__(self) -> None:
        self._unfinished: dict[str, Coverage] = {}

    def add(self, sound: str, first: int, end: int, size: int) -> bool:
        """Record that bytes of `sound` were sent; return whether all `size` bytes have been."""
        coverage = self._unfinished.pop(sound, None) or Coverage()
        coverage.add(first, end)
        if coverage.is_whole(size):
            return True
        self._unfinished[sound] = coverage
        while len(self._unfinished) > _MOST_UNFINISHED:
            del self._unfinished[next(iter(self._unfinished))]
        return False
