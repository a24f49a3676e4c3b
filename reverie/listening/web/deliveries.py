"""What of each sound was sent."""

from reverie.listening.store.hearing import Coverage

_MOST_UNFINISHED = 4096
"""Sounds of which a part was sent, at most: two for each of a thousand participants, and more."""


class Deliveries:
    """What of every sound that is not whole yet was sent."""

    def __init__(self) -> None:
        self._unfinished: dict[str, Coverage] = {}

    def add(self, sound: str, first: int, end: int, size: int) -> bool:
        """Note that bytes of `sound` were sent; gives whether all of its `size` bytes were now."""
        coverage = self._unfinished.pop(sound, None) or Coverage()
        coverage.add(first, end)
        if coverage.is_whole(size):
            return True
        self._unfinished[sound] = coverage
        while len(self._unfinished) > _MOST_UNFINISHED:
            del self._unfinished[next(iter(self._unfinished))]
        return False
