"""Where a run may be begun, and what it may be continued under: the same settings, but for those
that only say how far."""

import dataclasses
from pathlib import Path

from reverie.errors import ReverieError
from reverie.runs.files import CORPUS, FRAMES, INITIAL, Parent
from reverie.runs.settings import Recipe
from reverie.settings import flat

MAY_CHANGE = {
    "description",
    "training.epochs",
    "training.minutes",
    "training.keep_epochs",
    "training.checkpoint_minutes",
    "training.preview_every_epochs",
    "training.patience_epochs",
    "training.judge_every_epochs",
    "training.threads",
    "training.device",
}
"""Settings that a run may be continued under with another value, besides those of generation."""
ANOTHER_FOLDER = "Choose another `out` for a new run."


def require_same_settings(folder: Path, before: Recipe, now: Recipe) -> None:
    """Refuse settings under which a run cannot be continued.

    Args:
        folder: of the run, for the message.
        before: the recipe that it was begun with.
        now: the recipe that it would be continued with.

    Raises:
        ReverieError: a setting differs that decides what is learnt.
    """
    now = now.with_codebooks(before.frames.n_codebooks)
    was, wanted = flat(dataclasses.asdict(before)), flat(dataclasses.asdict(now))
    fixed = {name for name in was if not name.startswith("generation.")} - MAY_CHANGE
    if before.training.learning_rate_decay != "none":
        fixed.add("training.epochs")
    for name in sorted(fixed):
        if was[name] != wanted[name]:
            raise ReverieError(
                f"{folder} was begun with {name} = {was[name]}, not {wanted[name]}.",
                ANOTHER_FOLDER,
            )


def require_same_music(folder: Path, exported_name: str, before_hash: str, now_hash: str) -> None:
    """Refuse, by a `ReverieError`, to go on with other music, or with a run that was exported.

    Args:
        folder: of the run, for the message.
        exported_name: the name that it was exported by; empty where it is trained here.
        before_hash: of the corpus that it was begun with.
        now_hash: of the one that it would be continued with.
    """
    if exported_name:
        raise ReverieError(f"{folder} was exported, and is not trained further.", ANOTHER_FOLDER)
    if now_hash != before_hash:
        raise ReverieError(f"{folder} was trained on another corpus.", ANOTHER_FOLDER)


def require_same_parent(folder: Path, begun: Parent | None, parent: Parent | None) -> None:
    """Refuse, by a `ReverieError`, to go on with other first weights than those of the run.

    Args:
        folder: of the run, for the message.
        begun: the run that it was begun from; None for random weights.
        parent: the run that it should have been begun from; None for any, or none.
    """
    if parent is not None and (begun is None or parent.model_sha256 != begun.model_sha256):
        said = "random ones" if begun is None else f"{begun.name}'s"
        raise ReverieError(
            f"{folder} was begun with other weights than those of {parent.name}: {said}.",
            ANOTHER_FOLDER,
        )


def require_free(folder: Path, *, begun_from_another: bool) -> None:
    """Refuse, by a `ReverieError`, to begin a run where other files lie.

    Args:
        folder: of the run; the beginnings of one that was stopped at once may lie in it.
        begun_from_another: the beginnings of a run that is begun from another are no others.
    """
    begun = {CORPUS, INITIAL, FRAMES} if begun_from_another else {CORPUS}
    others = folder.is_file()
    if folder.is_dir():
        others = any(one.name not in begun and one.name[0] != "." for one in folder.iterdir())
    if others:
        raise ReverieError(
            f"{folder} holds other files and no run.", "Choose an empty or a new folder."
        )
