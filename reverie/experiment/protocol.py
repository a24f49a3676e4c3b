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
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import torch
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as record

from reverie.corpus.corpus import MANIFEST, Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PAPER_RATE_HZ, PrepareSettings
from reverie.errors import ReverieError
from reverie.execution.choice import executor_for
from reverie.execution.task import Executor, Task
from reverie.experiment.course import Course
from reverie.experiment.judging import Judgement
from reverie.experiment.measures import ModelResult
from reverie.experiment.pieces import Setup, judge
from reverie.experiment.plan import recipe_of, stops_minutes
from reverie.experiment.selection import HeldOut, part_held_out
from reverie.experiment.settings import ExperimentSettings
from reverie.generation.room import require_disk
from reverie.generation.settings import GenerationSettings
from reverie.legacy import translate_experiment
from reverie.records import PathText, as_record, read_json
from reverie.runs.run import Run
from reverie.storage import only_one, write_json
from reverie.terminal import echo

FORMAT = "reverie-experiment"


@record(frozen=True, config=ConfigDict(extra="ignore", allow_inf_nan=False))
class _Begun:
    """What an experiment was begun with."""

    format: Literal["reverie-experiment"]
    settings: dict[str, Any]
    corpus: PathText
    corpus_hash: str
    threads: Annotated[int, Field(ge=0, le=1024)] = 0
    """With which it computes; 0 where an older version did not say."""


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
    source: Path,
    folder: Path,
    settings: ExperimentSettings,
    *,
    ray: str | None = None,
    quiet: bool = False,
) -> Experiment:
    """Do what is missing of an experiment.

    The tables are the same wherever its pieces are done, where every model ends by its epochs.

    Args:
        source: a prepared corpus, or a folder of recordings, which is prepared first.
        folder: the experiment's own; on a cluster one that all nodes share.
        settings: what is compared.
        ray: the address of a Ray cluster that does the pieces: see `RayExecutor`; None for this
            process.
        quiet: show no progress.

    Raises:
        ReverieError: `folder` holds another experiment, the corpus cannot be used, or there is no
            such cluster. A model that fails does not end the experiment.
    """
    with only_one(folder):
        corpus = _corpus(source, folder, ray, quiet=quiet)
        threads = _claim(folder, settings, corpus)
        _require_disk(folder, settings, corpus)
        held_out = part_held_out(corpus)
        with executor_for(ray, folder, quiet=quiet) as executor:
            where = folder.resolve(), corpus.folder.resolve()
            setup = Setup(*where, settings, threads, quiet=quiet or executor.is_remote)
            course = Course(setup, executor, corpus.rate_hz, quiet=quiet)
            course.run()
            results = [course.results[one] for one in settings.models if one in course.results]
            failed = {one: course.failed[one] for one in settings.models if one in course.failed}
            judged = _judged(executor, setup, results)
        if judged.why_not:
            _say(f"the clips are not judged: {judged.why_not}", quiet=quiet)
    return Experiment(folder, settings, corpus, held_out, tuple(results), failed, judged)


def _judged(executor: Executor, setup: Setup, results: Sequence[ModelResult]) -> Judgement:
    """Judge the clips of all models, where the pieces are done."""
    if not results:
        return Judgement()
    clips = {one.model: chosen_clips(setup.folder, one) for one in results}
    executor.submit(Task("judge", judge, (setup, clips), setup.threads))
    done = executor.next()
    return Judgement(why_not=done.failed, failed=True) if done.failed else done.value


def chosen_clips(folder: Path, result: ModelResult) -> Path:
    """Where a model's clips of the chosen checkpoint lie in the experiment's folder."""
    return folder / "clips" / result.model / f"epoch-{result.chosen_epoch:05d}"


def _corpus(source: Path, folder: Path, ray: str | None, *, quiet: bool) -> Corpus:
    if source.is_dir() and not (source / MANIFEST).is_file():
        settings = PrepareSettings(rate_hz=PAPER_RATE_HZ, channels=1)
        return prepare(source, folder / "corpus", settings, ray=ray, quiet=quiet)
    return Corpus.open(source)


def _require_disk(folder: Path, settings: ExperimentSettings, corpus: Corpus) -> None:
    """See that there is room for the clips of all models to come, before the first is trained."""
    left = [
        model for model in settings.models if not (folder / "results" / f"{model}.json").is_file()
    ]
    # At every checkpoint, and those of the chosen one again in the pool.
    sets = len(left) * (len(stops_minutes(settings)) + 1)
    clips = GenerationSettings(seconds=settings.seconds)
    require_disk(folder, sets * settings.clips, clips, corpus.rate_hz, corpus.channels)


def _claim(folder: Path, settings: ExperimentSettings, corpus: Corpus) -> int:
    """Write down what this experiment is, or see that it is the one that was begun.

    Returns:
        the threads with which it computes: those that it was begun with, wherever it goes on.
    """
    path, threads = folder / "experiment.json", _threads(settings, corpus)
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
        threads = begun.threads or threads
    write_json(path, about | {"models": models, "threads": threads})
    return threads


def _threads(settings: ExperimentSettings, corpus: Corpus) -> int:
    recipe = recipe_of(settings, settings.models[0], corpus.rate_hz)
    return recipe.training.threads or torch.get_num_threads()


def _say(text: str, *, quiet: bool) -> None:
    if not quiet:
        echo(text, err=True)
