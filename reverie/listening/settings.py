"""Settings of a listening test, which are fixed when it is made."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from reverie.listening.panel import Mode
from reverie.settings import STRICT


def _plain(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it holds characters that cannot be printed")
    return text


@dataclass(frozen=True, config=STRICT)
class ListeningSettings:
    """How a test is made. The defaults are the paper's: ten people, thirty clips, 1 to 5."""

    title: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_plain)] = (
        "Listening test"
    )
    """What participants and reports see it called; it must not name a condition."""

    mode: Mode = "rating"
    """`rating`: one clip, 1 to 5. `preference`: two clips, which is better."""

    participants: Annotated[int, Field(ge=1, le=1000)] = 10
    """How many people can take part; each has a link of their own."""

    clips: Annotated[int, Field(ge=1, le=300)] = 30
    """Test trials of each participant: clips rated, or pairs compared."""

    seconds: Annotated[float, Field(ge=1, le=60)] = 10.0
    """Longest part of a clip that is played. All clips are cut to one length, the shortest's."""

    shortest_seconds: Annotated[float, Field(ge=0.5, le=60)] = 5.0
    """A clip shorter than this is left out, by name, rather than shorten all others."""

    same_clips: bool = False
    """Every participant hears the same clips, as in the paper, in place of different ones."""

    anchors: Annotated[int, Field(ge=0, le=10)] = 2
    """Trials with real music, and as many with noise of its spectrum, that each participant
    rates unawares; they need a corpus."""

    repeats: Annotated[int, Field(ge=0, le=10)] = 2
    """Test trials of each participant that come again, to see how consistent the answers are."""

    attention: Annotated[int, Field(ge=0, le=5)] = 1
    """Trials with beeps to be counted."""

    practice: Annotated[int, Field(ge=0, le=5)] = 4
    """Clips to begin with that do not count: real music and noise, if there are anchors, then
    systems; of preferences two pairs at most."""

    break_every: Annotated[int, Field(ge=2, le=1000)] = 15
    """A pause is offered after so many trials."""

    most_attention_errors: Annotated[int, Field(ge=0, le=5)] = 0
    """Participants with more wrong answers to beeps are left out."""

    least_answered: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Participants with a smaller share of the test trials answered are left out."""

    anchors_in_order: bool = True
    """Participants who rate noise as high as real music are left out."""

    rehearsal: bool = False
    """For trying it out: every page and every result says that these are no people's ratings."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Decides which clips are taken, and every order. Links are drawn afresh each time."""
