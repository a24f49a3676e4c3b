"""The pieces that an experiment's work consists of: each may be done by another machine.

A piece leaves what it makes in the experiment's folder, and does only what is missing of it.
"""

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path

from reverie.corpus.corpus import Corpus
from reverie.evaluation.health_reference import health_reference
from reverie.experiment.judging import Judgement, judge_models
from reverie.experiment.measures import ModelResult, measure_clips
from reverie.experiment.plan import needs_of, recipe_of, stops_minutes, until
from reverie.experiment.selection import part_held_out, selection_loss
from reverie.experiment.settings import ExperimentSettings
from reverie.generation.clips import generate_missing
from reverie.generation.settings import clip_settings
from reverie.generation.trim import trim_clip
from reverie.runs.metrics import read_metrics
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.runs.states import list_checkpoints, read_progress
from reverie.storage import write_json
from reverie.training.threads import with_threads
from reverie.training.train import train


@dataclass(frozen=True)
class Setup:
    """What all pieces of an experiment have in common."""

    folder: Path
    """The experiment's."""
    corpus: Path
    """The folder of the corpus."""
    settings: ExperimentSettings
    threads: int
    """With which everything is computed."""
    quiet: bool
    """Show no progress."""

    def run_folder(self, model: str) -> Path:
        """Where the run of a model lies."""
        return self.folder / "runs" / model

    def clips_at(self, model: str, epoch: int) -> Path:
        """Where a model's clips of a checkpoint lie."""
        return self.folder / "clips" / model / f"epoch-{epoch:05d}"

    def result_path(self, model: str) -> Path:
        """Where the figures of a model that is done lie."""
        return self.folder / "results" / f"{model}.json"


@dataclass(frozen=True)
class Trained:
    """A model whose training is over."""

    model: str
    losses: dict[int, float]
    """On the selection recordings, by the epochs that clips may be made at."""

    @property
    def chosen_epoch(self) -> int:
        """The epoch of the lowest loss; of equal ones the earliest."""
        return min(self.losses, key=lambda epoch: (self.losses[epoch], epoch))

    def clip_epochs(self, settings: ExperimentSettings) -> tuple[int, ...]:
        """The epochs that clips are made at."""
        return tuple(self.losses) if settings.protocol == "paper" else (self.chosen_epoch,)


def train_model(setup: Setup, model: str) -> Trained:
    """Train a model, and measure its checkpoints on the selection recordings."""
    with with_threads(setup.threads):
        corpus = Corpus.open(setup.corpus)
        held_out = part_held_out(corpus)
        run = _train(corpus, setup, model)
        losses: dict[int, float] = {}
        candidates = _candidates(run, setup.settings)
        for checkpoint in list_checkpoints(run.folder):
            epoch = read_progress(checkpoint).epoch
            if epoch in candidates:
                losses[epoch] = selection_loss(run, checkpoint, corpus, held_out)
        return Trained(model, losses)


def make_clips(setup: Setup, model: str, epoch: int) -> float | None:
    """Make a model's clips at a checkpoint.

    Returns:
        seconds of audio a second, all clips at once; None where they were not made in one go.
    """
    settings = setup.settings
    with with_threads(setup.threads):
        run = Run.open(setup.run_folder(model))
        held_out = part_held_out(Corpus.open(setup.corpus))
        wanted = clip_settings(
            run.recipe.generation,
            {
                "seconds": settings.seconds,
                "count": settings.clips,
                "seed": settings.seed,
                "prompt_recordings": tuple(one.path for one in held_out.prompts),
            },
        )
        clips = setup.clips_at(model, epoch)
        asked = dataclasses.replace(wanted, checkpoint=str(epoch))
        fresh, began = not clips.exists(), time.monotonic()
        generate_missing(run, asked, clips, pictures=False, quiet=setup.quiet)
        taken = time.monotonic() - began
    return settings.clips * settings.seconds / taken if fresh else None


def conclude(setup: Setup, trained: Trained, speed: float | None) -> ModelResult:
    """Trim and measure the clips of the chosen checkpoint, and write the model's result down.

    Args:
        setup: the experiment.
        trained: the model, all of whose clips are made.
        speed: at which those of the chosen checkpoint were made.
    """
    model, chosen = trained.model, trained.chosen_epoch
    with with_threads(setup.threads):
        run, pool = Run.open(setup.run_folder(model)), setup.folder / "pool" / model
        folder = setup.clips_at(model, chosen)
        clips = [folder / f"{number:03d}.wav" for number in range(1, setup.settings.clips + 1)]
        trims = [trim_clip(clip, pool / clip.name, None, None) for clip in clips]
        reference = health_reference(Corpus.open(setup.corpus))
        measured = measure_clips(clips, run, reference, trims)
    metrics, needs = read_metrics(run.metrics), needs_of(run.recipe, run.rate_hz)
    result = ModelResult(
        model=model,
        parameters=needs.parameters,
        operations=needs.operations,
        epochs=metrics[-1]["epoch"],
        train_loss=metrics[-1]["train_loss"],
        held_out_loss=next(
            line["held_out_loss"] for line in reversed(metrics) if line["held_out_loss"] is not None
        ),
        selection_losses=trained.losses,
        chosen_epoch=chosen,
        clips=measured,
        seconds=metrics[-1]["seconds"],
        speed=speed,
    )
    write_json(setup.result_path(model), dataclasses.asdict(result))
    return result


def judge(setup: Setup, clips: dict[str, Path]) -> Judgement:
    """Judge the clips of all models by number."""
    with with_threads(setup.threads):
        corpus = Corpus.open(setup.corpus)
        return judge_models(setup.folder, corpus, clips, setup.settings.seed, quiet=setup.quiet)


def _train(corpus: Corpus, setup: Setup, model: str) -> Run:
    settings, folder = setup.settings, setup.run_folder(model)
    recipe = recipe_of(settings, model, corpus.rate_hz)
    if settings.budget != "time":
        return train(corpus.folder, recipe, folder, quiet=setup.quiet)
    kept: tuple[int, ...] = ()
    run: Run | None = None
    for minutes in stops_minutes(settings):
        stage: Recipe = until(recipe, minutes, kept)
        run = train(corpus.folder, stage, folder, quiet=setup.quiet)
        kept = tuple(sorted({*kept, _stop_epoch(run, minutes)}))
    assert run is not None
    return Run.create(folder, until(recipe, settings.minutes, kept), corpus)


def _stop_epoch(run: Run, minutes: float) -> int:
    """The epoch in which `minutes` of training ran out, found again in a run that went further."""
    for line in read_metrics(run.metrics):
        if line["seconds"] >= 60 * minutes:
            return line["epoch"]
    return _last_epoch(run)


def _candidates(run: Run, settings: ExperimentSettings) -> set[int]:
    """The epochs that clips may be made at: of the paper's models none for its loss alone."""
    last = read_progress(run.find_checkpoint())
    if settings.protocol == "variants":
        return {last.epoch, last.best_saved_epoch}
    return {*run.recipe.training.keep_epochs, last.epoch}


def _last_epoch(run: Run) -> int:
    return read_progress(run.find_checkpoint()).epoch
