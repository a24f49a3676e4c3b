"""What is known of a model that leaves: read from its run, nothing of it made up."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.export.evaluated import Evaluated, read_evaluated
from reverie.export.settings import ExportSettings
from reverie.frames.transforms import frame_spec
from reverie.models.trained import TrainedModel
from reverie.runs.files import CorpusRecord, LearntFrom, Parent, read_config, read_corpus_record
from reverie.runs.judgement import Judgement
from reverie.runs.metrics import EpochMetrics, read_metrics
from reverie.runs.progress import Progress
from reverie.runs.run import Run
from reverie.runs.settings import Recipe


@dataclass(frozen=True)
class ModelFacts:
    """What is known of a model, and how it was trained and measured."""

    name: str
    """Of the run."""
    licence: str
    """Under which it is given away; empty where none is named."""
    recipe: Recipe
    rate_hz: int
    parameters: int
    hop_seconds: float
    """Time from one frame to the next, at the rate."""
    unit: str
    """Of the losses."""
    created_by: str
    """`reverie` and the version that trained it."""
    torch: str
    """The version that it was trained with; empty where it is not known."""
    corpus: CorpusRecord
    progress: Progress
    """The place in training of the checkpoint."""
    metrics: Sequence[EpochMetrics]
    """Of all epochs that were trained."""
    judgement: Judgement | None
    """On clips of this checkpoint; None where none were judged."""
    parent: Parent | None
    """The run that it was begun from."""
    evaluated: Evaluated | None = None
    """What `reverie evaluate` found of its clips; None where it was not asked."""

    @property
    def held_out_loss(self) -> float | None:
        """After the checkpoint's epoch; None where it was not measured."""
        return next((one["held_out_loss"] for one in self._of_epoch), None)

    @property
    def _of_epoch(self) -> Sequence[EpochMetrics]:
        return [one for one in self.metrics if one["epoch"] == self.progress.epoch]


def model_facts(
    run: Run, trained: TrainedModel, progress: Progress, settings: ExportSettings
) -> ModelFacts:
    """Collect what is known of the model of a checkpoint.

    Args:
        run: the run.
        trained: its model.
        progress: of the checkpoint.
        settings: the licence, that of the run if none is named; and an evaluation.

    Raises:
        ReverieError: a file of the run or of the evaluation is damaged.
    """
    names = (run.name, progress.name)
    folder = settings.evaluation
    evaluated = read_evaluated(Path(folder), names) if folder else None
    config, recipe = read_config(run.folder), run.recipe
    metrics = read_metrics(run.metrics)
    judged = [
        Judgement(**one["judged"])
        for one in metrics
        if one["epoch"] == progress.epoch and "judged" in one
    ]
    return ModelFacts(
        name=run.name,
        licence=settings.licence or run.licence,
        recipe=recipe,
        rate_hz=run.rate_hz,
        parameters=sum(one.numel() for one in trained.model.parameters()),
        hop_seconds=frame_spec(recipe.frames, run.rate_hz).hop_samples / run.rate_hz,
        unit=trained.model.head.unit,
        created_by=config.created_by,
        torch=str(config.made_on.get("torch", "")),
        corpus=corpus_with_lengths(run),
        progress=progress,
        metrics=metrics,
        judgement=judged[0] if judged else None,
        parent=run.parent,
        evaluated=evaluated,
    )


def corpus_with_lengths(run: Run) -> CorpusRecord:
    """Return what a run says of its corpus, but for where it is.

    Where an old version did not keep the lengths of recordings, the corpus is asked, if it is
    found.

    Raises:
        ReverieError: what the run says is damaged.
    """
    about = read_corpus_record(run.folder)
    recordings = about.recordings
    if recordings and any(one.seconds is None for one in recordings):
        recordings = _measured(run, recordings)
    return dataclasses.replace(about, folder=None, relative=None, recordings=recordings)


def _measured(run: Run, recordings: tuple[LearntFrom, ...]) -> tuple[LearntFrom, ...]:
    try:
        corpus: Corpus = run.open_corpus()
    except ReverieError:
        return recordings
    seconds = {one.path: one.seconds for one in corpus.recordings}
    return tuple(
        LearntFrom(one.path, one.content_hash, one.split, seconds.get(one.path))
        for one in recordings
    )
