"""The figures of an experiment: of each model, and of each of its clips."""

import dataclasses
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from reverie.audio.read import read_clip
from reverie.evaluation.health import health
from reverie.training.run import Run


@dataclass(frozen=True)
class ClipFigures:
    """What was measured of a clip, before trimming."""

    name: str
    relative_db: float
    """Level less that of the training recordings."""
    drift_db: float
    """Level of its last quarter less that of its first."""
    flatness: float
    edge_jump: float | None
    repeat_similarity: float
    verdict: str
    start_seconds: float
    end_seconds: float
    """What trimming left."""


@dataclass(frozen=True)
class ModelResult:
    """A model that is done."""

    model: str
    parameters: int
    operations: int
    """Of one training step."""
    epochs: int
    train_loss: float
    held_out_loss: float
    selection_losses: dict[int, float]
    """By the epoch of each checkpoint that clips were made at."""
    chosen_epoch: int
    clips: tuple[ClipFigures, ...]
    seconds: float
    """Of training."""
    speed: float | None = None
    """Seconds of audio a second, all clips of the chosen checkpoint at once; None where they were
    not made in one go."""

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `dataclasses.asdict` made `values` of, by way of JSON."""
        clips = tuple(ClipFigures(**one) for one in values.pop("clips"))
        losses = {int(epoch): loss for epoch, loss in values.pop("selection_losses").items()}
        return cls(**values, clips=clips, selection_losses=losses)

    @property
    def level_db(self) -> float:
        """Median level of its clips against the corpus."""
        return statistics.median(one.relative_db for one in self.clips)

    @property
    def verdicts(self) -> str:
        """How many clips came to which verdict: `3 sound, 2 silent`."""
        found = [one.verdict for one in self.clips]
        return ", ".join(f"{found.count(one)} {one}" for one in dict.fromkeys(sorted(found)))

    def table_row(self) -> dict[str, Any]:
        """The figures that do not depend on how long anything took."""
        row = dataclasses.asdict(self)
        del row["seconds"], row["speed"]
        return row | {"level_db": self.level_db}


def measure_clips(
    clips: Sequence[Path], run: Run, level_dbfs: float, trims: Sequence[tuple[float, float]]
) -> tuple[ClipFigures, ...]:
    """Measure WAV files, of each of which a part (start and end in seconds) was kept.

    Args:
        clips: the files.
        run: that made them.
        level_dbfs: of the training recordings.
        trims: of each clip.
    """
    figures: list[ClipFigures] = []
    for clip, trim in zip(clips, trims, strict=True):
        samples, rate_hz = read_clip(clip, "int16")
        found = health(samples, rate_hz, level_dbfs, run.recipe.frames.frame_samples)
        figures.append(
            ClipFigures(
                name=clip.name,
                relative_db=round(found.relative_db, 3),
                drift_db=round(found.drift_db, 3),
                flatness=round(found.flatness, 5),
                edge_jump=None if found.edge_jump is None else round(found.edge_jump, 3),
                repeat_similarity=round(found.repeat_similarity, 4),
                verdict=found.verdict,
                start_seconds=round(trim[0], 4),
                end_seconds=round(trim[1], 4),
            )
        )
    return tuple(figures)
