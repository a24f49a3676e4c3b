"""Clips are judged on the way, and the epoch nearest to music is the one that is kept."""

import dataclasses
import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from reverie.corpus.corpus import Corpus
from reverie.evaluation.checkpoint_judge import CheckpointJudge
from reverie.models.trained import TrainedModel
from reverie.runs.checkpoint import MODEL, OPTIMISER
from reverie.runs.judgement import Judgement
from reverie.runs.metrics import read_metrics
from reverie.runs.progress import Progress
from reverie.runs.run import Run
from reverie.runs.settings import Recipe, TrainingSettings
from reverie.runs.states import list_checkpoints, read_progress
from reverie.training.judging import MOST_SHARE, Judging, judgements_left
from reverie.training.observers import Callbacks
from reverie.training.outcome import outcome
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.conftest import SMALL

CODES = [
    "frames.transform=codes",
    "frames.n_components=8",
    "frames.n_codebooks=2",
    "frames.codebook_size=16",
    "frames.decoder=context",
    "model.head_width=8",
    "generation.method=carry",
    "generation.temperature=1",
]


def recipe_of(*changes: str) -> Recipe:
    return load_recipe("paper", [*SMALL, *CODES, "training.judge_every_epochs=1", *changes])


def judged(distance: float, *, copies_more: bool = False, seconds: float = 0.0) -> Judgement:
    return Judgement(distance, float(copies_more), 0.01, copies_more, 0.0, seconds)


class Listed:
    """Judges by a list, and keeps what it is given."""

    def __init__(self, judgements: Sequence[Judgement]) -> None:
        self._remaining = list(judgements)
        self.heard: list[TrainedModel] = []

    def __call__(self, trained: TrainedModel, _run: Run) -> Judgement:
        self.heard.append(trained)
        return self._remaining.pop(0)


def hashes(run: Run, epoch: int) -> list[str]:
    """Of the weights and of the optimiser's state after an epoch."""
    checkpoint = run.find_checkpoint(str(epoch))
    return [hashlib.sha256((checkpoint / name).read_bytes()).hexdigest()
            for name in (MODEL, OPTIMISER)]  # fmt: skip


