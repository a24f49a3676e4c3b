"""What people said of an experiment's clips, once a listening test of them has results."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.errors import ReverieError
from reverie.records import read_json

RESULTS = Path("listening", "results.json")
"""Where `reverie listen results` leaves them, in an experiment's folder."""


@dataclass(frozen=True)
class Heard:
    """The ratings of a model by the listeners whom the test's rule keeps."""

    mean: float
    low: float | None
    high: float | None
    """The ends of the 95 % interval."""
    ratings: int

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.mean:.2f}"
        return f"{self.mean:.2f} ({self.low:.2f} to {self.high:.2f})"


def listeners_scores(folder: Path) -> dict[str, Heard]:
    """By model; empty where no test of people has results yet. A rehearsal's are never taken, nor a
    test's that has not ended.

    Raises:
        ReverieError: the results cannot be read.
    """
    path = folder / RESULTS
    if not path.is_file():
        return {}
    told: dict[str, Any] = read_json(path, "results of a listening test")
    try:
        kept: dict[str, Any] | None = told["kept"]
        if told["rehearsal"] or not told["ended"] or kept is None:
            return {}
        return {
            one["condition"]: Heard(one["mean"], one["low"], one["high"], one["ratings"])
            for one in kept["rows"]
            if one["role"] == "system"
        }
    except (KeyError, TypeError) as error:
        raise ReverieError(
            f"{path} is damaged: {error}.", "Make it again with `reverie listen results`."
        ) from error
