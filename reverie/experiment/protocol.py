"""Section 4 of the paper for one model after another: train, make clips, choose, pool, trim.

An experiment's folder:

experiment.json     its settings, and the corpus by its hash
runs/<model>/       a run each
clips/<model>/<checkpoint>/<n>.wav   clips with their provenance
pool/<model>/<n>.wav                 those of the chosen checkpoint, trimmed
results/<model>.json                 the figures of a model that is done, or why it failed
evaluation/                          all models' clips, judged by number
tables.json, report.html, report.md, figures/
"""

import dataclasses
import json
import time
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as record

from reverie.corpus.corpus import MANIFEST, Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PAPER_RATE_HZ, PrepareSettings
from reverie.errors import ReverieError
from reverie.evaluation.health_reference import health_reference
from reverie.experiment.estimate import Spent
from reverie.experiment.judging import Judgement, judge_models
from reverie.experiment.measures import ModelResult, measure_clips
from reverie.experiment.plan import needs_of, recipe_of, stops_minutes, until
from reverie.experiment.selection import HeldOut, part_held_out, selection_loss
from reverie.experiment.settings import ExperimentSettings
from reverie.generation.clips import generate_missing
from reverie.generation.room import require_disk
from reverie.generation.settings import GenerationSettings, clip_settings
from reverie.generation.trim import trim_clip
from reverie.legacy import translate_experiment
from reverie.records import PathText, as_record, read_json
from reverie.runs.metrics import read_metrics
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.runs.states import list_checkpoints, read_progress
from reverie.storage import only_one, write_json
from reverie.terminal import echo
from reverie.training.train import train

FORMAT = "reverie-experiment"


@record(frozen=True, config=ConfigDict(extra="ignore", allow_inf_nan=False))
class _Begun:
    """What an experiment was begun with."""

    format: Literal["reverie-experiment"]
    settings: dict[str, Any]
    corpus: PathText
    corpus_hash: str


@dataclasses.dataclass(frozen=True)
class Experiment:
    """What an experiment found."""

    folder: Path
    settings: ExperimentSettings
    corpus: Corpus
    held_out: HeldOut
    results: tuple[ModelResult, ...]
    failed: dict[str, str]
    """Models that could not be finished, and why."""
    judged: Judgement
    """What the numbers say of each model's clips, or why they say nothing."""

    def run_of(self, model: str) -> Run:
        """The run of a model that is done."""
        return Run.open(self.folder / "runs" / model)


def run_experiment(
    source: Path, folder: Path, settings: ExperimentSettings, *, quiet: bool = False
) -> Experiment:
    """Do what is missing of an experiment.

    Args:
        source: a prepared corpus, or a folder of recordings, which is prepared first.
        folder: the experiment's own.
        settings: what is compared.
        quiet: show no progress.

    Raises:
        ReverieError: `folder` holds another experiment, or the corpus cannot be used. A model
            that fails does not end the experiment.
    """
    with only_one(folder):
        corpus = _corpus(source, folder, quiet=quiet)
        _claim(folder, settings, corpus)
        _require_disk(folder, settings, corpus)
        held_out = part_held_out(corpus)
        results: list[ModelResult] = []
        failed: dict[str, str] = {}
        spent = Spent(corpus.rate_hz)
        for number, model in enumerate(settings.models, 1):
            done = _known(folder, model)
            if done is None:
                left = spent.remaining(settings, settings.models[number - 1 :])
                _say(f"model {number} of {len(settings.models)}: {model}{left}", quiet=quiet)
                try:
                    began = time.monotonic()
                    done = _do(folder, settings, model, corpus, held_out, quiet=quiet)
                    spent.note(settings, model, time.monotonic() - began)
                except (ReverieError, MemoryError) as error:
                    failed[model] = str(error) or "there was not enough memory"
                    _say(f"{model} failed: {failed[model]}", quiet=quiet)
                    continue
            results.append(done)
        clips = {one.model: chosen_clips(folder, one) for one in results}
        judged = judge_models(folder, corpus, clips, settings.seed, quiet=quiet)
        if judged.why_not:
            _say(f"the clips are not judged: {judged.why_not}", quiet=quiet)
    return Experiment(folder, settings, corpus, held_out, tuple(results), failed, judged)


def chosen_clips(folder: Path, result: ModelResult) -> Path:
    """Where a model's clips of the chosen checkpoint lie in the experiment's folder."""
    return _clips_at(folder, result.model, result.chosen_epoch)


def _clips_at(folder: Path, model: str, epoch: int) -> Path:
    return folder / "clips" / model / f"epoch-{epoch:05d}"


