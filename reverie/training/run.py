"""A run's folder: everything needed to repeat it, go on with it, or generate from it.

config.json           the recipe, everything resolved, and what it ran on
corpus.json           the corpus by its hashes, and its split
frames.safetensors    the normalisation of the frames, or their codec
checkpoints/          see `checkpoint.py`
metrics.jsonl         a line an epoch
tensorboard/          the same, with previews
"""

import dataclasses
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch

from reverie import __version__
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.frames.contract import Representation
from reverie.frames.representation import load_representation
from reverie.frames.settings import measures_of
from reverie.models.architectures import build_model
from reverie.models.contract import FrameModel
from reverie.records import read_json
from reverie.settings import build
from reverie.storage import write_json
from reverie.training.checkpoint import list_checkpoints, load_weights
from reverie.training.settings import Recipe

FORMAT = "reverie-run"
FORMAT_VERSION = 1

MAY_CHANGE = {
    "description",
    "training.epochs",
    "training.minutes",
    "training.keep_epochs",
    "training.checkpoint_minutes",
    "training.preview_every_epochs",
    "training.patience_epochs",
}
"""Settings that a run may be continued under with another value, besides those of generation."""


@dataclass(frozen=True)
class Run:
    """A run on disk."""

    folder: Path
    recipe: Recipe
    corpus_folder: Path
    corpus_hash: str
    rate_hz: int

    @property
    def checkpoints(self) -> Path:
        """Where its checkpoints lie."""
        return self.folder / "checkpoints"

    @property
    def metrics(self) -> Path:
        """Its figures, one JSON object a line, one line an epoch."""
        return self.folder / "metrics.jsonl"

    @property
    def statistics(self) -> Path:
        """What was learnt of its frames: their normalisation, or their codec."""
        return self.folder / "frames.safetensors"

    @classmethod
    def exists(cls, folder: Path) -> bool:
        """Whether a run lies in `folder`."""
        return (folder / "config.json").is_file()

    @classmethod
    def open(cls, folder: Path) -> "Run":
        """Open the run in `folder`.

        Raises:
            ReverieError: there is none, or it is damaged.
        """
        if not folder.is_dir():
            raise ReverieError(f"{folder} is not a folder.", "Give the folder of a run.")
        read = read_json(folder / "config.json", "a run")
        config = cast(dict[str, Any], read) if isinstance(read, dict) else {}
        if config.get("format") != FORMAT:
            raise ReverieError(f"{folder} is not a run.", "Make one with `reverie train`.")
        if config.get("format_version") != FORMAT_VERSION:
            raise ReverieError(
                f"{folder} was made by {config.get('created_by')}, in a format this version does "
                "not know.",
                "Update Reverie, or train again.",
            )
        corpus = read_json(folder / "corpus.json", "a run")
        return cls(
            folder,
            build(Recipe, config["recipe"], str(folder / "config.json")),
            Path(corpus["folder"]),
            corpus["content_hash"],
            corpus["rate_hz"],
        )

    @classmethod
    def create(cls, folder: Path, recipe: Recipe, corpus: Corpus) -> "Run":
        """Begin a run in `folder`, or go on with the one that is there.

        Raises:
            ReverieError: another run is there, of another corpus or recipe.
        """
        if cls.exists(folder):
            run = cls.open(folder)
            run._check_continues(recipe, corpus)
            run = dataclasses.replace(run, recipe=recipe, corpus_folder=corpus.folder.resolve())
        else:
            if folder.exists() and _others(folder):
                raise ReverieError(
                    f"{folder} holds other files and no run.", "Choose an empty or a new folder."
                )
            run = cls(folder, recipe, corpus.folder.resolve(), corpus.content_hash, corpus.rate_hz)
        write_json(folder / "corpus.json", _describe_corpus(corpus))
        write_json(folder / "config.json", _describe(recipe))
        return run

    def representation(self) -> Representation:
        """Its frames, with what was learnt of them."""
        return load_representation(self.recipe.frames, self.rate_hz, self.statistics)

    def find_checkpoint(self, name: str = "latest") -> Path:
        """A checkpoint's path.

        Args:
            name: `latest`, `best` (lowest held-out loss among those kept), an epoch's number, or
                a checkpoint's own name.

        Raises:
            ReverieError: there is no such checkpoint.
        """
        found = list_checkpoints(self.checkpoints)
        if not found:
            raise ReverieError(
                f"{self.folder} has no checkpoint yet.", "Train it further with `reverie train`."
            )
        if name == "latest":
            return found[-1]
        if name == "best":
            best = read_json(found[-1] / "state.json", "a checkpoint")["best_epoch"]
            name = str(best) if best else found[-1].name
        number = name.isascii() and name.isdecimal() and len(name) < 10
        wanted = f"epoch-{int(name):05d}" if number else name
        for path in found:
            if path.name == wanted:
                return path
        raise ReverieError(
            f"{self.folder} has no checkpoint {name}.",
            f"It has: latest, best, {', '.join(path.name for path in found)}.",
        )

    def load_model(self, checkpoint: Path) -> FrameModel:
        """The model with the weights of `checkpoint`, ready to generate."""
        measures = measures_of(self.recipe.frames)
        with torch.device("meta"):
            model = build_model(self.recipe.model, measures, None)
        model.to_empty(device="cpu")
        load_weights(checkpoint, model)
        return model.requires_grad_(False)

    def _check_continues(self, recipe: Recipe, corpus: Corpus) -> None:
        remedy = "Choose another --out for a new run."
        if corpus.content_hash != self.corpus_hash:
            raise ReverieError(f"{self.folder} was trained on another corpus.", remedy)
        before, now = _flat(dataclasses.asdict(self.recipe)), _flat(dataclasses.asdict(recipe))
        fixed = {name for name in before if not name.startswith("generation.")} - MAY_CHANGE
        if recipe.training.learning_rate_decay != "none":
            fixed.add("training.epochs")
        for name in sorted(fixed):
            if before[name] != now[name]:
                raise ReverieError(
                    f"{self.folder} was begun with {name} = {before[name]}, not {now[name]}.",
                    remedy,
                )


def _others(folder: Path) -> list[Path]:
    """What lies in `folder` besides the beginnings of a run that was stopped at once."""
    if not folder.is_dir():
        return [folder]
    return [path for path in folder.iterdir() if path.name != "corpus.json" and path.name[0] != "."]


def _describe(recipe: Recipe) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "created_by": f"reverie {__version__}",
        "recipe": dataclasses.asdict(recipe),
        "made_on": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "system": platform.platform(),
            "threads": torch.get_num_threads(),
        },
    }


def _describe_corpus(corpus: Corpus) -> dict[str, Any]:
    return {
        "folder": str(corpus.folder.resolve()),
        "content_hash": corpus.content_hash,
        "rate_hz": corpus.rate_hz,
        "recordings": [
            {"path": one.path, "content_hash": one.content_hash, "split": one.split}
            for one in corpus.recordings
        ],
    }


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(cast(dict[str, Any], value), f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
