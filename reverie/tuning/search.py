"""A search: trials in batches, the best of them judged again, and the best of these named.

A search's folder:

search.json          what is searched, and by what
frames/              a run that learns what the frames of all trials need
trials/<n>/          a run each, 0000 with the recipe's own settings
results/<n>.json     what became of a trial
finals/<n>-<seed>.json   a finalist's clips, judged once more
study.log            Optuna's journal
best.toml            the best recipe, as `reverie train --recipe` takes it
tables.json, search.html
"""

import dataclasses
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as record

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation.checkpoint_judge import LEAST_EXCERPTS, CheckpointJudge
from reverie.execution.choice import executor_for
from reverie.records import PathText, read_record
from reverie.runs.settings import Recipe
from reverie.settings import flat
from reverie.storage import only_one, write_json
from reverie.tuning.course import Course
from reverie.tuning.finals import Final, judge_finals
from reverie.tuning.settings import SearchSettings
from reverie.tuning.space import Space, own_values, with_values
from reverie.tuning.study import Study
from reverie.tuning.trial import Search, TrialResult

FORMAT = "reverie-search"
LATER = ("trials", "minutes", "finalists", "final_judgements")
"""Settings that a search may go on with other values of: they decide no trial that is done."""


@record(frozen=True, config=ConfigDict(extra="ignore", allow_inf_nan=False))
class _Begun:
    """What a search was begun with."""

    format: Literal["reverie-search"]
    settings: dict[str, Any]
    space: dict[str, Any]
    recipe: dict[str, Any]
    corpus: PathText
    corpus_hash: str
    threads: Annotated[int, Field(ge=1, le=1024)]


@dataclass(frozen=True)
class SearchOutcome:
    """What a search outcome."""

    folder: Path
    corpus: Corpus
    recipe: Recipe
    """Whose settings were searched."""
    name: str
    """Of this recipe."""
    space: Space
    settings: SearchSettings
    trials: tuple[TrialResult, ...]
    finals: tuple[Final, ...]
    """Those that were judged again, the best first."""

    @property
    def best(self) -> Recipe:
        """The recipe with the best settings."""
        return with_values(self.recipe, self.finals[0].trial.values, "the best settings")


def run_search(
    corpus_folder: Path,
    folder: Path,
    recipe: Recipe,
    name: str,
    space: Space,
    settings: SearchSettings,
    *,
    ray: str | None = None,
    quiet: bool = False,
) -> SearchOutcome:
    """Do what is missing of a search.

    What is tried, and what comes of it, is the same wherever the trials are done, where each ends
    by its epochs.

    Args:
        corpus_folder: a prepared corpus.
        folder: the search's own; on a cluster one that all nodes share.
        recipe: whose settings are searched.
        name: of the recipe.
        space: which settings, and where they may lie.
        settings: how.
        ray: the address of a Ray cluster that does the trials: see `RayExecutor`; None for this
            process.
        quiet: show no progress.

    Raises:
        ReverieError: `folder` holds another search, the corpus holds out too little music, no
            trial could be judged, Optuna is not installed, or there is no such cluster.
    """
    began = time.monotonic()
    corpus = Corpus.open(corpus_folder)
    recipe = recipe.for_channels(corpus.channels)
    _require_music(corpus, settings)
    with only_one(folder):
        threads = _claim(folder, recipe, space, settings, corpus)
        study = Study(folder, settings, space, own_values(recipe, space))
        with executor_for(ray, folder, quiet=quiet) as executor:
            search = Search(
                folder.resolve(),
                corpus.folder.resolve(),
                settings,
                threads,
                quiet=quiet or executor.is_remote,
            )
            course = Course(search, executor, study, recipe, began, quiet=quiet)
            trials = course.run()
            finals = judge_finals(search, executor, trials, quiet=quiet)
    return SearchOutcome(
        folder, corpus, recipe, name, space, settings, tuple(trials), tuple(finals)
    )


def _require_music(corpus: Corpus, settings: SearchSettings) -> None:
    judge = CheckpointJudge(corpus, clips=settings.clips, seconds=settings.seconds)
    if judge.excerpts < LEAST_EXCERPTS:
        raise ReverieError(
            f"{corpus.folder} holds out {judge.excerpts} times {settings.seconds:g} s of music, "
            f"and a search judges by {LEAST_EXCERPTS} times as much at least.",
            "Prepare more recordings, hold out more of them, or lower `seconds`.",
        )


def _claim(
    folder: Path, recipe: Recipe, space: Space, settings: SearchSettings, corpus: Corpus
) -> int:
    """Write down what this search is, or see that it is the one that was begun.

    Returns:
        the threads with which it computes: those that it was begun with, wherever it goes on.
    """
    path = folder / "search.json"
    threads = recipe.training.threads or torch.get_num_threads()
    about: dict[str, Any] = json.loads(
        json.dumps(
            {
                "format": FORMAT,
                "settings": dataclasses.asdict(settings),
                "space": {name: dataclasses.asdict(one) for name, one in space.items()},
                "recipe": dataclasses.asdict(recipe),
                "corpus": str(corpus.folder.resolve()),
                "corpus_hash": corpus.content_hash,
                "threads": threads,
            }
        )
    )
    if path.is_file():
        begun = read_record(path, _Begun, "a search")
        remedy = "Choose another `out` for a new search."
        if begun.corpus_hash != corpus.content_hash:
            raise ReverieError(f"{folder} was begun with another corpus.", remedy)
        for part in ("settings", "space", "recipe"):
            _require_same(folder, part, getattr(begun, part), about[part], remedy)
        about["threads"] = threads = begun.threads
    write_json(path, about)
    return threads


def _require_same(
    folder: Path, part: str, before: Mapping[str, Any], now: Mapping[str, Any], remedy: str
) -> None:
    was, wanted = flat(before), flat(now)
    for name in {**wanted, **was}:
        if name in LATER and part == "settings":
            continue
        if was.get(name) != wanted.get(name):
            shown = f"{part} {name}" if part == "space" else name
            raise ReverieError(
                f"{folder} was begun with {shown} = {was.get(name)}, not {wanted.get(name)}.",
                remedy,
            )
