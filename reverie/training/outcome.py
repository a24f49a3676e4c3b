"""How a training ended, and what to do next: for a person, at its end or whenever it is opened."""

import dataclasses
import json
import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from reverie.frames.transforms import frame_spec
from reverie.models.code_head import CodeHead
from reverie.progress import duration
from reverie.runs.ending import Limit, epochs_text, waited_epochs, why_ended
from reverie.runs.metrics import EpochMetrics, read_metrics
from reverie.runs.progress import Progress
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.runs.states import list_checkpoints, read_progress
from reverie.settings import flat
from reverie.training.recipe import load_recipe, recipe_names

MOST_SETTINGS = 4
"""Settings that a command is printed with, at most; a longer one nobody copies."""
LEAST_MINUTES = 1


@dataclass(frozen=True)
class Outcome:
    """What became of a training."""

    ending: Limit | None
    """Which limit ended it; None where it was stopped, or is going on."""
    epochs: int
    """Epochs done."""
    seconds: float
    """Spent training."""
    train_loss: float | None
    """Of the last epoch; None where its figures are lost or there was none."""
    held_out_loss: float | None
    """The last that was measured."""
    best_saved_epoch: int | None
    """With the lowest held-out loss of those that a checkpoint is kept of."""
    best_saved_loss: float | None
    best_judged_epoch: int | None
    """Whose clips are the nearest to music of those judged."""
    best_judged_distance: float | None
    lines: tuple[str, ...]
    """Why it ended, what came of it, and what to do next. Each is a sentence or a command."""


def outcome(run: Run) -> Outcome:
    """Tell how the training of `run` ended.

    Raises:
        ReverieError: its newest checkpoint's state or its figures are damaged.
    """
    found = list_checkpoints(run.folder)
    state = read_progress(found[-1]) if found else Progress()
    figures = [line for line in read_metrics(run.metrics) if line["epoch"] <= state.epoch]
    ending = why_ended(run.recipe.training, state)
    measured = [line for line in figures if line["held_out_loss"] is not None]
    last = figures[-1] if figures else None
    lines = (
        _why(run.recipe, state, ending),
        *_judged(state),
        *_losses(run, state, last),
        *_next(run, state, ending),
    )
    return Outcome(
        ending=ending,
        epochs=state.epoch,
        seconds=state.seconds,
        train_loss=last["train_loss"] if last else None,
        held_out_loss=measured[-1]["held_out_loss"] if measured else None,
        best_saved_epoch=state.best_saved_epoch or None,
        best_saved_loss=state.best_saved_loss,
        best_judged_epoch=state.best_judged_epoch or None,
        best_judged_distance=state.best_judged_distance,
        lines=lines,
    )


def _why(recipe: Recipe, state: Progress, ending: Limit | None) -> str:
    training, done = recipe.training, epochs_text(state.epoch)
    match ending:
        case "epochs":
            return f"Ended after {done} and {duration(state.seconds)}: all that were asked for."
        case "minutes":
            return f"Ended after {done}: its {training.minutes:g} min are over."
        case "patience":
            what = (
                "clips came no nearer to music"
                if state.judged_epoch
                else ("held-out music got no better")
            )
            return f"Ended after {done}: {what} for {epochs_text(waited_epochs(state))}."
        case None if state == Progress():
            return "Nothing is trained yet."
        case None:
            return f"Stopped after {done} and {duration(state.seconds)}, before its end."


def _judged(state: Progress) -> Iterator[str]:
    """Which epoch's clips are the nearest to music."""
    if state.best_judged_distance is None:
        return
    yield (
        f"Nearest to music: epoch {state.best_judged_epoch}, whose clips are at a distance of "
        f"{state.best_judged_distance:.1f}; music itself is at about 0."
    )
    if state.best_judged_copies:
        yield "They copy the training recordings more than music does, as those of all epochs do."


