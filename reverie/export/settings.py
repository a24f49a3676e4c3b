"""What whoever exports a run may say, besides which run and where to."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.settings import STRICT

Weights = Literal["auto", "int8", "int7", "int6", "float16", "float32"]


@dataclass(frozen=True, config=STRICT)
class ExportSettings:
    """What whoever exports a run may say."""

    checkpoint: str = "best"
    """`best` (nearest to music where clips were judged, else of the lowest held-out loss),
    `latest`, an epoch's number, or a checkpoint's name."""

    licence: Annotated[str, Field(max_length=200)] = ""
    """Under which others may use the model, such as `cc-by-4.0`; empty where none is named."""

    evaluation: str = ""
    """Folder of a report that `reverie evaluate` wrote of its clips, whose verdict is told with the
    model; empty for none."""

    weights: Weights = "auto"
    """Of a page: how the numbers of the model's matrices are stored. `auto` takes the finest whole
    numbers with which the page is small enough; the page is as large as it will be with floats."""

    prompts: Annotated[int, Field(ge=0, le=100)] = 6
    """Of a page: how many held-out prompts it offers to begin from; graphs and scripts begin from
    one, or from nothing if this is 0; so does each where the corpus is not found."""

    credits: Annotated[str, Field(max_length=2000)] = ""
    """Of a page: to whom the recordings belong, and under which licence; empty where unknown."""
