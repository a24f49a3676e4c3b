"""The clips of an experiment, judged by number against held-out music: once for all models."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation.evaluate import evaluate
from reverie.evaluation.report import FIGURES_FILE, write_evaluation
from reverie.evaluation.systems import System, read_systems
from reverie.records import read_json
from reverie.storage import write_json
from reverie.terminal import echo

FOLDER, ASKED = "evaluation", "asked.json"


@dataclass(frozen=True)
class Judged:
    """What the numbers say of one model's clips."""

    verdict: str
    to_noise: float | None
    """0 at real music, 1 at noise of its spectrum; None where there are too few clips."""
    copied: int
    clips: int
    mmd: float | None = None
    """Discrepancy from held-out music, of the embedding that decides; None likewise."""


def judge_models(
    folder: Path, corpus: Corpus, clips: dict[str, Path], rng_seed: int, *, quiet: bool
) -> dict[str, Judged]:
    """Judge the clips of each model, unless the same ones were judged before.

    Args:
        folder: the experiment's; `evaluation/` in it gets the report.
        corpus: split.
        clips: a folder of clips by model.
        rng_seed: decides every draw.
        quiet: show no progress.

    Returns:
        by model; nothing where there is too little held-out music.
    """
    if not clips:
        return {}
    out = folder / FOLDER
    asked = {model: _relative(one, folder) for model, one in clips.items()}
    done = out / ASKED
    if not (done.is_file() and read_json(done, "an evaluation") == asked):
        if not quiet:
            echo("judging the clips", err=True)
        try:
            systems = _named(read_systems(list(clips.values()), corpus), list(clips))
            found = evaluate(systems, corpus, rng_seed, quiet=quiet)
        except ReverieError:
            return {}
        write_evaluation(found, systems, corpus, out)
        write_json(done, asked)
    told = read_json(out / FIGURES_FILE, "an evaluation")
    return {one["name"]: _judged(one) for one in told["systems"]}


def _judged(told: dict[str, Any]) -> Judged:
    return Judged(
        told["verdict"], told["to_noise"], told["copied"], len(told["clips"]), told.get("mmd")
    )


def _named(systems: list[System], names: list[str]) -> list[System]:
    return [dataclasses.replace(one, name=name) for one, name in zip(systems, names, strict=True)]


def _relative(clips: Path, folder: Path) -> str:
    return clips.relative_to(folder).as_posix()