def _losses(run: Run, state: Progress, last: EpochMetrics | None) -> Iterator[str]:
    """What the losses are, and what the numbers mean."""
    if not state.epoch:
        return
    if last is None:
        yield f"Its figures are lost: {run.metrics} holds none. Its model is whole."
    spec = frame_spec(run.recipe.frames, run.rate_hz)
    meaning = "the error of the next piece of sound, squared"
    if spec.codebook_size:
        milliseconds = 1000 * spec.hop_samples / run.rate_hz
        meaning = (
            f"in {CodeHead.unit}, how surprising the next {milliseconds:.0f} ms of music still "
            "are to the model"
        )
    if state.best_saved_epoch and state.best_saved_loss is not None:
        best = f"epoch {state.best_saved_epoch}, loss {state.best_saved_loss:.4g}"
        yield f"Best on held-out music: {best}."
    if last is not None:
        yield f"Last: loss {last['train_loss']:.4g} on the music it learnt from."
    yield f"A loss is {meaning}: lower is better, and only comparable within one recipe."


def _next(run: Run, state: Progress, ending: Limit | None) -> Iterator[str]:
    """What to do next: only what would work."""
    folder = shlex.quote(str(run.folder))
    if state.epoch:
        yield f"Next: reverie generate {folder}"
    if run.is_exported:
        return
    recipe, training = run.recipe, run.recipe.training
    if ending is None:
        yield "To go on, give the same command again."
        return
    if ending == "patience":
        yield "Training it for longer would hardly help; more recordings may."
        return
    heading = "For longer"
    if waited_epochs(state) == 0:
        what = "clips" if state.judged_epoch else "held-out music"
        heading += f", since {what} still got better"
    changes: dict[str, float] = {}
    if ending == "minutes" or training.minutes:
        changes["minutes"] = max(LEAST_MINUTES, 2 * training.minutes)
    if ending == "epochs" or 2 * state.epoch > training.epochs:
        changes["epochs"] = 2 * training.epochs
    place = str(run.folder)
    if recipe.training.learning_rate_decay != "none":
        # The rate has fallen to its end: there is nothing to go on with.
        heading += ", train a new one"
        place += "-longer"
    command = _command(run, place, changes)
    options = " and ".join(f"`{name}={value:g}`" for name, value in changes.items())
    if command:
        yield f"{heading}:"
        yield f"  {command}"
    elif place == str(run.folder):
        yield f"{heading}, give the same command again with {options}."
    else:
        yield f"{heading}: the same command with {options} and `out={place}`."


def _command(run: Run, out: str, changes: dict[str, float]) -> str | None:
    """The command that trains by the recipe of `run` with `changes`; None where that is too long or
    not all."""
    corpus = run.corpus_given or run.corpus_folder
    told = _nearest(run.recipe, changes.keys())
    if run.parent is not None or corpus is None or told is None:
        return None
    name, settings = told
    words = ["reverie", "train", str(corpus), "--recipe", name]
    for setting in settings:
        words += ["--set", setting]
    for option, value in changes.items():
        words += [f"--{option}", f"{value:g}" if value < 1e6 else str(int(value))]
    return shlex.join([*words, "--out", out])


def _nearest(recipe: Recipe, changed: Collection[str]) -> tuple[str, list[str]] | None:
    """The recipe by name that needs the fewest settings to become `recipe`, and these settings."""
    wanted = flat(dataclasses.asdict(recipe))
    skipped = {"description", *(f"training.{name}" for name in changed)}
    nearest: tuple[str, list[str]] | None = None
    for name in recipe_names():
        given = flat(dataclasses.asdict(load_recipe(name)))
        settings = [
            f"{key}={_toml(value)}"
            for key, value in wanted.items()
            if key not in skipped and value != given[key]
        ]
        if nearest is None or len(settings) < len(nearest[1]):
            nearest = name, settings
    if nearest is None or len(nearest[1]) > MOST_SETTINGS:
        return None
    return None if any(one.endswith("=null") for one in nearest[1]) else nearest


def _toml(value: object) -> str:
    """A setting's value as `--set` reads it."""
    return value if isinstance(value, str) else json.dumps(value)
