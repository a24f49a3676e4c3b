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
    """The settings of a test. The defaults are the paper's: ten people, thirty clips, 1 to 5."""

    title: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_plain)] = (
        "Listening test"
    )
    """The title that participants and reports show; it must not name a condition."""

    mode: Mode = "rating"
    """`rating`: one clip, 1 to 5. `preference`: two clips, which is better."""

    participants: Annotated[int, Field(ge=1, le=1000)] = 10
    """Number of people who can take part; each has a separate link."""

    clips: Annotated[int, Field(ge=1, le=300)] = 30
    """Test trials of each participant: clips rated, or pairs compared."""

    seconds: Annotated[float, Field(ge=1, le=60)] = 10.0
    """Longest part of a clip to play. All clips are cut to the length of the shortest."""

    shortest_seconds: Annotated[float, Field(ge=0.5, le=60)] = 5.0
    """Shorter clips are left out with a remark, so that they do not shorten all others."""

    same_clips: bool = False
    """Every participant hears the same clips, as in the paper, instead of different ones."""

    anchors: Annotated[int, Field(ge=0, le=10)] = 2
    """Number of hidden trials with real music, and as many with noise of its spectrum, that each
    participant rates; they need a corpus."""

    repeats: Annotated[int, Field(ge=0, le=10)] = 2
    """Number of repeated test trials of each participant, to see how consistent answers are."""

    attention: Annotated[int, Field(ge=0, le=5)] = 1
    """Number of trials with beeps to count."""

    practice: Annotated[int, Field(ge=0, le=5)] = 4
    """Number of practice clips, which do not count: real music and noise, if there are anchors,
    then systems; in a preference test at most two pairs."""

    break_every: Annotated[int, Field(ge=2, le=1000)] = 15
    """A pause is offered after this many trials."""

    most_attention_errors: Annotated[int, Field(ge=0, le=5)] = 0
    """Participants with more wrong answers to beeps are left out."""

    least_answered: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Participants with a smaller share of the test trials answered are left out."""

    anchors_in_order: bool = True
    """Participants who rate noise as high as real music are left out."""

    rehearsal: bool = False
    """For trials: every page and result says that these are not people's ratings."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Random seed of the choice of clips and of every order. Links are drawn anew each time."""
