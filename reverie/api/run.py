"""A run, as scripts hold it: training it, generating from it, streaming from it."""

import dataclasses
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from reverie.api.clip import Clips
from reverie.api.corpus import Corpus, PathLike, prepare
from reverie.api.keywords import Settings, dotted
from reverie.api.stream import Stream
from reverie.corpus.corpus import Corpus as PreparedCorpus
from reverie.corpus.kinds import what_is
from reverie.evaluation.preview_monitor import PreviewMonitor
from reverie.generation.clips import generate, generate_in_memory
from reverie.generation.preview import preview
from reverie.generation.settings import GenerationSettings, clip_settings
from reverie.models.architectures import ModelBuilder, build_model
from reverie.runs import listing
from reverie.runs.checkpoint import list_checkpoints, read_state
from reverie.runs.listing import ListedRun
from reverie.runs.metrics import EpochMetrics, read_metrics
from reverie.runs.run import Run as OpenedRun
from reverie.runs.settings import Recipe
from reverie.settings import build, override
from reverie.training.observers import Callbacks, Epoch, Observer, Step
from reverie.training.recipe import load_recipe
from reverie.training.train import train as train_run

__all__ = ["Run", "load", "train"]


class Run:
    """A model that was trained, or is half trained, with all that belongs to it.

    Args:
        opened: the run in its folder.
        checkpoint: which one generates, unless told otherwise.
    """

    def __init__(self, opened: OpenedRun, checkpoint: str = "") -> None:
        self.opened = opened
        self.checkpoint = checkpoint or "best"
        """The checkpoint that generates, unless told otherwise."""

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.opened.folder

    @property
    def recipe(self) -> Recipe:
        """All settings that decided it."""
        return self.opened.recipe

    @property
    def rate_hz(self) -> int:
        """Samples per second of what it generates."""
        return self.opened.rate_hz

    @property
    def corpus(self) -> Corpus:
        """The corpus that it was trained on, wherever it lies now.

        Raises:
            ReverieError: it is not found, or was changed.
        """
        return Corpus(self.opened.open_corpus())

    @property
    def checkpoints(self) -> list[str]:
        """Names of its checkpoints, oldest first."""
        return [path.name for path in list_checkpoints(self.opened.checkpoints)]

    @property
    def epochs(self) -> int:
        """Epochs done, as far as a checkpoint holds them.

        Raises:
            ReverieError: the newest checkpoint is damaged.
        """
        found = list_checkpoints(self.opened.checkpoints)
        return read_state(found[-1]).epoch if found else 0

    @property
    def metrics(self) -> list[EpochMetrics]:
        """Its losses, one dictionary an epoch.

        Raises:
            ReverieError: the file is damaged.
        """
        return read_metrics(self.opened.metrics)

    def clips_folder(self, checkpoint: str | None = None) -> Path:
        """Where clips go if nothing is said: `clips/CHECKPOINT` in its folder.

        Raises:
            ReverieError: there is no such checkpoint.
        """
        found = self.opened.find_checkpoint(checkpoint or self.checkpoint)
        return self.folder / "clips" / found.name

    def generate(
        self,
        settings: Settings | None = None,
        *,
        prompt: PathLike | Sequence[PathLike] | None = "held-out",
        out: PathLike | None = None,
        overwrite: bool = False,
        progress: bool = False,
        **keywords: Any,
    ) -> Clips:
        """Generate clips.

        Args:
            settings: of `GenerationSettings`, by name.
            prompt: what to continue: `held-out` or `training` recordings of the corpus, an audio
                file, or several; None begins from nothing.
            out: a folder for the clips, where they are files from the start and memory does not
                grow with their length. Without it they are held in memory.
            overwrite: replace clips that lie in `out`.
            progress: show it on stderr.
            **keywords: settings, such as `seconds=10, count=4, temperature=0.9, seed=1`.

        Returns:
            the clips, in order.

        Raises:
            ReverieError: a setting does not fit, the run has no checkpoint, the prompt is too short
                or silent, or there is no room.
        """
        wanted = self._settings("generate", settings, keywords, prompt)
        if out is None:
            return Clips.in_memory(generate_in_memory(self.opened, wanted, quiet=not progress))
        made = generate(self.opened, wanted, Path(out), overwrite=overwrite, quiet=not progress)
        return Clips.on_disk(made)

    def stream(
        self,
        settings: Settings | None = None,
        *,
        prompt: PathLike | None = "held-out",
        block_frames: int | None = None,
        **keywords: Any,
    ) -> Stream:
        """Generate music without end, block by block.

        Args:
            settings: of `GenerationSettings`, by name.
            prompt: what to continue; see `generate`. None begins from nothing.
            block_frames: frames in a block, 1 or more; about a second if not given.
            **keywords: settings, such as `temperature=0.9, seed=1`.

        Returns:
            an iterator over blocks, float32 [S], whose settings may change while it plays.

        Raises:
            ReverieError: as `generate`.
        """
        wanted = self._settings("stream", settings, {**keywords, "count": 1}, prompt)
        return Stream(self.opened, wanted, block_frames)

    def _settings(
        self,
        what: str,
        settings: Settings | None,
        keywords: Settings,
        prompt: PathLike | Sequence[PathLike] | None,
    ) -> GenerationSettings:
        chosen = dotted(GenerationSettings, settings, keywords, what)
        chosen.setdefault("seed_from", prompt_names(prompt))
        chosen.setdefault("checkpoint", self.checkpoint)
        return clip_settings(self.recipe.generation, chosen, what)

    def __repr__(self) -> str:
        model = self.recipe.model
        return (
            f"Run {self.folder}: {model.architecture}, hidden {model.hidden}, "
            f"{self.recipe.frames.transform}, {self.epochs} epochs"
        )


