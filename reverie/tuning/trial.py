"""A trial: a run with settings of its own, whose clips are judged on the way and at its end."""

import dataclasses
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass as record

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation.checkpoint_judge import CheckpointJudge
from reverie.evaluation.distances.mmd import SCALE
from reverie.records import RECORD, read_record
from reverie.runs.judgement import Judgement
from reverie.runs.metrics import read_metrics
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.runs.states import list_checkpoints, read_progress
from reverie.storage import only_one, replacing, write_json
from reverie.training.observers import Observer
from reverie.training.threads import with_threads
from reverie.training.train import fit_frames, train
from reverie.tuning.pruning import Before, is_hopeless
from reverie.tuning.settings import SearchSettings

COPIES = SCALE
"""What clips that copy more than music does are held to be further away by: more than any are."""

Count = Annotated[int, Field(ge=0)]


@record(frozen=True, config=RECORD)
class TrialResult:
    """A trial that is over."""

    number: Count
    values: dict[str, bool | int | float | str]
    """Its settings, of those that are searched."""
    judged: dict[Count, Judgement] = dataclasses.field(default_factory=dict[int, Judgement])
    """Its clips at each epoch that they were judged at."""
    kept_epoch: Count = 0
    """The one of them that is kept, by the rule of every training; 0 for none."""
    epochs: Count = 0
    """That it was trained for."""
    pruned: bool = False
    """Whether it was ended early."""
    failed: str = ""
    """Why it has no clips, in words; empty where it has."""

    @property
    def scores(self) -> tuple[float, ...]:
        """Those of its judgements, in order."""
        return tuple(score(self.judged[epoch]) for epoch in sorted(self.judged))

    @property
    def score(self) -> float | None:
        """That of the epoch that is kept; None where no clips were judged."""
        return score(self.judged[self.kept_epoch]) if self.kept_epoch else None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.judged and self.kept_epoch not in self.judged:
            raise ValueError("kept_epoch is none of those judged")
        return self


@dataclass(frozen=True)
class Search:
    """What all pieces of a search have in common."""

    folder: Path
    corpus: Path
    settings: SearchSettings
    threads: int
    quiet: bool

    @property
    def frames(self) -> Path:
        """The run that learns what the frames of all trials need."""
        return self.folder / "frames"

    def trial(self, number: int) -> Path:
        """The run of a trial."""
        return self.folder / "trials" / f"{number:04d}"

    def result(self, number: int) -> Path:
        """Where the result of a trial lies."""
        return self.folder / "results" / f"{number:04d}.json"

    def final(self, number: int, seed: int) -> Path:
        """Where a judgement of a finalist lies."""
        return self.folder / "finals" / f"{number:04d}-{seed}.json"


def score(judgement: Judgement) -> float:
    """How far clips are from music, lower being nearer: what a search makes as low as it can.

    The distance, which is 100 at most or so. Each hundredth of clips that are not ok (silent,
    noise, frozen, looping, clipped) adds 1, and that they copy more than music does adds 100.
    """
    return (
        judgement.distance + SCALE * judgement.not_ok_share + COPIES * float(judgement.copies_more)
    )


def learn_frames(search: Search, recipe: Recipe) -> None:
    """Learn what the frames need of the music, once for all trials."""
    with with_threads(search.threads):
        fit_frames(search.corpus, recipe, search.frames, quiet=search.quiet)


def try_settings(
    search: Search,
    number: int,
    recipe: Recipe,
    values: dict[str, Any],
    before: Sequence[Before],
    frames: Path | None,
) -> TrialResult:
    """Train a trial and judge its clips, or go on with it; its last file is its result.

    Args:
        search: that it belongs to.
        number: of the trial.
        recipe: with its settings.
        values: these settings alone.
        before: the trials that it is measured by on the way.
        frames: a run whose frames are the same; None where they are its own.
    """
    settings = search.settings
    with with_threads(recipe.training.threads or search.threads):
        corpus = Corpus.open(search.corpus)
        judge = judge_of(search).with_seed(settings.seed)
        folder = search.trial(number)
        if frames is not None:
            _copy_frames(folder, recipe, corpus, frames)
        pruning = _Pruning(settings, before)
        try:
            pruning.recall(folder)
            if not pruning.stop.is_set():
                train(
                    corpus.folder,
                    recipe,
                    folder,
                    judge=judge,
                    judgements=settings.judgements,
                    observers=(pruning,),
                    stop=pruning.stop,
                    quiet=search.quiet,
                )
        except (ReverieError, MemoryError) as error:
            failed = str(error) or "there was not enough memory"
            result = TrialResult(number, values, failed=failed)
        else:
            result = _result(folder, number, values, pruned=pruning.stop.is_set())
    write_json(search.result(number), dataclasses.asdict(result))
    return result


