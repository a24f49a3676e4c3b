"""What people said of an experiment's clips, once a listening test of them has results."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as record

from reverie.records import read_record

RESULTS = Path("listening", "results.json")
"""Where `reverie listen results` leaves them, in an experiment's folder."""


_READ = ConfigDict(extra="ignore", allow_inf_nan=False)

Number = Annotated[float, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]


@record(frozen=True, config=_READ)
class _Row:
    condition: str
    role: str
    mean: Number
    low: Number | None
    high: Number | None
    ratings: Annotated[int, Field(strict=True)]


@record(frozen=True, config=_READ)
class _Kept:
    rows: tuple[_Row, ...]


@record(frozen=True, config=_READ)
class _Results:
    """What is read of the results of a listening test."""

    rehearsal: Flag
    ended: Flag
    kept: _Kept | None


@dataclass(frozen=True)
class ListenerScore:
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


def listeners_scores(folder: Path) -> dict[str, ListenerScore]:
    """By model; empty where no test of people has results yet. A rehearsal's are never taken, nor a
    test's that has not ended.

    Raises:
        ReverieError: the results cannot be read.
    """
    path = folder / RESULTS
    if not path.is_file():
        return {}
    remedy = "Make it again with `reverie listen results`."
    told = read_record(path, _Results, "results of a listening test", remedy=remedy)
    if told.rehearsal or not told.ended or told.kept is None:
        return {}
    return {
        one.condition: ListenerScore(one.mean, one.low, one.high, one.ratings)
        for one in told.kept.rows
        if one.role == "system"
    }
