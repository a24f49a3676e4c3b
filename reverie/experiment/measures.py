"""The figures of an experiment: of each model, and of each of its clips."""

import dataclasses
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Self, cast

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from reverie.audio.channels import mixed
from reverie.audio.writing.cut import read_whole
from reverie.errors import ReverieError
from reverie.evaluation.measures.health import HealthReference, health
from reverie.legacy import translate_result
from reverie.records import as_record, read_json
from reverie.runs.run import Run

_RECORD = ConfigDict(extra="forbid", allow_inf_nan=False)

Number = Annotated[float, Field(strict=True)]
Count = Annotated[int, Field(ge=0, strict=True)]


@dataclass(frozen=True, config=_RECORD)
class ClipFigures:
    """What was measured of a clip, before trimming."""

    name: str
    relative_db: Number
    """Level less that of the training recordings."""
    drift_db: Number
    """Level of its last quarter less that of its first."""
    flatness: Number
    frame_boundary_discontinuity: Number | None
    repeat_similarity: Number
    verdict: str
    start_seconds: Number
    end_seconds: Number
    """What trimming left."""


@dataclass(frozen=True, config=_RECORD)
class ModelResult:
    """A model that is done."""

    model: str
    parameters: Count
    operations: Count
    """Of one training step."""
    epochs: Count
    train_loss: Number
    held_out_loss: Number
    selection_losses: dict[int, Number]
    """By the epoch of each checkpoint that clips were made at."""
    chosen_epoch: Count
    clips: Annotated[tuple[ClipFigures, ...], Field(min_length=1)]
    seconds: Number
    """Of training."""
    speed: Number | None = None
    """Seconds of audio a second, all clips of the chosen checkpoint at once; None where they were
    not made in one go."""

    @classmethod
    def read(cls, path: Path, model: str) -> Self:
        """Read what was found of `model` from `path`.

        Raises:
            ReverieError: it is damaged, or of another model.
        """
        remedy = "Remove it, and call again: it is made anew."
        read: object = read_json(path, "the result of a model")
        if isinstance(read, dict):
            read = translate_result(cast(dict[str, Any], read))
        found = as_record(cast(object, read), cls, str(path), remedy=remedy)
        if found.model != model:
            raise ReverieError(f"{path} is damaged: it is not of {model}.", remedy)
        return found

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.chosen_epoch not in self.selection_losses:
            raise ValueError("chosen_epoch is none of selection_losses")
        if any(Path(one.name).name != one.name for one in self.clips):
            raise ValueError("clips have paths for names")
        return self

    @property
    def level_db(self) -> float:
        """Median level of its clips against the corpus."""
        return statistics.median(one.relative_db for one in self.clips)

    @property
    def verdicts(self) -> str:
        """How many clips came to which verdict: `3 ok, 2 silent`."""
        found = [one.verdict for one in self.clips]
        return ", ".join(f"{found.count(one)} {one}" for one in dict.fromkeys(sorted(found)))

    def table_row(self) -> dict[str, Any]:
        """The figures that do not depend on how long anything took."""
        row = dataclasses.asdict(self)
        del row["seconds"], row["speed"]
        return row | {"level_db": self.level_db}


def measure_clips(
    clips: Sequence[Path],
    run: Run,
    reference: HealthReference,
    trims: Sequence[tuple[float, float]],
) -> tuple[ClipFigures, ...]:
    """Measure WAV files, of each of which a part (start and end in seconds) was kept.

    Args:
        clips: the files.
        run: that made them.
        reference: what they are judged by.
        trims: of each clip.
    """
    figures: list[ClipFigures] = []
    for clip, trim in zip(clips, trims, strict=True):
        samples, rate_hz = read_whole(clip)
        found = health(
            mixed(samples), rate_hz, reference, run.recipe.frames.hop_samples(run.rate_hz)
        )
        figures.append(
            ClipFigures(
                name=clip.name,
                relative_db=round(found.relative_db, 3),
                drift_db=round(found.drift_db, 3),
                flatness=round(found.flatness, 5),
                frame_boundary_discontinuity=None
                if found.frame_boundary_discontinuity is None
                else round(found.frame_boundary_discontinuity, 3),
                repeat_similarity=round(found.repeat_similarity, 4),
                verdict=found.verdict,
                start_seconds=round(trim[0], 4),
                end_seconds=round(trim[1], 4),
            )
        )
    return tuple(figures)
