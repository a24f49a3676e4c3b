"""Comparisons of models, as scripts hold them."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from reverie.api.corpus import Corpus
from reverie.api.keywords import PathLike, Settings, dotted, path_of
from reverie.corpus.settings import PAPER_RATE_HZ, PrepareSettings
from reverie.experiment.measures import ModelResult
from reverie.experiment.protocol import Experiment as Finished
from reverie.experiment.protocol import run_experiment as run
from reverie.experiment.report import write_report
from reverie.experiment.settings import ENTRANTS, ExperimentSettings
from reverie.models.notes import PAPER_SAYS
from reverie.models.settings import Architecture
from reverie.records import read_json
from reverie.runs.settings import Recipe
from reverie.settings import build
from reverie.training.preflight import estimate_needs
from reverie.training.recipe import load_recipe


@dataclass(frozen=True)
class ArchitectureCost:
    """An architecture, and what it takes."""

    architecture: str
    parameters: int
    by_part: dict[str, int]
    """Parameters of the front, the core and the head."""
    memory_bytes: int
    """At the peak of a training step."""
    operations: int
    """Of floating point in a training step."""
    paper: str
    """What the paper says of it, in a line."""


class Experiment:
    """Models that were trained, generated from and judged on the same terms.

    Args:
        finished: what was done.
    """

    def __init__(self, finished: Finished) -> None:
        self._finished = finished
        self.page = write_report(finished)
        """Its report."""

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self._finished.folder

    @property
    def results(self) -> Sequence[ModelResult]:
        """Of each model that was finished: losses, chosen epoch, level, verdicts."""
        return self._finished.results

    @property
    def failed(self) -> Mapping[str, str]:
        """Models that were not finished, and why."""
        return self._finished.failed

    @property
    def not_judged(self) -> str:
        """Why the clips were not judged by number; empty where they were."""
        judged = self._finished.judged
        return judged.why_not if judged.failed else ""

    def lines(self) -> list[str]:
        """Say what each model came to, line by line."""
        return [
            f"{result.model:14} held-out loss {result.held_out_loss:.4f}, clips from epoch "
            f"{result.chosen_epoch}: {result.level_db:+.1f} dB, {result.verdicts}"
            for result in self.results
        ]

    def tables(self) -> dict[str, Any]:
        """All its figures, as plain values.

        Raises:
            ReverieError: the file is gone or damaged.
        """
        return dict(read_json(self.folder / "tables.json", "tables"))


def run_experiment(
    protocol: str,
    corpus: Corpus | PathLike,
    out: PathLike | None = None,
    settings: Settings | None = None,
    *,
    ray: str | None = None,
    progress: bool = False,
    **keywords: Any,
) -> Experiment:
    """Compare models on one corpus, and write a report.

    Stopped and called again, it does only what is missing. Its tables do not depend on where it is
    done, unless time ends the training of its models.

    Args:
        protocol: `paper`, section 4 of the paper; or `variants`, its models against the same
            with an adversary and over codes, for the same time.
        corpus: a corpus, its folder, or a folder of recordings, which is prepared first.
        out: the experiment's folder; `CORPUS-experiment-SCALE` in the current folder if not given.
        settings: of `ExperimentSettings`, by name.
        ray: the address of a Ray cluster over which models and their clips are spread: `host:port`;
            `auto` for the one that this machine is part of; `local` for one of this machine alone.
            All nodes need `corpus` and `out` under the same path. None for this process alone.
        progress: show it on stderr.
        **keywords: settings, such as `scale="smoke", models=("baseline", "bilinear")`.

    Raises:
        ReverieError: a setting does not fit, the corpus does not, or there is no such cluster.
    """
    chosen = dotted(ExperimentSettings, settings, keywords, "experiment")
    chosen["protocol"] = protocol
    chosen.setdefault("budget", "time" if protocol == "variants" else "epochs")
    chosen.setdefault("models", ENTRANTS.get(protocol, ENTRANTS["paper"]))
    made = build(ExperimentSettings, chosen, "experiment")
    source = corpus.folder if isinstance(corpus, Corpus) else path_of(corpus, "corpus", "a Corpus")
    name = made.scale if protocol == "paper" else protocol
    folder = (
        path_of(out, "out")
        if out is not None
        else Path(f"{source.resolve().name}-experiment-{name}")
    )
    return Experiment(run(source, folder, made, ray=ray, quiet=not progress))


def architectures(
    recipe: str | PathLike = "paper",
    settings: Settings | None = None,
    *,
    rate_hz: int = PAPER_RATE_HZ,
    **keywords: Any,
) -> list[ArchitectureCost]:
    """Count what each architecture takes in a recipe.

    Args:
        recipe: the name of a recipe, or the path of one in TOML.
        settings: of the recipe, by dotted name.
        rate_hz: of the corpus that it would learn from; if not given, what `prepare` makes.
        **keywords: settings of the recipe.

    Raises:
        ReverieError: there is no such recipe, a setting does not fit, or no corpus has such a rate.
    """
    path_of(recipe, "recipe", "a recipe's name")
    build(PrepareSettings, {"rate_hz": rate_hz}, "architectures")
    chosen = load_recipe(recipe, dotted(Recipe, settings, keywords, "architectures"), rate_hz)
    found: list[ArchitectureCost] = []
    for name in get_args(Architecture):
        model = dataclasses.replace(chosen.model, architecture=name)
        needs = estimate_needs(dataclasses.replace(chosen, model=model), rate_hz, Path.cwd())
        found.append(
            ArchitectureCost(
                architecture=name,
                parameters=needs.parameters,
                by_part=needs.by_part,
                memory_bytes=needs.memory_bytes,
                operations=needs.operations,
                paper=PAPER_SAYS[name],
            )
        )
    return found
