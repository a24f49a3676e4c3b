"""A run's folder: everything needed to repeat it, continue it, or generate from it.

config.json           see `files.py`
corpus.json           the same
frames.safetensors    the normalisation of the frames, or their codec
checkpoints/          see `checkpoint.py`
metrics.jsonl         a line an epoch
tensorboard/          the same, with previews
"""

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path

import torch

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.frames.contract import Representation
from reverie.frames.representation import load_representation
from reverie.frames.settings import frame_spec
from reverie.models.architectures import ModelBuilder, build_model, meta_model
from reverie.models.calibration import Calibration
from reverie.models.contract import FrameModel
from reverie.models.trained import TrainedModel
from reverie.runs.calibration import CALIBRATION, load_calibration, load_calibration_0_1
from reverie.runs.checkpoint import MODEL, list_checkpoints, load_weights, read_state
from reverie.runs.files import (
    CONFIG,
    CORPUS,
    TRAIN_AGAIN,
    read_config,
    read_corpus_record,
    write_config,
    write_corpus_record,
)
from reverie.runs.locate import find_corpus, given_corpus
from reverie.runs.memory import GIB, available_memory, clear_memory_errors
from reverie.runs.settings import Recipe
from reverie.runs.weights import check_hash, check_shapes, read_hash
from reverie.settings import build, flat

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