def prompt_names(prompt: PathLike | Sequence[PathLike] | None) -> list[str]:
    """Names of what clips continue, as settings hold them; None begins from nothing."""
    if prompt is None:
        return ["nothing"]
    if isinstance(prompt, (str, os.PathLike)):
        return [os.fspath(prompt)]
    return [os.fspath(one) for one in prompt]


def train(
    corpus: Corpus | PathLike,
    recipe: str | PathLike | Recipe = "codes",
    out: PathLike | None = None,
    settings: Settings | None = None,
    *,
    on_step: Callable[[Step], object] | None = None,
    on_epoch: Callable[[Epoch], object] | None = None,
    on_checkpoint: Callable[[Path], object] | None = None,
    observers: Sequence[Observer] = (),
    stop: threading.Event | None = None,
    builder: ModelBuilder = build_model,
    progress: bool = False,
    **keywords: Any,
) -> Run:
    """Train a model, or go on with a run that was stopped.

    Args:
        corpus: what to train on: a corpus, its folder, or a folder of recordings, which is
            prepared first.
        recipe: the name of a recipe, the path of one in TOML, or a `Recipe`.
        out: the run's folder; `CORPUS-RECIPE` beside the corpus if not given. A run of the same
            corpus and settings that lies there is continued, to the same bytes as if it had never
            stopped.
        settings: of the recipe, by dotted name, such as `{"model.hidden": 512}`.
        on_step: called after each step.
        on_epoch: called after each epoch.
        on_checkpoint: called with the folder of each checkpoint.
        observers: watch the training besides.
        stop: once it is set, by any thread, the step at hand is finished, a checkpoint is written,
            and the run is returned.
        builder: builds the model, where that is not one of Reverie's own architectures.
        progress: show it on stderr.
        **keywords: settings of the recipe, such as `hidden=512, epochs=100`.

    Raises:
        ReverieError: corpus, settings and run do not fit each other or this machine.
        KeyboardInterrupt: a signal asked to stop; a checkpoint was written first.
    """
    opened = corpus.opened if isinstance(corpus, Corpus) else _corpus(Path(corpus), progress)
    changes = dotted(Recipe, settings, keywords, "train")
    chosen = (
        build(Recipe, override(dataclasses.asdict(recipe), changes), "train")
        if isinstance(recipe, Recipe)
        else load_recipe(recipe, changes)
    )
    folder = Path(out) if out is not None else default_run_folder(opened.folder, recipe)
    run = train_run(
        opened.folder,
        chosen,
        folder,
        builder=builder,
        preview=preview,
        observers=(
            PreviewMonitor(opened),
            Callbacks(on_step, on_epoch, on_checkpoint),
            *observers,
        ),
        stop=stop,
        quiet=not progress,
    )
    return Run(run)


def list_runs(folder: PathLike = ".") -> list[ListedRun]:
    """List the runs in a folder, searched three folders deep; no weights are read.

    Raises:
        ReverieError: the folder is missing.
    """
    return listing.list_runs(Path(folder))


def default_run_folder(corpus: Path, recipe: str | PathLike | Recipe) -> Path:
    """Where a run goes if nothing is said: `CORPUS-RECIPE` beside its corpus."""
    name = "run" if isinstance(recipe, Recipe) else Path(recipe).stem
    named = corpus.resolve() if corpus.name in ("", "..") else corpus
    return named.with_name(f"{named.name}-{name}")


def _corpus(folder: Path, progress: bool) -> PreparedCorpus:
    """The corpus in a folder; recordings are prepared first.

    Raises:
        ReverieError: it is neither.
    """
    place = what_is(folder)
    if place.kind == "recordings":
        return prepare(folder, progress=progress).opened
    return PreparedCorpus.open(place.corpus or folder)


def load(
    folder: PathLike, corpus: PathLike | None = None, *, builder: ModelBuilder = build_model
) -> Run:
    """Open a run.

    Args:
        folder: where it lies, or one of its checkpoints.
        corpus: its corpus, where that is neither where it was nor beside the run.
        builder: builds the model, where that is not one of Reverie's own architectures.

    Raises:
        ReverieError: there is none, or it is damaged.
    """
    place = what_is(Path(folder))
    given = Path(corpus) if corpus else None
    return Run(OpenedRun.open(place.run or Path(folder), given, builder), place.checkpoint)
