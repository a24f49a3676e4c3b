"""A run, as scripts hold it: generating from it, streaming from it."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import EllipsisType, MappingProxyType
from typing import Any

from reverie.api.clip import Clips, in_memory, on_disk
from reverie.api.corpus import Corpus
from reverie.api.export import Exported
from reverie.api.fetched import corpus_here, made_at, prompts_here, run_here
from reverie.api.keywords import PathLike, Settings, dotted, path_of, prompt_names
from reverie.api.stream import Stream
from reverie.errors import ReverieError
from reverie.evaluation.clip_verdicts import reference_of
from reverie.evaluation.reports.clips_page import write_clips_page
from reverie.export.exporting import export
from reverie.export.settings import ExportSettings
from reverie.generation.clips import (
    generate,
    generate_file,
    generate_in_memory,
    generate_more,
)
from reverie.generation.folder import SUFFIXES
from reverie.generation.settings import GenerationSettings, clip_settings
from reverie.models.architectures import ModelBuilder, build_model
from reverie.remote.places import naming_urls, place_of
from reverie.runs import listing
from reverie.runs.listing import ListedRun
from reverie.runs.metrics import EpochMetrics, read_metrics
from reverie.runs.run import Run as OpenedRun
from reverie.runs.settings import Recipe
from reverie.runs.states import checkpoint_name, checkpoint_names, list_checkpoints, read_state
from reverie.settings import build
from reverie.training.outcome import Outcome, outcome


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
        """Where it lies; of one at an URL, the folder that stands for it on this machine."""
        return self.opened.folder

    @property
    def url(self) -> str | None:
        """The URL at which it lies; None where it lies in a folder."""
        place = place_of(self.folder)
        return None if place is None else place.url

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
        return checkpoint_names(self.folder)

    @property
    def epochs(self) -> int:
        """Epochs done, as far as a checkpoint holds them.

        Raises:
            ReverieError: the newest checkpoint is damaged.
        """
        found = list_checkpoints(self.folder)
        return read_state(found[-1]).epoch if found else 0

    @property
    def metrics(self) -> list[EpochMetrics]:
        """Its losses, one dictionary an epoch.

        Raises:
            ReverieError: the file is damaged.
        """
        return read_metrics(self.opened.metrics)

    def outcome(self) -> Outcome:
        """Say why its training ended, what came of it, and what to do next.

        Raises:
            ReverieError: its newest checkpoint or its figures are damaged.
        """
        return outcome(self.opened)

    def clips_folder(self, checkpoint: str | None = None) -> Path:
        """Where clips go if nothing is said: `clips/CHECKPOINT` in its folder.

        For a run at an URL it is `RUN-clips/CHECKPOINT` in the current folder.

        Raises:
            ReverieError: there is no such checkpoint.
        """
        found = self.opened.find_checkpoint(checkpoint or self.checkpoint)
        above = Path(f"{self.folder.name}-clips") if self.url else self.folder / "clips"
        return above / checkpoint_name(found)

    def generate(
        self,
        settings: Settings | None = None,
        *,
        prompt: PathLike | Sequence[PathLike] | EllipsisType | None = ...,
        out: PathLike | None = None,
        overwrite: bool = False,
        progress: bool = False,
        **keywords: Any,
    ) -> Clips:
        """Generate clips.

        Args:
            settings: of `GenerationSettings`, by name.
            prompt: what to continue: `held-out` or `training` recordings of the corpus, an audio
                file, or several; None begins from nothing. If not given, held-out recordings, or
                nothing where the run was exported and no corpus is given.
            out: a folder for the clips, where they are files from the start and memory does not
                grow with their length; one that has clips gets more. Or a `.wav` or `.flac` file
                for one clip. Either may be an URL. Without it they are held in memory.
            overwrite: replace clips that are there, from the first number on.
            progress: show it on stderr.
            **keywords: settings, such as `seconds=10, count=4, temperature=0.9, seed=1`.

        Returns:
            the clips, in order.

        Raises:
            ReverieError: a setting does not fit, the run has no checkpoint, the prompt is too short
                or silent, or there is no room.
        """
        with naming_urls(), made_at(out) as target:
            one = target is not None and target.suffix.lower() in SUFFIXES
            defaults = {"count": 1} if one else {}
            wanted = self._settings("generate", settings, keywords, prompts_here(prompt), defaults)
            return self._made(wanted, target, overwrite=overwrite, progress=progress)

    def _made(
        self, wanted: GenerationSettings, target: Path | None, *, overwrite: bool, progress: bool
    ) -> Clips:
        reference = cache(lambda: reference_of(self.opened))
        if target is None:
            made = generate_in_memory(self.opened, wanted, quiet=not progress)
            return in_memory(made, reference)
        if target.suffix.lower() in SUFFIXES:
            clip = generate_file(
                self.opened, wanted, target, overwrite=overwrite, quiet=not progress
            )
            return on_disk([clip], reference)
        if overwrite:
            clips = generate(self.opened, wanted, target, overwrite=True, quiet=not progress)
        else:
            clips = generate_more(self.opened, wanted, target, quiet=not progress)
        held = on_disk(clips, reference)
        held.page = self._write_page(target, held, progress=progress)
        return held

    def _write_page(self, folder: Path, clips: Clips, *, progress: bool) -> Path:
        try:
            corpus = self.opened.open_corpus()
        except ReverieError:
            corpus = None
        verdicts = {clip.path.name: clip.verdict for clip in clips if clip.path}
        return write_clips_page(folder, corpus, verdicts=verdicts, quiet=not progress)

    def stream(
        self,
        settings: Settings | None = None,
        *,
        prompt: PathLike | EllipsisType | None = ...,
        block_frames: int | None = None,
        **keywords: Any,
    ) -> Stream:
        """Generate music without end, block by block.

        Args:
            settings: of `GenerationSettings`, by name.
            prompt: what to continue; see `generate`.
            block_frames: frames in a block, 1 or more; about a second if not given. Where phases
                are made up, as of codes, samples differ a little with it.
            **keywords: settings, such as `temperature=0.9, seed=1`.

        Returns:
            an iterator over blocks, float32 [S] or [2, S]; its settings may change while it plays.

        Raises:
            ReverieError: as `generate`.
        """
        wanted = self._settings("stream", settings, {**keywords, "count": 1}, prompt)
        return Stream(self.opened, wanted, block_frames)

    def export(
        self,
        to: str,
        out: PathLike | None = None,
        settings: Settings | None = None,
        **keywords: Any,
    ) -> Exported:
        """Export the model, so that it can be used without the run and its corpus.

        Args:
            to: `folder`: a folder that `load` takes like a run, wherever it is brought, with a
                model card; `train` begins others from it. `html`: a page of one file that plays
                the music for ever, in any browser and with no network. `onnx`: a folder of ONNX
                graphs, with a program of numpy and onnxruntime that plays them. `nn`: a file of
                TorchScript for nn~.
            out: the file or folder to write; beside the run if not given. Nothing is replaced.
            settings: of `ExportSettings`, by name.
            **keywords: settings, such as `checkpoint="latest", licence="cc-by-4.0"`.

        Returns:
            where it is.

        Raises:
            ReverieError: there is no such kind or checkpoint, something is in the way, or the disk
                refuses.
        """
        chosen = dotted(ExportSettings, settings, keywords, "export")
        chosen.setdefault("checkpoint", self.checkpoint)
        target = None if out is None else path_of(out, "out")
        path, prompts = export(self.opened, to, target, build(ExportSettings, chosen, "export"))
        return Exported(path, to, prompts)

    def _settings(
        self,
        what: str,
        settings: Settings | None,
        keywords: Settings,
        prompt: PathLike | Sequence[PathLike] | EllipsisType | None,
        defaults: Settings = MappingProxyType({}),
    ) -> GenerationSettings:
        chosen = {**defaults, **dotted(GenerationSettings, settings, keywords, what)}
        if isinstance(prompt, EllipsisType):
            has_corpus = self.opened.corpus_given is not None or not self.opened.is_exported
            prompt = "held-out" if has_corpus else None
        chosen.setdefault("prompt", prompt_names(prompt))
        chosen.setdefault("checkpoint", self.checkpoint)
        return clip_settings(self.recipe.generation, chosen, what)

    def __repr__(self) -> str:
        model = self.recipe.model
        return (
            f"Run {self.folder}: {model.architecture}, hidden {model.hidden}, "
            f"{self.recipe.frames.transform}, {self.epochs} epochs"
        )


def list_runs(folder: PathLike = ".") -> list[ListedRun]:
    """List the runs in a folder, searched three folders deep; no weights are read.

    Raises:
        ReverieError: the folder is missing.
    """
    return listing.list_runs(path_of(folder, "folder"))


def load(
    folder: PathLike, corpus: PathLike | None = None, *, builder: ModelBuilder = build_model
) -> Run:
    """Open a run.

    Args:
        folder: where it lies, or one of its checkpoints; or the URL of either.
        corpus: its corpus, where that is neither where it was nor beside the run; or its URL.
        builder: builds the model, where that is not one of Reverie's own architectures.

    Raises:
        ReverieError: there is none, or it is damaged.
    """
    with naming_urls():
        path, checkpoint = run_here(folder)
        given = None if corpus is None else corpus_here(corpus)
        return Run(OpenedRun.open(path, given, builder), checkpoint)
