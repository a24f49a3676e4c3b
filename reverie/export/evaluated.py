"""What `reverie evaluate` found of a model's clips, read back from its report."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from reverie.errors import ReverieError
from reverie.evaluation.reports.page import FIGURES_FILE
from reverie.records import read_record

_READ = ConfigDict(extra="ignore", allow_inf_nan=False)
_Sentence = Annotated[str, Field(max_length=1000)]


@dataclass(frozen=True, config=_READ)
class Evaluated:
    """What was found of the clips of one system."""

    name: _Sentence
    """Of the folder that was judged."""
    verdict: _Sentence
    """In a sentence."""
    details: Annotated[tuple[_Sentence, ...], Field(max_length=20)]
    """In sentences: whether clips are ok, how near to music, and whether they are copies."""


@dataclass(frozen=True, config=_READ)
class _Figures:
    systems: tuple[Evaluated, ...]


def read_evaluated(folder: Path, names: Collection[str]) -> Evaluated:
    """Read what an evaluation found of the clips of one model.

    Args:
        folder: of the report.
        names: what the folder of its clips may be called, where several were judged.

    Raises:
        ReverieError: there is no report, or it does not say which of several systems is meant.
    """
    path = folder / FIGURES_FILE
    systems = read_record(path, _Figures, "an evaluation").systems
    meant = systems if len(systems) == 1 else [one for one in systems if one.name in names]
    if len(meant) != 1:
        judged = ", ".join(one.name for one in systems) or "nothing"
        raise ReverieError(
            f"{path} judges {judged}, and none of these is known to be this model.",
            "Judge its clips alone with `reverie evaluate`.",
        )
    return meant[0]
