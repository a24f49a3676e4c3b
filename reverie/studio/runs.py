"""One run as the page shows it: settings, curve, previews and what to think of it."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from reverie.corpus.manifest import MANIFEST
from reverie.errors import ReverieError
from reverie.records import read_json
from reverie.runs.ending import done_text, limits, why_ended
from reverie.runs.files import (
    CONFIG,
    CORPUS,
    METRICS,
    PREVIEW_PROMPT,
    PREVIEWS,
    read_config,
    read_corpus_record,
    read_recipe,
)
from reverie.runs.listing import ListedRun, listed
from reverie.runs.locate import find_corpus
from reverie.runs.metrics import EpochMetrics, read_metrics
from reverie.runs.progress import Progress
from reverie.runs.states import (
    CHECKPOINTS,
    STATE,
    checkpoint_names,
    list_checkpoints,
    read_progress,
)
from reverie.settings import flat
from reverie.storage import is_held
from reverie.studio.corpora import Corpora
from reverie.studio.home import Home
from reverie.studio.run_recipe import recipe_and_changes

MOST_CURVE_POINTS = 2000
_PREVIEW = re.compile(r"epoch-(\d{5,9})\.wav")


class Runs:
    """The runs in a studio's folders.

    Args:
        home: the folders.
        corpora: what is in them.
    """

    def __init__(self, home: Home, corpora: Corpora) -> None:
        self._home, self._corpora = home, corpora
        self._places: dict[Path, tuple[int, Path | None]] = {}

    def version(self, folder: Path) -> object:
        """Return what changes when the run in `folder` does."""
        files = (CONFIG, METRICS, CHECKPOINTS, PREVIEWS, STATE)
        return (*(_changed(folder / name) for name in files), is_held(folder))

    def row(self, folder: Path) -> dict[str, Any]:
        """Return what a list says of the run in `folder`."""
        run = listed(folder)
        corpus = self.corpus(folder)
        curve = _metrics(folder)
        return {
            "corpus": None if corpus is None else self._home.name(corpus),
            "recipe": run.description,
            "transform": run.transform,
            "architecture": run.architecture,
            "epochs": run.epochs,
            "seconds": curve[-1]["seconds"] if curve else 0.0,
            "state": run.state,
            "best": run.best_saved_loss,
            "checkpoints": [] if run.problem else checkpoint_names(folder),
            "latest": _point(curve[-1]) if curve else None,
            "limits": run.limits,
            "problem": run.problem,
        }

    def detail(self, folder: Path) -> dict[str, Any]:
        """Return everything about the run in `folder`.

        Raises:
            ReverieError: there is none, or it is damaged.
        """
        recipe = read_recipe(folder, read_config(folder))
        found = list_checkpoints(folder)
        progress = read_progress(found[-1]) if found else Progress()
        curve = _metrics(folder)
        step = max(1, -(-len(curve) // MOST_CURVE_POINTS))
        name, changes = recipe_and_changes(recipe)
        points = [*curve[::step], *([curve[-1]] if curve and (len(curve) - 1) % step else [])]
        return {
            "path": self._home.name(folder),
            **self.row(folder),
            "settings": flat(asdict(recipe)),
            "recipe_name": name,
            "changes": changes,
            "curve": [_point(one) for one in points],
            "judgements": [
                {"epoch": one["epoch"], **one["judged"]} for one in curve if "judged" in one
            ],
            "previews": self._previews(folder),
            "prompt": self._prompt(folder),
            "best_epoch": progress.best_judged_epoch or progress.best_saved_epoch or None,
            "done": done_text(recipe.training, progress),
            "ended_by": why_ended(recipe.training, progress),
            "left": limits(recipe.training, progress),
            "words": _words(listed(folder), curve),
        }

    def corpus(self, folder: Path) -> Path | None:
        """Return where the corpus of the run in `folder` is now; None if it is not found."""
        version = _changed(folder / CORPUS)
        kept = self._places.get(folder)
        if kept is None or kept[0] != version or (kept[1] and not (kept[1] / MANIFEST).is_file()):
            kept = version, _found(folder)
            self._places[folder] = kept
        return kept[1]

    def corpus_of_clips(self, folder: Path) -> Path | None:
        """Return the corpus of the run that a folder of clips lies in; None if there is none."""
        for above in (folder, *folder.parents[:3]):
            if above in self._home.roots:
                break
            if (above / CONFIG).is_file() and (above / CORPUS).is_file():
                return self.corpus(above)
        return None

    def _previews(self, folder: Path) -> list[dict[str, Any]]:
        previews = folder / PREVIEWS
        if not previews.is_dir() or previews.is_symlink():
            return []
        names = ((_PREVIEW.fullmatch(path.name), path) for path in sorted(previews.iterdir()))
        return [
            {"epoch": int(match[1]), "path": self._home.name(path)}
            for match, path in names
            if match and not path.is_symlink()
        ]

    def _prompt(self, folder: Path) -> dict[str, Any] | None:
        """Return what all previews continue, and where the recording really goes on."""
        try:
            read: object = read_json(folder / PREVIEWS / PREVIEW_PROMPT, "a prompt")
        except ReverieError:
            return None
        prompt = cast(dict[str, Any], read) if isinstance(read, dict) else {}
        corpus = self.corpus(folder)
        if corpus is None:
            return prompt
        source = self._corpora.manifest(corpus).recordings.find(str(prompt.get("recording")))
        return {**prompt, "corpus": self._home.name(corpus), "source": source}


def _point(metrics: EpochMetrics) -> dict[str, Any]:
    return {
        "epoch": metrics["epoch"],
        "train_loss": metrics["train_loss"],
        "held_out_loss": metrics["held_out_loss"],
        "seconds": metrics["seconds"],
    }


def _metrics(folder: Path) -> list[EpochMetrics]:
    try:
        return read_metrics(folder / METRICS)
    except ReverieError:
        return []


def _words(run: ListedRun, curve: list[EpochMetrics]) -> list[str]:
    """Say in sentences how the training goes."""
    if run.problem:
        return [run.problem]
    measured = [one for one in curve if one["held_out_loss"] is not None]
    if len(measured) < 2:
        return []
    losses = [cast(float, one["held_out_loss"]) for one in measured]
    best = min(range(len(losses)), key=losses.__getitem__)
    since = measured[-1]["epoch"] - measured[best]["epoch"]
    if since == 0:
        said = ["Held-out music is still getting better: going on is worth it."]
    else:
        said = [f"Held-out music was best at epoch {measured[best]['epoch']}, {since} epochs ago."]
    judged = [one["judged"] for one in curve if "judged" in one]
    if judged and judged[-1]["copies_more"]:
        said.append("Its latest clips copy the recordings more than other music does.")
    if judged and judged[-1]["not_ok_share"] > 0.5:
        said.append("More than half of its latest clips are silent, noise, frozen or looping.")
    return said


def _found(folder: Path) -> Path | None:
    try:
        record = read_corpus_record(folder)
        stored = None if record.folder is None else Path(record.folder)
        where = find_corpus(folder, record.content_hash, stored, record.relative)
        return where.folder.resolve()
    except ReverieError:
        return None


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
