"""What ends a training, and how that is said."""

from typing import Literal

from reverie.progress import duration
from reverie.runs.progress import Progress
from reverie.runs.settings import TrainingSettings

Limit = Literal["epochs", "minutes", "patience"]
"""What ends a training: all its epochs are over, its time is, or neither its clips nor, where none
are judged, held-out music got better for as long as the recipe waits."""


def why_ended(training: TrainingSettings, progress: Progress) -> Limit | None:
    """Which limit of a training is reached; None for none."""
    limit: Limit | None = None
    if progress.epoch >= training.epochs:
        limit = "epochs"
    elif not progress.step and training.minutes and progress.seconds >= 60 * training.minutes:
        limit = "minutes"
    elif not progress.step and 0 < training.patience_epochs <= waited_epochs(progress):
        limit = "patience"
    return limit


def waited_epochs(progress: Progress) -> int:
    """Epochs since it last got better: its clips, where they are judged, or else held-out loss."""
    if progress.judged_epoch:
        return progress.judged_epoch - progress.nearest_judged_epoch
    return progress.epoch - progress.best_measured_epoch


def limits(training: TrainingSettings, progress: Progress | None = None) -> str:
    """How long a training may still go on, in words that end a sentence.

    Args:
        training: its settings.
        progress: how far it is; None for the beginning.
    """
    done = progress or Progress()
    bounds: list[str] = []
    if not training.is_endless:
        bounds.append(epochs_text(max(0, training.epochs - done.epoch)))
    if training.minutes:
        bounds.append(_minutes_text(max(0.0, 60 * training.minutes - done.seconds)))
    what = "clips get" if training.judge_every_epochs else "held-out music gets"
    better = f"as long as {what} better" if training.patience_epochs else ""
    if not bounds:
        return better or "until it is stopped"
    if not better and bounds == bounds[:1] and not training.minutes:
        return bounds[0]
    return f"up to {' or '.join(bounds)}" + (f", or {better}" if better else "")


def epochs_text(epochs: int) -> str:
    """`1 epoch`, `2 epochs`."""
    return f"{epochs} epoch" + ("" if epochs == 1 else "s")


def done_text(training: TrainingSettings, progress: Progress) -> str:
    """How far a training is: `3 of 6 epochs and 2 min 05 s`, or without the `of`."""
    all_of_it = "" if training.is_endless else f" of {training.epochs}"
    unit = "epoch" if training.is_endless and progress.epoch == 1 else "epochs"
    return f"{progress.epoch}{all_of_it} {unit} and {duration(progress.seconds)}"


def _minutes_text(seconds: float) -> str:
    minutes = seconds / 60
    return f"{minutes:g} min" if minutes == int(minutes) else duration(seconds)
