"""A run's folder: everything needed to repeat it, continue it, or generate from it.

config.json           see `files.py`
corpus.json           the same
frames.safetensors    the normalisation of the frames, or their codec
initial.safetensors   the weights it was begun with, where these are another run's
checkpoints/          see `checkpoint.py`
metrics.jsonl         a line an epoch
tensorboard/          the same, with previews

A run that was exported is read alike: its folder is its one checkpoint, without an optimiser.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.frames.allocation import allocate
from reverie.frames.codec import stored_codebooks
from reverie.frames.contract import Representation
from reverie.frames.representation import load_representation
from reverie.frames.transforms import frame_spec
from reverie.models.architectures import ModelBuilder, build_model, meta_model
from reverie.models.calibration import Calibration
from reverie.models.contract import FrameModel
from reverie.models.trained import TrainedModel
from reverie.runs import continuing
from reverie.runs.calibration import CALIBRATION, load_calibration, load_calibration_0_1
from reverie.runs.checkpoint import MODEL, load_weights
from reverie.runs.exported import check_exported
from reverie.runs.files import (
    CONFIG,
    FRAMES,
    INITIAL,
    METRICS,
    TRAIN_AGAIN,
    Parent,
    read_config,
    read_corpus_record,
    read_recipe,
    write_config,
    write_corpus_record,
)
from reverie.runs.locate import find_corpus, given_corpus
from reverie.runs.memory import clear_memory_errors, require_memory
from reverie.runs.settings import Recipe
from reverie.runs.states import CHECKPOINTS, fetched_checkpoint, list_checkpoints, read_state
from reverie.runs.weights import check_hash, check_shapes, read_hash, require_size


@dataclass(frozen=True)
class Run:
    """A run on disk."""

    folder: Path
    recipe: Recipe
    corpus_folder: Path | str | None
    """Where its corpus was, a folder or an URL; None of a run that was exported."""
    corpus_hash: str
    rate_hz: int
    corpus_relative: str | None = None
    """The way from the run to its corpus, as it was."""
    corpus_given: Path | None = None
    """Where a person says that the corpus is now."""
    frames_sha256: str | None = None
    builder: ModelBuilder = build_model
    """Builds its model."""
    parent: Parent | None = None
    """The run that it was begun from."""
    exported_name: str = ""
    """The name that it was exported by; empty where it is trained here."""
    licence: str = ""
    """Under which it was exported."""

    @property
    def name(self) -> str:
        """Its name: that of its folder, unless it was exported."""
        return self.exported_name or self.folder.resolve().name

    @property
    def is_exported(self) -> bool:
        """Whether it was exported, so that it is not trained further."""
        return bool(self.exported_name)

    @property
    def checkpoints(self) -> Path:
        """Where its checkpoints lie."""
        return self.folder / CHECKPOINTS

    @property
    def metrics(self) -> Path:
        """Its figures, one JSON object a line, one line an epoch."""
        return self.folder / METRICS

    @property
    def statistics(self) -> Path:
        """What was learnt of its frames: their normalisation, or their codec."""
        return self.folder / FRAMES

    @property
    def initial_weights(self) -> Path:
        """The weights that it was begun with, where these are another run's."""
        return self.folder / INITIAL

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
        check_exported(folder, config, about)
        return cls(
            folder,
            read_recipe(folder, config),
            about.place,
            about.content_hash,
            about.rate_hz,
            about.relative,
            corpus,
            config.frames_sha256,
            builder,
            config.parent,
            config.name or "",
            config.licence,
        )

    @classmethod
    def create(
        cls,
        folder: Path,
        recipe: Recipe,
        corpus: Corpus,
        builder: ModelBuilder = build_model,
        parent: Parent | None = None,
    ) -> "Run":
        """Begin a run in `folder`, or continue the one that is there.

        Args:
            folder: of the run.
            recipe: all that decides it besides the corpus.
            corpus: what it learns from.
            builder: builds its model.
            parent: the run that it is begun from; its weights and its frames lie in `folder`.

        Raises:
            ReverieError: another run is there, of another corpus, recipe or parent.
        """
        where, recipe = corpus.url or corpus.folder.resolve(), recipe.for_channels(corpus.channels)
        if cls.exists(folder):
            run = cls.open(folder, builder=builder)
            run.check_continues(recipe, corpus, parent)
            recipe = recipe.with_codebooks(run.recipe.frames.n_codebooks)
            if run.frames_sha256 is None and run.statistics.is_file():
                run = dataclasses.replace(run, frames_sha256=read_hash(run.statistics))
        else:
            continuing.require_free(folder, begun_from_another=parent is not None)
            run = cls(folder, recipe, where, corpus.content_hash, corpus.rate_hz, builder=builder)
            if parent is not None:
                frames_sha256 = read_hash(run.statistics)
                run = dataclasses.replace(run, parent=parent, frames_sha256=frames_sha256)
        follows = recipe.frames.transform == "codes" and not recipe.frames.n_codebooks
        if follows and run.frames_sha256 is not None:
            recipe = recipe.with_codebooks(stored_codebooks(run.statistics))
        run = dataclasses.replace(run, recipe=recipe, corpus_folder=where)
        write_corpus_record(folder, corpus)
        write_config(folder, recipe, run.frames_sha256, run.parent)
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
        if self.frames_sha256 not in (None, found) and list_checkpoints(self.folder):
            self.statistics.unlink()
            raise ReverieError(
                f"{self.statistics} is lost, and what this version would make in its place is not "
                "the same.",
                TRAIN_AGAIN,
            )
        recipe = self.recipe
        if fitted.spec.codebook_size:
            recipe = recipe.with_codebooks(fitted.spec.width)
        write_config(self.folder, recipe, found, self.parent)
        return dataclasses.replace(self, recipe=recipe, frames_sha256=found)

    def representation(self) -> Representation:
        """Load its frames, with the normalisation or codec that was fitted to them.

        Raises:
            ReverieError: that is missing, broken, or not what was saved.
        """
        check_hash(self.statistics, self.frames_sha256, TRAIN_AGAIN)
        require_size(self.statistics, self.recipe.frames, self.rate_hz)
        return load_representation(self.recipe.frames, self.rate_hz, self.statistics)

    def find_checkpoint(self, name: str = "latest") -> Path:
        """A checkpoint's path; of a run at an URL its weights are fetched.

        Args:
            name: `latest`, `best` (nearest to music where clips were judged, else of the lowest
                held-out loss of those kept), an epoch's number, or its own name.

        Raises:
            ReverieError: there is no such checkpoint, or it cannot be fetched.
        """
        return fetched_checkpoint(self.folder, name)

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
        width = frame_spec(self.recipe.frames, self.rate_hz).width
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
            spec = frame_spec(self.recipe.frames, self.rate_hz)
            model = meta_model(self.recipe.model, spec, self.builder)
            check_shapes(checkpoint / MODEL, model.state_dict())
            state = read_state(checkpoint)
            if len({state.frames_sha256, self.frames_sha256} - {None}) > 1:
                raise ReverieError(
                    f"{checkpoint} belongs to other frames than those of {self.statistics}.",
                    TRAIN_AGAIN,
                )
            needed = 4 * sum(one.numel() for one in (*model.parameters(), *model.buffers()))
            require_memory(needed, f"the model of {self.folder}")
            allocate(model)
            load_weights(checkpoint / MODEL, model, state.model_sha256)
        return model.requires_grad_(False)

    def check_continues(self, recipe: Recipe, corpus: Corpus, parent: Parent | None = None) -> None:
        """Refuse, by a `ReverieError`, to go on under another corpus, recipe or parent.

        Args:
            recipe: of its channels.
            corpus: to go on with.
            parent: the run that it should have been begun from; None for any, or none.
        """
        name, corpus_hash = self.exported_name, corpus.content_hash
        continuing.require_same_music(self.folder, name, self.corpus_hash, corpus_hash)
        continuing.require_same_parent(self.folder, self.parent, parent)
        continuing.require_same_settings(self.folder, self.recipe, recipe)
