"""Say what a folder is, where something else was wanted."""

from typing import Literal

from reverie.corpus.kinds import Place, right_command
from reverie.errors import ReverieError

KIND_WORDS = {
    "corpus": "a corpus",
    "run": "a run",
    "checkpoint": "a checkpoint of a run",
    "clips": "a folder of clips that Reverie made",
    "experiment": "an experiment",
    "listening test": "a listening test",
    "evaluation": "an evaluation",
    "recordings": "a folder of recordings",
}


def refuse_other(place: Place, wanted: Literal["corpus", "run"]) -> None:
    """Say what a folder is that is not, and has not, what is wanted.

    Raises:
        ReverieError: it is something else of Reverie, or recordings.
    """
    there = place.corpus if wanted == "corpus" else place.run
    if there is None and place.kind in KIND_WORDS:
        remedy = right_command(place) or f"Give the folder of a {wanted}."
        raise ReverieError(f"{place.path} is {KIND_WORDS[place.kind]}, and no {wanted}.", remedy)
