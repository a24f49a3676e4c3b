"""What every output does. Letters: C channels, S samples of each."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Output(Protocol):
    """Takes music and knows how much of it was heard."""

    about: str
    """What it takes, in words."""
    gaps: int
    """How often the music was not there in time, as far as is known."""

    def write(self, samples: NDArray[np.float32]) -> None:
        """Take the samples that come next, [C, S]; waits where there is no room."""
        ...

    def played_seconds(self, now: float) -> float:
        """Return how much was heard, as far as is known.

        Args:
            now: time of a clock that only goes forward, in seconds.
        """
        ...

    def require_listener(self) -> None:
        """See that somebody may listen still.

        Raises:
            BrokenPipeError: whoever did has gone.
        """
        ...

    def close(self) -> None:
        """Be silent."""
        ...


def sound_of(rate_hz: int, channels: int) -> str:
    """Say what music it is."""
    return f"{'stereo' if channels > 1 else 'mono'}, {rate_hz} Hz"