def judge_again(search: Search, number: int, seed: int) -> Judgement:
    """Judge the best checkpoint of a trial by other prompts and other draws."""
    path = search.final(number, seed)
    if path.is_file():
        return read_record(path, Judgement, "a judgement", remedy="Remove it, and call again.")
    with with_threads(search.threads):
        run = Run.open(search.trial(number))
        judge = judge_of(search).with_seed(seed)
        found = judge(run.load(run.find_checkpoint("best")), run)
    write_json(path, dataclasses.asdict(found))
    return found


def read_result(path: Path, number: int) -> TrialResult:
    """Read the result of a trial.

    Raises:
        ReverieError: it is damaged, or of another trial.
    """
    remedy = "Remove it, and call again: the trial goes on from its run."
    found = read_record(path, TrialResult, "the result of a trial", remedy=remedy)
    if found.number != number:
        raise ReverieError(f"{path} is damaged: it is not of trial {number}.", remedy)
    return found


def judge_of(search: Search) -> CheckpointJudge:
    """A judge of clips by held-out music, whose knowledge of it is kept in this process."""
    settings = search.settings
    content_hash = Corpus.open(search.corpus).content_hash
    return _judge(search.corpus, content_hash, settings.clips, settings.seconds, settings.seed)


@lru_cache(maxsize=1)
def _judge(
    folder: Path, _content_hash: str, clips: int, seconds: float, seed: int
) -> CheckpointJudge:
    judge = CheckpointJudge(Corpus.open(folder), clips=clips, seconds=seconds, seed=seed)
    # Or the trial that is judged first would have less time to train.
    judge.warm_up()
    return judge


class _Pruning(Observer):
    """Ends a trial whose clips are worse than those of others were by then."""

    def __init__(self, settings: SearchSettings, before: Sequence[Before]) -> None:
        self._settings, self._before = settings, before
        self._scores: list[float] = []
        self.stop = threading.Event()

    def recall(self, folder: Path) -> None:
        """Look at what was judged before the trial was stopped, if it was begun."""
        if list_checkpoints(folder):
            for epoch, judgement in _judged(Run.open(folder)).items():
                self.on_judgement(epoch, judgement)

    def on_judgement(self, epoch: int, judgement: Judgement, /) -> None:
        """Look whether it is worth going on."""
        del epoch
        self._scores.append(score(judgement))
        if len(self._scores) < self._settings.judgements and is_hopeless(
            self._settings, self._scores, self._before
        ):
            self.stop.set()


def _copy_frames(folder: Path, recipe: Recipe, corpus: Corpus, frames: Path) -> None:
    with only_one(folder):
        run = Run.create(folder, recipe, corpus)
        if not run.statistics.exists():
            with replacing(run.statistics) as temporary:
                temporary.write_bytes(Run.open(frames).statistics.read_bytes())


def _result(folder: Path, number: int, values: dict[str, Any], *, pruned: bool) -> TrialResult:
    run = Run.open(folder)
    state, judged = read_progress(run.find_checkpoint()), _judged(run)
    if not judged:
        return TrialResult(number, values, epochs=state.epoch, failed="it was never judged")
    # How long judging took differs from machine to machine.
    timeless = {epoch: dataclasses.replace(one, seconds=0.0) for epoch, one in judged.items()}
    return TrialResult(number, values, timeless, state.best_judged_epoch, state.epoch, pruned)


def _judged(run: Run) -> dict[int, Judgement]:
    """What was judged of a run, as far as its newest checkpoint."""
    last = read_progress(run.find_checkpoint()).epoch
    lines = [line for line in read_metrics(run.metrics) if line["epoch"] <= last]
    return {line["epoch"]: Judgement(**line["judged"]) for line in lines if "judged" in line}
