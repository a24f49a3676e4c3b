"""The clips of an experiment, judged by number against held-out music: once for all models."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as record

from reverie.audio.folders import audio_in
from reverie.cached import Cached
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation.evaluate import evaluate
from reverie.evaluation.references import TooLittleHeldOutError
from reverie.evaluation.reports.page import FIGURES_FILE, write_evaluation
from reverie.evaluation.systems import System, read_systems
from reverie.records import read_record
from reverie.storage import file_sha256
from reverie.terminal import echo

FOLDER, ASKED, VERSION = "evaluation", "asked.json", 1
_READ = ConfigDict(extra="ignore", allow_inf_nan=False)

Number = Annotated[float, Field(strict=True)]


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


@dataclass(frozen=True)
class Judgement:
    """What the numbers say of every model's clips, or why they say nothing."""

    models: Mapping[str, Judged] = dataclasses.field(default_factory=dict[str, Judged])
    why_not: str = ""
    """Why nothing was judged; empty where all was."""
    failed: bool = False
    """Whether that is a fault, and not too little held-out music."""


@record(frozen=True, config=_READ)
class _System:
    """What is read of one system in the figures of an evaluation."""

    name: str
    verdict: str
    to_noise: Number | None
    copied: Annotated[int, Field(strict=True)]
    clips: tuple[object, ...]
    mmd: Number | None


@record(frozen=True, config=_READ)
class _Figures:
    """What is read of the figures of an evaluation."""

    systems: tuple[_System, ...]


def judge_models(
    folder: Path, corpus: Corpus, clips: dict[str, Path], seed: int, *, quiet: bool
) -> Judgement:
    """Judge the clips of each model, unless the same ones were judged before.

    Args:
        folder: the experiment's; `evaluation/` in it gets the report.
        corpus: split.
        clips: a folder of clips by model.
        seed: decides every draw.
        quiet: show no progress.
    """
    if not clips:
        return Judgement()
    try:
        return Judgement(_judged(folder, corpus, clips, seed, quiet=quiet))
    except TooLittleHeldOutError as error:
        return Judgement(why_not=str(error))
    except ReverieError as error:
        return Judgement(why_not=str(error), failed=True)


def _judged(
    folder: Path, corpus: Corpus, clips: dict[str, Path], seed: int, *, quiet: bool
) -> dict[str, Judged]:
    out = folder / FOLDER
    asked = {
        "corpus_hash": corpus.content_hash,
        "seed": seed,
        "clips": {
            model: {path.name: file_sha256(path) for path in audio_in(one)}
            for model, one in clips.items()
        },
    }
    # So long as just these clips were judged, and the figures are those that came of it.
    done: Cached[str] = Cached(out / ASKED, str, VERSION, json.dumps(asked))
    if not _is(out / FIGURES_FILE, done.read()):
        if not quiet:
            echo("judging the clips", err=True)
        systems = _named(read_systems(list(clips.values()), corpus), list(clips))
        found = evaluate(systems, corpus, seed, quiet=quiet)
        write_evaluation(found, systems, corpus, out)
        done.write(file_sha256(out / FIGURES_FILE))
    figures = read_record(out / FIGURES_FILE, _Figures, "the figures of an evaluation")
    return {
        one.name: Judged(one.verdict, one.to_noise, one.copied, len(one.clips), one.mmd)
        for one in figures.systems
    }


def _is(path: Path, sha256: str | None) -> bool:
    """Whether a file is there and has this hash."""
    try:
        return file_sha256(path) == sha256
    except OSError:
        return False


def _named(systems: list[System], names: list[str]) -> list[System]:
    return [dataclasses.replace(one, name=name) for one, name in zip(systems, names, strict=True)]
