"""The figures of an experiment: of each model, and of each of its clips."""

import dataclasses
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.audio.spectrogram import as_float
from reverie.corpus.corpus import Corpus
from reverie.corpus.excerpts import cut_evenly, pieces
from reverie.evaluation.health import corpus_level_dbfs, health
from reverie.evaluation.nearest import WINDOW_SECONDS, Nearest, NearestSearch
from reverie.training.run import Run

HELD_OUT_EXCERPTS = 20


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
    nearest_similarity: float
    """To the training excerpt of two seconds that is most like two seconds of it."""
    nearest_recording: str
    nearest_offset_seconds: float
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
    held_out_similarity: float
    """What `nearest_similarity` is of real music: the median over held-out excerpts as long as
    the clips."""
    seconds: float
    """Of training."""

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
    def nearest_similarity(self) -> float:
        """Median over its clips."""
        return statistics.median(one.nearest_similarity for one in self.clips)

    @property
    def verdicts(self) -> str:
        """How many clips came to which verdict: `3 sound, 2 silent`."""
        found = [one.verdict for one in self.clips]
        return ", ".join(f"{found.count(one)} {one}" for one in dict.fromkeys(sorted(found)))

    def table_row(self) -> dict[str, Any]:
        """The figures that do not depend on how long anything took."""
        row = dataclasses.asdict(self)
        del row["seconds"]
        return row | {"level_db": self.level_db}


class Yardstick:
    """What clips are measured against: the level and the excerpts of the training recordings.

    Args:
        corpus: split.
        clip_seconds: how long clips are.
    """

    def __init__(self, corpus: Corpus, clip_seconds: float) -> None:
        self.corpus = corpus
        self.level_dbfs = corpus_level_dbfs(corpus)
        self._training = corpus.of_split("train")
        held_out = corpus.of_split("held-out")
        real = cut_evenly(corpus, held_out, clip_seconds, HELD_OUT_EXCERPTS)
        found = self._nearest([one.wave for one in real])
        self.held_out_similarity = round(statistics.median(one.similarity for one in found), 4)

    def _nearest(self, waves: Sequence[NDArray[np.float32]]) -> list[Nearest]:
        search = NearestSearch(waves, self.corpus.rate_hz)
        for piece in pieces(self.corpus, self._training, WINDOW_SECONDS):
            search.hear(piece.recording, piece.start_seconds, piece.wave)
        return search.best()

    def measure(
        self, clips: Sequence[Path], run: Run, trims: Sequence[tuple[float, float]]
    ) -> tuple[ClipFigures, ...]:
        """Measure WAV files, of each of which a part (start and end in seconds) was kept."""
        waves = [soundfile.read(clip, dtype="int16") for clip in clips]
        nearest = self._nearest([as_float(samples) for samples, _ in waves])
        figures: list[ClipFigures] = []
        for clip, (samples, rate_hz), near, trim in zip(clips, waves, nearest, trims, strict=True):
            found = health(samples, rate_hz, self.level_dbfs, run.recipe.frames.frame_samples)
            figures.append(
                ClipFigures(
                    name=clip.name,
                    relative_db=round(found.relative_db, 3),
                    drift_db=round(found.drift_db, 3),
                    flatness=round(found.flatness, 5),
                    edge_jump=None if found.edge_jump is None else round(found.edge_jump, 3),
                    repeat_similarity=round(found.repeat_similarity, 4),
                    verdict=found.verdict,
                    nearest_similarity=round(near.similarity, 4),
                    nearest_recording=self._training[near.recording].path,
                    nearest_offset_seconds=near.offset_seconds,
                    start_seconds=round(trim[0], 4),
                    end_seconds=round(trim[1], 4),
                )
            )
        return tuple(figures)
