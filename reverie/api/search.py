"""Searches for the settings of a recipe, as scripts hold them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reverie.api.corpus import Corpus, corpus_of
from reverie.api.keywords import PathLike, Settings, dotted, path_of
from reverie.records import read_json
from reverie.runs.settings import Recipe
from reverie.settings import build
from reverie.training.recipe import load_recipe
from reverie.tuning.report import BEST, TABLES, lines, write_report
from reverie.tuning.search import SearchOutcome, run_search
from reverie.tuning.settings import SearchSettings
from reverie.tuning.space import Space, default_space, read_space, space_of
from reverie.tuning.trial import TrialResult

DEFAULT_RECIPE = "codes"


class Search:
    """Trials of settings, and the best of them.

    Args:
        outcome: what was done.
    """

    def __init__(self, outcome: SearchOutcome) -> None:
        self._outcome = outcome
        self.page = write_report(outcome)
        """Its report."""

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self._outcome.folder

    @property
    def best(self) -> Path:
        """The recipe with the best settings, a TOML file that `train` takes."""
        return self.folder / BEST

    @property
    def best_recipe(self) -> Recipe:
        """The same, opened."""
        return self._outcome.best

    @property
    def best_values(self) -> Mapping[str, Any]:
        """The best settings alone, by dotted name: those of the recipe itself where none are
        nearer to music."""
        return self._outcome.finals[0].trial.values

    @property
    def trials(self) -> Sequence[TrialResult]:
        """Every trial in its order; the first has the recipe's own settings."""
        return self._outcome.trials

    def lines(self) -> list[str]:
        """Say what was outcome, line by line."""
        return lines(self._outcome)

    def tables(self) -> dict[str, Any]:
        """All its figures, as plain values.

        Raises:
            ReverieError: the file is gone or damaged.
        """
        return dict(read_json(self.folder / TABLES, "tables"))


def search(
    corpus: Corpus | PathLike,
    recipe: str | PathLike | None = None,
    out: PathLike | None = None,
    settings: Settings | None = None,
    *,
    space: Mapping[str, Any] | PathLike | None = None,
    changes: Settings | None = None,
    ray: str | None = None,
    progress: bool = False,
    **keywords: Any,
) -> Search:
    """Search for the settings of a recipe whose clips are nearest to music.

    Each trial trains a run by settings of its own, chosen by Optuna from what came of the trials
    before, and is judged by clips: their distance from held-out music, whether they copy, whether
    they are sound. The first trial has the recipe's own settings. The best few are judged again by
    other clips before one is named. Stopped and called again, it does only what is missing; what is
    tried does not depend on where the trials run, and neither does what comes of them where each
    ends by its epochs.

    Args:
        corpus: a corpus, its folder, or a folder of recordings, which is prepared first.
        recipe: the name of a recipe, or the path of one in TOML; `codes` if not given.
        out: the search's folder; `CORPUS-search-RECIPE` in the current folder if not given.
        settings: of `SearchSettings`, by name.
        space: which settings are searched and where they may lie: the path of a TOML file, or a
            dict such as `{"training.learning_rate": {"low": 1e-3, "high": 1e-2, "log": True},
            "model.hidden": [512, 768]}`. If not given: the learning rate, the width and the
            dropout, and over codes how they are drawn, around the recipe's own values.
        changes: settings of the recipe that differ in all trials, by dotted name; how long each
            trains, above all: `{"training.minutes": 2}`.
        ray: as in `run_experiment`, for trials and judgements.
        progress: show it on stderr.
        **keywords: settings, such as `trials=40, minutes=60`.

    Raises:
        ReverieError: a setting does not fit, the corpus holds out too little music, `out` holds
            another search, no trial could be judged, Optuna is not installed, or there is no such
            cluster.
    """
    chosen = build(SearchSettings, dotted(SearchSettings, settings, keywords, "search"), "search")
    opened = corpus_of(corpus, ray=ray, progress=progress).opened
    name = path_of(recipe or DEFAULT_RECIPE, "recipe", "a recipe's name")
    base = load_recipe(
        str(name), dotted(Recipe, changes, {}, "search: changes"), opened.rate_hz
    ).for_channels(opened.channels)
    folder = (
        Path(f"{opened.folder.resolve().name}-search-{name.stem}")
        if out is None
        else path_of(out, "out")
    )
    ranges = _space(space, base)
    outcome = run_search(
        opened.folder, folder, base, name.stem, ranges, chosen, ray=ray, quiet=not progress
    )
    return Search(outcome)


def _space(space: Mapping[str, Any] | PathLike | None, recipe: Recipe) -> Space:
    if space is None:
        return default_space(recipe)
    if isinstance(space, Mapping):
        return space_of(space, recipe, "space")
    return read_space(path_of(space, "space", "a dict of ranges"), recipe)
