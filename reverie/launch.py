"""What a launcher such as `torchrun` tells each of the processes that it starts.

Nothing here needs torch.
"""

import os

from reverie.errors import ReverieError


def launched_processes() -> int:
    """Return how many processes were started to work together; 1 where nobody says."""
    said = os.environ.get("WORLD_SIZE", "")
    return max(1, int(said)) if said.isdecimal() else 1


def require_alone(doing: str) -> None:
    """Refuse what one process alone can do.

    Args:
        doing: it, after "cannot".

    Raises:
        ReverieError: several processes were started together.
    """
    if launched_processes() > 1:
        raise ReverieError(
            f"{launched_processes()} processes that were started together cannot {doing}.",
            "Do it with one process before.",
        )