def _do(
    folder: Path,
    settings: ExperimentSettings,
    model: str,
    corpus: Corpus,
    held_out: HeldOut,
    *,
    quiet: bool,
) -> ModelResult:
    """Everything of one model; its last file is its result."""
    run = _train(corpus, settings, model, folder / "runs" / model, quiet=quiet)
    wanted = clip_settings(
        run.recipe.generation,
        {
            "seconds": settings.seconds,
            "count": settings.clips,
            "seed": settings.seed,
            "prompt_recordings": tuple(one.path for one in held_out.prompts),
        },
    )
    losses: dict[int, float] = {}
    candidates = _candidates(run, settings)
    for checkpoint in list_checkpoints(run.folder):
        epoch = read_progress(checkpoint).epoch
        if epoch in candidates:
            losses[epoch] = selection_loss(run, checkpoint, corpus, held_out)
    chosen = min(losses, key=lambda epoch: (losses[epoch], epoch))
    made: dict[int, list[Path]] = {}
    speed: float | None = None
    for epoch in losses if settings.protocol == "paper" else (chosen,):
        clips = _clips_at(folder, model, epoch)
        asked = dataclasses.replace(wanted, checkpoint=str(epoch))
        fresh, began = not clips.exists(), time.monotonic()
        made[epoch] = generate_missing(run, asked, clips, pictures=False, quiet=quiet)
        if epoch == chosen and fresh:
            speed = settings.clips * settings.seconds / (time.monotonic() - began)
    pool = folder / "pool" / model
    trims = [trim_clip(clip, pool / clip.name, None, None) for clip in made[chosen]]
    metrics = read_metrics(run.metrics)
    needs = needs_of(run.recipe, run.rate_hz)
    result = ModelResult(
        model=model,
        parameters=needs.parameters,
        operations=needs.operations,
        epochs=metrics[-1]["epoch"],
        train_loss=metrics[-1]["train_loss"],
        held_out_loss=next(
            line["held_out_loss"] for line in reversed(metrics) if line["held_out_loss"] is not None
        ),
        selection_losses=losses,
        chosen_epoch=chosen,
        clips=measure_clips(made[chosen], run, health_reference(corpus), trims),
        seconds=metrics[-1]["seconds"],
        speed=speed,
    )
    write_json(_result_path(folder, model), dataclasses.asdict(result))
    return result


def _train(
    corpus: Corpus, settings: ExperimentSettings, model: str, folder: Path, *, quiet: bool
) -> Run:
    recipe = recipe_of(settings, model, corpus.rate_hz)
    if settings.budget != "time":
        return train(corpus.folder, recipe, folder, quiet=quiet)
    kept: tuple[int, ...] = ()
    run: Run | None = None
    for minutes in stops_minutes(settings):
        stage: Recipe = until(recipe, minutes, kept)
        run = train(corpus.folder, stage, folder, quiet=quiet)
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


def _corpus(source: Path, folder: Path, *, quiet: bool) -> Corpus:
    if source.is_dir() and not (source / MANIFEST).is_file():
        settings = PrepareSettings(rate_hz=PAPER_RATE_HZ, channels=1)
        return prepare(source, folder / "corpus", settings, quiet=quiet)
    return Corpus.open(source)


def _require_disk(folder: Path, settings: ExperimentSettings, corpus: Corpus) -> None:
    """See that there is room for the clips of all models to come, before the first is trained."""
    left = [model for model in settings.models if not _result_path(folder, model).is_file()]
    # At every checkpoint, and those of the chosen one again in the pool.
    sets = len(left) * (len(stops_minutes(settings)) + 1)
    clips = GenerationSettings(seconds=settings.seconds)
    require_disk(folder, sets * settings.clips, clips, corpus.rate_hz, corpus.channels)


def _claim(folder: Path, settings: ExperimentSettings, corpus: Corpus) -> None:
    """Write down what this experiment is, or see that it is the one that was begun."""
    path = folder / "experiment.json"
    # More models may be asked for later; everything else decides what was done already.
    asked = json.loads(json.dumps(dataclasses.asdict(settings)))
    models = asked.pop("models")
    about: dict[str, Any] = {
        "format": FORMAT,
        "settings": asked,
        "corpus": str(corpus.folder.resolve()),
        "corpus_hash": corpus.content_hash,
    }
    if path.is_file():
        read: object = read_json(path, "an experiment")
        if isinstance(read, dict):
            read = translate_experiment(cast(dict[str, Any], read), corpus.rate_hz)
        begun = as_record(cast(object, read), _Begun, str(path))
        remedy = "Choose another `out` for a new experiment."
        if begun.corpus_hash != corpus.content_hash:
            raise ReverieError(f"{folder} was begun with another corpus.", remedy)
        before = json.loads(json.dumps(begun.settings))
        for name in {**asked, **before}:
            if before.get(name) != asked.get(name):
                raise ReverieError(
                    f"{folder} was begun with {name} = {before.get(name)}, not {asked.get(name)}.",
                    remedy,
                )
    write_json(path, about | {"models": models})


def _known(folder: Path, model: str) -> ModelResult | None:
    path = _result_path(folder, model)
    return ModelResult.read(path, model) if path.is_file() else None


def _result_path(folder: Path, model: str) -> Path:
    return folder / "results" / f"{model}.json"


def _say(text: str, *, quiet: bool) -> None:
    if not quiet:
        echo(text, err=True)
