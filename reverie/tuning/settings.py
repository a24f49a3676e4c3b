"""The settings of a search."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.evaluation.checkpoint_judge import CLIPS, SECONDS
from reverie.generation.settings import Seed
from reverie.settings import STRICT


@dataclass(frozen=True, config=STRICT)
class SearchSettings:
    """How settings are searched for."""

    trials: Annotated[int, Field(ge=1, le=100_000)] = 40
    """Trainings, the recipe's own settings being the first."""

    minutes: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    """Longest time to search: no trials are begun that would hardly end within it. 0 sets no limit.
    How long one trial takes, the recipe says: `training.epochs` or `training.minutes`."""

    batch: Annotated[int, Field(ge=1, le=10_000)] = 4
    """Trials whose settings are chosen at once, and which run side by side on a cluster. The next
    are chosen once all of them are done, so that the choice does not depend on which ended
    first."""

    sampler: Literal["tpe", "random"] = "tpe"
    """What chooses settings: the tree-structured Parzen estimator of what was good, or chance."""

    pruner: Literal["median", "none"] = "median"
    """What ends trials early: `median` those whose clips, judged on the way, are further from music
    than half of the trials before were by then."""

    judgements: Annotated[int, Field(ge=1, le=100)] = 3
    """How often each trial's clips are judged, the last time at its end."""

    finalists: Annotated[int, Field(ge=1, le=100)] = 3
    """Of the best trials so many are judged again, by other clips, before one is named the best;
    the recipe's own settings always are."""

    final_judgements: Annotated[int, Field(ge=1, le=100)] = 3
    """How often each of these is judged again, each time by other prompts and other draws."""

    clips: Annotated[int, Field(ge=2, le=1000)] = CLIPS
    """Clips of a judgement."""

    seconds: Annotated[float, Field(ge=1, le=3600)] = SECONDS
    """Length of each."""

    seed: Seed = 0
    """Decides which settings are tried, and the prompts and draws of the clips."""