@dataclass(frozen=True)
class Run:
    """A run on disk."""

    folder: Path
    recipe: Recipe
    corpus_folder: Path
    corpus_hash: str
    rate_hz: int
    corpus_relative: str | None = None
    """The way from the run to its corpus, as it was."""
    corpus_given: Path | None = None
    """Where a person says that the corpus is now."""
    frames_sha256: str | None = None
    builder: ModelBuilder = build_model
    """Builds its model."""

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
        return (folder / CONFIG).is_file()

    @classmethod
    def open(
        cls, folder: Path, corpus: Path | None = None, builder: ModelBuilder = build_model
    ) -> "Run":
        """Open the run in `folder`.

        Args:
            folder: where it lies.
            corpus: where its corpus is; if not given, it is looked for when it is needed.
            builder: builds its model, where that is not one of Reverie's own.

        Raises:
            ReverieError: there is none, or it is damaged.
        """
        config, about = read_config(folder), read_corpus_record(folder)
        return cls(
            folder,
            build(Recipe, config.recipe, str(folder / CONFIG)),
            Path(about.folder),
            about.content_hash,
            about.rate_hz,
            about.relative,
            corpus,
            config.frames_sha256,
            builder,
        )

    @classmethod
    def create(
        cls, folder: Path, recipe: Recipe, corpus: Corpus, builder: ModelBuilder = build_model
    ) -> "Run":
        """Begin a run in `folder`, or continue the one that is there.

        Raises:
            ReverieError: another run is there, of another corpus or recipe.
        """
        where = corpus.folder.resolve()
        if cls.exists(folder):
            run = cls.open(folder, builder=builder)
            run.check_continues(recipe, corpus)
            run = dataclasses.replace(run, recipe=recipe, corpus_folder=where)
            if run.frames_sha256 is None and run.statistics.is_file():
                run = dataclasses.replace(run, frames_sha256=read_hash(run.statistics))
        else:
            if folder.exists() and _others(folder):
                raise ReverieError(
                    f"{folder} holds other files and no run.", "Choose an empty or a new folder."
                )
            run = cls(folder, recipe, where, corpus.content_hash, corpus.rate_hz, builder=builder)
        write_corpus_record(folder, corpus)
        write_config(folder, recipe, run.frames_sha256)
        return run

    def open_corpus(self) -> Corpus:
        """Open the corpus that it was trained on, wherever it lies now.

        Raises:
            ReverieError: it is not found, or was changed.
        """
        if self.corpus_given is not None:
            return given_corpus(self.folder, self.corpus_hash, self.corpus_given)
        return find_corpus(self.folder, self.corpus_hash, self.corpus_folder, self.corpus_relative)

    def keep_frames(self, fitted: Representation) -> "Run":
        """Save what was learnt of the frames, and its hash.

        Raises:
            ReverieError: checkpoints are of other frames, which were lost; or the disk refuses.
        """
        fitted.save(self.statistics)
        found = read_hash(self.statistics)
        if self.frames_sha256 not in (None, found) and list_checkpoints(self.checkpoints):
            self.statistics.unlink()
            raise ReverieError(
                f"{self.statistics} is lost, and what this version would make in its place is not "
                "the same.",
                TRAIN_AGAIN,
            )
        write_config(self.folder, self.recipe, found)
        return dataclasses.replace(self, frames_sha256=found)

    def representation(self) -> Representation:
        """Load its frames, with the normalisation or codec that was fitted to them.

        Raises:
            ReverieError: that is missing, broken, or not what was saved.
        """
        check_hash(self.statistics, self.frames_sha256, TRAIN_AGAIN)
        return load_representation(self.recipe.frames, self.rate_hz, self.statistics)

    def find_checkpoint(self, name: str = "latest") -> Path:
        """A checkpoint's path.

        Args:
            name: `latest`, `best` (nearest to music where clips were judged, else of the lowest
                held-out loss among those kept), an epoch's number, or a checkpoint's own name.

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
            state = read_state(found[-1])
            best = state.best_judged_epoch or state.best_saved_epoch
            name = str(best) if best else found[-1].name
        wanted = f"epoch-{int(name):05d}" if re.fullmatch("[0-9]{1,9}", name) else name
        for path in found:
            if path.name == wanted:
                return path
        raise ReverieError(
            f"{self.folder} has no checkpoint {name}.",
            f"It has: latest, best, {', '.join(path.name for path in found)}.",
        )

    def load(self, checkpoint: Path) -> TrainedModel:
        """Load the model of `checkpoint` with all that generation needs.

        Raises:
            ReverieError: as `load_model`, `calibration` and `representation`.
        """
        model, calibration = self.load_model(checkpoint), self.calibration(checkpoint)
        return TrainedModel(model, self.representation(), calibration)

    def calibration(self, checkpoint: Path) -> Calibration:
        """Load what held-out music calibrated for sampling at `checkpoint`.

        Raises:
            ReverieError: it is missing, not what was saved, or does not fit.
        """
        stored = read_state(checkpoint).calibration_sha256
        if stored is None:
            return load_calibration_0_1(checkpoint / MODEL)
        width = frame_spec(self.recipe.frames).width
        return load_calibration(checkpoint / CALIBRATION, width, stored)

    @torch.inference_mode(False)  # or weights would be of a kind that cannot be packed once
    def load_model(self, checkpoint: Path) -> FrameModel:
        """The model with the weights of `checkpoint`, ready to generate.

        Raises:
            ReverieError: it is broken, not what was saved, of another model or of other frames, or
                takes more memory than there is.
        """
        with clear_memory_errors(
            f"opening {self.folder}", "Close other programs, or choose another run."
        ):
            model = meta_model(self.recipe.model, frame_spec(self.recipe.frames), self.builder)
            check_shapes(checkpoint / MODEL, model.state_dict())
            stored = read_state(checkpoint).frames_sha256
            if None not in (stored, self.frames_sha256) and stored != self.frames_sha256:
                raise ReverieError(
                    f"{checkpoint} belongs to other frames than those of {self.statistics}.",
                    TRAIN_AGAIN,
                )
            needed = 4 * sum(one.numel() for one in (*model.parameters(), *model.buffers()))
            free = available_memory(torch.device("cpu"))
            if needed > free:
                raise ReverieError(
                    f"the model of {self.folder} takes {needed / GIB:.1f} GiB of memory and "
                    f"{free / GIB:.1f} GiB are free.",
                    "Close other programs, or choose another run.",
                )
            model.to_empty(device="cpu")
            load_weights(checkpoint, model)
        return model.requires_grad_(False)

    def check_continues(self, recipe: Recipe, corpus: Corpus) -> None:
        """Refuse, by a `ReverieError`, to go on under another corpus or recipe."""
        remedy = "Choose another `out` for a new run."
        if corpus.content_hash != self.corpus_hash:
            raise ReverieError(f"{self.folder} was trained on another corpus.", remedy)
        before, now = flat(dataclasses.asdict(self.recipe)), flat(dataclasses.asdict(recipe))
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
    return [path for path in folder.iterdir() if path.name != CORPUS and path.name[0] != "."]