@pytest.fixture(scope="module")
def unjudged(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("unjudged") / "run"
    return train(corpus_folder, recipe_of("training.judge_every_epochs=0"), folder, quiet=True)


@pytest.fixture(scope="module")
def whole(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Judged by real clips, from generators that training could disturb."""
    judge = CheckpointJudge(corpus, clips=3, seconds=2.0)
    folder = tmp_path_factory.mktemp("judged") / "run"
    return train(corpus.folder, recipe_of(), folder, judge=judge, quiet=True)


def test_judging_changes_nothing_of_what_is_trained(whole: Run, unjudged: Run) -> None:
    for epoch in (3, 6):
        assert hashes(whole, epoch) == hashes(unjudged, epoch)
    lines = [read_metrics(run.metrics) for run in (whole, unjudged)]
    losses = [[(one["train_loss"], one["held_out_loss"]) for one in of_run] for of_run in lines]
    assert losses[0] == losses[1]
    assert [one["epoch"] for one in lines[0] if "judged" in one] == [3, 4, 5, 6]
    assert not any("judged" in one for one in lines[1])


def test_a_stopped_run_is_judged_as_one_that_never_stopped(
    corpus: Corpus, whole: Run, tmp_path: Path
) -> None:
    stop = threading.Event()

    def on_epoch(epoch: int, _judgement: Judgement) -> None:
        if epoch == 4:
            stop.set()

    for observers in ([Callbacks(on_judgement=on_epoch)], []):
        run = train(
            corpus.folder,
            recipe_of(),
            tmp_path / "run",
            judge=CheckpointJudge(corpus, clips=3, seconds=2.0),
            observers=observers,
            stop=stop,
            quiet=True,
        )
        stop = threading.Event()
    assert hashes(run, 6) == hashes(whole, 6)

    def figures(of: Run) -> list[tuple[int, float]]:
        lines = read_metrics(of.metrics)
        return [(one["epoch"], one["judged"]["distance"]) for one in lines if "judged" in one]

    assert figures(run) == figures(whole)
    states = [read_progress(one.find_checkpoint()) for one in (run, whole)]
    assert states[0].best_judged_epoch == states[1].best_judged_epoch > 0
    assert states[0].best_judged_distance == states[1].best_judged_distance
    assert run.find_checkpoint("best") == run.find_checkpoint(str(states[0].best_judged_epoch))


def test_the_nearest_is_kept_told_and_found(corpus_folder: Path, tmp_path: Path) -> None:
    """One nearer still copies more than music does."""
    judge = Listed([judged(9), judged(1, copies_more=True), judged(4), judged(7)])
    told: list[tuple[int, float]] = []
    run = train(
        corpus_folder,
        recipe_of("training.keep_epochs=[]"),
        tmp_path / "run",
        judge=judge,
        observers=[Callbacks(on_judgement=lambda epoch, one: told.append((epoch, one.distance)))],
        quiet=True,
    )
    assert told == [(3, 9), (4, 1), (5, 4), (6, 7)]
    assert run.find_checkpoint("best").name == "epoch-00005"
    assert "epoch-00004" not in [path.name for path in list_checkpoints(run.folder)]
    ended = outcome(run)
    assert (ended.best_judged_epoch, ended.best_judged_distance) == (5, 4)
    said = " ".join(ended.lines)
    assert "Nearest to music: epoch 5, whose clips are at a distance of 4.0" in said
    assert "copy" not in said
    # The calibration that guards the clips is of the very weights that made them.
    assert all(not one.calibration.is_empty for one in judge.heard)


def test_where_all_copy_the_nearest_of_them_is_kept_and_it_is_said(
    corpus_folder: Path, tmp_path: Path
) -> None:
    distances = [5, 3, 6, 7]
    judge = Listed([judged(one, copies_more=True) for one in distances])
    run = train(corpus_folder, recipe_of(), tmp_path / "run", judge=judge, quiet=True)
    assert run.find_checkpoint("best").name == "epoch-00004"
    assert "They copy the training recordings more than music does" in " ".join(outcome(run).lines)


def test_of_those_that_are_equally_near_the_latest_is_best() -> None:
    state = Progress()
    best: list[int] = []
    for epoch, distance in enumerate([9.0, 5.0, 6.5, 7.5, 4.0, 6.1, 5.9], 1):
        state = dataclasses.replace(state, epoch=epoch).judged(judged(distance))
        best.append(state.best_judged_epoch)
    assert best == [1, 2, 3, 3, 5, 5, 7]
    assert (state.nearest_judged_epoch, state.nearest_judged_distance) == (5, 4.0)
    assert state.best_judged_distance == 5.9


def test_patience_follows_the_clips(corpus_folder: Path, tmp_path: Path) -> None:
    """Held-out loss gets better all the while."""
    judge = Listed([judged(one) for one in (5, 3, 6, 6, 6, 6)])
    recipe = recipe_of("training.patience_epochs=2", "training.epochs=60")
    run = train(corpus_folder, recipe, tmp_path / "run", judge=judge, quiet=True)
    assert len(read_metrics(run.metrics)) == 4
    assert run.find_checkpoint("best").name == "epoch-00002"
    ended = outcome(run)
    assert ended.ending == "patience"
    assert "clips came no nearer to music for 2 epochs" in ended.lines[0]


def test_a_recipe_that_has_clips_judged_says_if_nothing_judges(
    corpus_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = train(corpus_folder, recipe_of("training.epochs=1"), tmp_path / "run")
    assert "clips are not judged on the way" in " ".join(capsys.readouterr().err.split())
    assert "judged" not in read_metrics(run.metrics)[0]


def due(training: TrainingSettings, epoch: int, seconds: float = 0.0, spent: float = 0.0) -> bool:
    """Whether an epoch, of equally long ones, is to be judged."""
    share = seconds / (60 * training.minutes) if training.minutes else epoch / training.epochs
    state = Progress(epoch, seconds=seconds, judged_seconds=spent)
    return Judging(training, Listed([])).is_due(state, share, last=share >= 1)


def test_epochs_alone_decide_where_no_time_ends_it() -> None:
    training = TrainingSettings(epochs=20, judge_every_epochs=3)
    for spent in (0.0, 1e6):
        found = [epoch for epoch in range(1, 21) if due(training, epoch, 1.0, spent)]
        assert found == [12, 15, 18, 20]
    patient = TrainingSettings(epochs=20, judge_every_epochs=8, patience_epochs=9)
    assert [epoch for epoch in range(1, 21) if due(patient, epoch)] == [8, 16, 20]
    never = TrainingSettings(epochs=20)
    assert not any(due(never, epoch) for epoch in range(1, 21))


@pytest.mark.parametrize("every", [0, 1, 3, 8, 50])
@pytest.mark.parametrize("patience", [0, 9])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_it_is_known_how_often_clips_are_still_judged(
    every: int, patience: int, count: int
) -> None:
    training = TrainingSettings(epochs=21, judge_every_epochs=every, patience_epochs=patience)
    judging = Judging(training, Listed([]), count=count)
    due = list[int]()
    for epoch in range(1, 22):
        state = Progress(epoch, judged_epoch=due[-1] if due else 0)
        if judging.is_due(state, epoch / 21, last=epoch == 21):
            due.append(epoch)
    for epoch in range(21):
        assert judging.times_left(epoch) == sum(one > epoch for one in due)
        if not count:
            assert judgements_left(training, epoch) == judging.times_left(epoch)
    # Where time ends it, the last alone is not within that time.
    timed = dataclasses.replace(training, minutes=10)
    assert Judging(timed, Listed([]), count=count).times_left(3) == bool(every or count)
    assert Judging(timed, None, count=count).times_left(3) == 0


@pytest.mark.parametrize("judgement_seconds", [1.0, 7.0, 15.0])
def test_a_tenth_of_the_time_is_judged_at_most(judgement_seconds: float) -> None:
    training = TrainingSettings(epochs=1000, minutes=10, judge_every_epochs=1)
    now = 0.0
    judging = Judging(training, lambda *_: spend(), clock=lambda: now)

    def spend() -> Judgement:
        nonlocal now
        now += judgement_seconds
        return judged(3.0)

    state, at = Progress(), list[float]()
    while now < 600:
        now += 1.0
        last = now >= 600
        state = Progress(
            state.epoch + 1,
            seconds=now,
            judged_seconds=state.judged_seconds,
        )
        if judging.is_due(state, min(1.0, now / 600), last=last):
            at.append(now)
            state = state.judged(judging.judge(None, None))  # pyright: ignore[reportArgumentType]
    assert state.judged_seconds <= MOST_SHARE * 600 + judgement_seconds
    assert state.judged_seconds >= MOST_SHARE * 600 - 3 * judgement_seconds
    assert min(at) >= 300
    assert state.judged_epoch == state.epoch


def test_the_best_so_far_is_told_from_judgements_alone() -> None:
    state = Progress(epoch=4).judged(judged(5, copies_more=True, seconds=2))
    assert (state.best_judged_epoch, state.best_judged_copies) == (4, True)
    state = dataclasses.replace(state, epoch=5).judged(judged(8, seconds=3))
    assert (state.best_judged_epoch, state.best_judged_distance) == (5, 8)
    assert (state.best_judged_copies, state.judged_seconds) == (False, 5)
    state = dataclasses.replace(state, epoch=6).judged(judged(2, copies_more=True))
    assert (state.best_judged_epoch, state.judged_epoch) == (5, 6)


def test_judgements_that_are_counted_are_spread_evenly() -> None:
    training = TrainingSettings(epochs=10)
    judging = Judging(training, lambda *_: judged(1.0), count=3)
    assert judging.is_on
    due: list[int] = []
    state = Progress()
    for epoch in range(1, 11):
        state = dataclasses.replace(state, epoch=epoch)
        # Whoever goes on after a stop has nothing but the state to go by.
        again = Judging(training, lambda *_: judged(1.0), count=3)
        assert again.is_due(state, epoch / 10, last=epoch == 10) == judging.is_due(
            state, epoch / 10, last=epoch == 10
        )
        if judging.is_due(state, epoch / 10, last=epoch == 10):
            due.append(epoch)
            state = dataclasses.replace(state, judged_epoch=epoch)
    assert due == [4, 7, 10]


def test_a_judge_of_other_prompts_keeps_what_it_knows_of_the_music(
    with_rests: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = CheckpointJudge(with_rests, clips=2, seconds=1.0)
    wave = judge._cut(1)  # pyright: ignore[reportPrivateUsage]
    plain = CheckpointJudge(with_rests, clips=2, seconds=1.0).judge_waves(wave * 2)
    judge.warm_up()
    other = judge.with_seed(5)
    monkeypatch.setattr(judge, "_cut", lambda _: [])
    assert other.judge_waves(wave * 2) == plain, "warm or not"
