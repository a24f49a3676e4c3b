"""Clips: on disk as they are generated, with provenance and picture beside them, or in memory.

Letters: B clips, C channels, S samples.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from reverie.audio.pictures.clip import save_png
from reverie.audio.provenance import Prompt, Provenance, Sidecar, write_sidecar
from reverie.audio.tags import tags_of
from reverie.audio.writing.writer import AudioWriter
from reverie.errors import ReverieError
from reverie.generation.batches import batch_in
from reverie.generation.folder import (
    ClipFolder,
    TakenError,
    has_picture,
    picture_of,
    publish,
    staging,
)
from reverie.generation.plan import ClipPlan, plan_clips
from reverie.generation.room import allow_open_files, require_disk, require_memory
from reverie.generation.sampling.sampler import missing as missing_calibration
from reverie.generation.settings import GenerationSettings
from reverie.models.trained import TrainedModel
from reverie.progress import ProgressBar
from reverie.runs.run import Run
from reverie.storage import only_one

_Staged = Sequence[tuple[int, Path, Provenance]]
"""Places in a batch, files, and how each is made."""


@dataclass(frozen=True)
class Clip:
    """A clip on disk."""

    path: Path
    prompt: Prompt
    clipped_samples: int
    generated: bool = True
    """False for one that was there already."""
    lacks: str = ""
    """What of the settings its checkpoint could not do."""


def generate(
    run: Run,
    settings: GenerationSettings,
    out: Path,
    *,
    overwrite: bool = False,
    pictures: bool = True,
    quiet: bool = False,
) -> list[Clip]:
    """Generate the clips `001.wav` and on, and beside each its provenance (JSON) and picture (PNG).

    All clips are made at once, as one batch, and stream to disk: memory does not grow with their
    length. Those that an earlier, stopped call with the same settings and weights left whole are
    kept; the others come out as they would have then, to the byte.

    Args:
        run: a trained run.
        settings: what to make.
        out: the folder for the clips, which this call holds for itself.
        overwrite: replace clips that are there, whatever made them.
        pictures: draw them.
        quiet: show no progress.

    Returns:
        every clip, in order.

    Raises:
        ReverieError: the run has no such checkpoint, a prompt is too short, something else is in
            the way, there is no room for what is asked, or another process writes to `out`.
    """
    plan = _planned(run, settings, out)
    with only_one(out):
        paths, keep = _numbered(out, settings, 1), not overwrite
        return _make(plan, paths, keep=keep, replace=overwrite, pictures=pictures, quiet=quiet)


def generate_more(
    run: Run, settings: GenerationSettings, out: Path, *, quiet: bool = False
) -> list[Clip]:
    """Generate clips into a folder that may have some; nothing that is there is touched.

    Numbers go on above those that are there, with random numbers of their own. If an earlier call
    with the same settings was stopped, this one finishes its clips.

    Args:
        run: a trained run.
        settings: what to make.
        out: the folder for the clips, which this call holds for itself.
        quiet: show no progress.

    Returns:
        the clips of this call, in order.

    Raises:
        ReverieError: as `generate`.
    """
    plan = _planned(run, settings, out)
    first = plan.provenance[0].deciding()
    request = {name: value for name, value in first.items() if name not in {"clip", "prompt"}}
    with only_one(out), batch_in(out, settings.seed, settings.count, request) as batch:
        if batch.seed != settings.seed:
            plan = _planned(run, dataclasses.replace(settings, seed=batch.seed), out)
        paths = _numbered(out, settings, batch.first)
        return _make(plan, paths, keep=True, replace=False, pictures=True, quiet=quiet)


def generate_file(
    run: Run,
    settings: GenerationSettings,
    path: Path,
    *,
    overwrite: bool = False,
    quiet: bool = False,
) -> Clip:
    """Generate one clip to a file of any name, with its provenance and its picture beside it.

    Args:
        run: a trained run.
        settings: what to make; one clip.
        path: `.wav` or `.flac`.
        overwrite: replace a file that is there.
        quiet: show no progress.

    Raises:
        ReverieError: as `generate`, more than one clip is asked for, or `path` is there already.
    """
    if settings.count != 1:
        raise ReverieError(
            f"{path} is a file of one clip, and count is {settings.count}.",
            "Give a folder, or a count of 1.",
        )
    if path.exists() and not overwrite:
        raise TakenError(path, "and would be replaced")
    plan = _planned(run, settings, path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    (clip,) = _make(plan, [path], keep=False, replace=True, pictures=True, quiet=quiet)
    return clip


def generate_missing(
    run: Run,
    settings: GenerationSettings,
    out: Path,
    *,
    pictures: bool = True,
    quiet: bool = False,
) -> list[Path]:
    """The clips that `generate` makes, in place of whatever else is there: their paths.

    Raises:
        ReverieError: as `generate`.
    """
    plan = _planned(run, settings, out)
    with only_one(out):
        paths = _numbered(out, settings, 1)
        made = _make(plan, paths, keep=True, replace=True, pictures=pictures, quiet=quiet)
    return [clip.path for clip in made]


def generate_in_memory(
    run: Run, settings: GenerationSettings, *, quiet: bool = False
) -> list[tuple[NDArray[np.float32], Provenance]]:
    """Generate the clips that `generate` would write: samples [C, S] and provenance of each.

    Raises:
        ReverieError: the run has no such checkpoint, a prompt is too short, or there is too little
            memory.
    """
    require_memory(run, settings, in_memory=True)
    plan = plan_clips(run, settings)
    trained = run.load(plan.checkpoint)
    lacks = missing_calibration(trained.model, settings, trained.calibration)
    chunks = [chunk.numpy() for chunk in _progress(plan, trained, quiet=quiet)]
    waves = np.concatenate(chunks, axis=-1)
    facts = (dataclasses.replace(each, lacks=lacks) for each in plan.provenance)
    return list(zip(waves, facts, strict=True))


def _planned(run: Run, settings: GenerationSettings, out: Path) -> ClipPlan:
    """The plan of clips that this process has the memory, the disk and the open files for."""
    if not out.exists():
        require_disk(out, settings.count, settings, run.rate_hz, run.recipe.frames.n_channels)
    require_memory(run, settings)
    allow_open_files(settings.count)
    return plan_clips(run, settings)


def _numbered(out: Path, settings: GenerationSettings, first: int) -> list[Path]:
    suffix = ".flac" if settings.format == "flac" else ".wav"
    return [out / f"{number:03d}{suffix}" for number in range(first, first + settings.count)]


def _make(
    plan: ClipPlan,
    paths: Sequence[Path],
    *,
    keep: bool,
    replace: bool,
    pictures: bool,
    quiet: bool,
) -> list[Clip]:
    """Every clip, in order: those that are there are kept or not, other things replaced or not."""
    clips: dict[Path, Clip] = {}
    folder = ClipFolder(paths[0].parent)
    for path, prompt, facts in zip(paths, plan.prompts, plan.provenance, strict=True):
        try:
            there = folder.find(path, facts) if keep else None
        except TakenError:
            if not replace:
                raise
            there = None
        if there:
            clips[path] = Clip(path, prompt, there.clipped_samples, generated=False)
    if missing := [place for place, path in enumerate(paths) if path not in clips]:
        require_disk(paths[0].parent, len(missing), plan.settings, plan.run.rate_hz, plan.channels)
        for clip in _write_missing(plan, paths, missing, pictures=pictures, quiet=quiet):
            clips[clip.path] = clip
    for path in paths if pictures else ():
        if not has_picture(path):
            save_png(path, picture_of(path))
    return [clips[path] for path in paths]


def _write_missing(
    plan: ClipPlan, paths: Sequence[Path], missing: Sequence[int], *, pictures: bool, quiet: bool
) -> Iterator[Clip]:
    """Write those of the clips that are asked for, each whole before it has its name.

    Args:
        plan: of all of them.
        paths: of all.
        missing: places of those asked for.
        pictures: draw them.
        quiet: show no progress.
    """
    trained = plan.run.load(plan.checkpoint)
    lacks = missing_calibration(trained.model, plan.settings, trained.calibration)
    with staging(paths[0].parent) as stage:
        facts = (dataclasses.replace(plan.provenance[place], lacks=lacks) for place in missing)
        staged = [(n, stage / paths[n].name, made) for n, made in zip(missing, facts, strict=True)]
        clipped = _write(plan, trained, staged, quiet=quiet)
        for (place, sound, made), count in zip(staged, clipped, strict=True):
            write_sidecar(sound, Sidecar(dataclasses.replace(made, clipped_samples=count)))
            if pictures:
                save_png(sound, picture_of(sound))
            publish(stage, paths[place])
            yield Clip(paths[place], plan.prompts[place], count, lacks=lacks)


def _write(plan: ClipPlan, trained: TrainedModel, staged: _Staged, *, quiet: bool) -> list[int]:
    """Write clips of a batch to files. All of the batch are computed.

    Args:
        plan: of all clips.
        trained: the model.
        staged: of each clip that is asked for.
        quiet: show no progress.

    Returns:
        how many samples of each were clipped.
    """
    with ExitStack() as stack:
        rate_hz, format_ = plan.run.rate_hz, plan.settings.file_format
        writers = [
            stack.enter_context(
                AudioWriter(sound, rate_hz, format_, channels=plan.channels, tags=tags_of(made))
            )
            for _, sound, made in staged
        ]
        for chunk in _progress(plan, trained, quiet=quiet):
            pieces = chunk.numpy()
            for (place, *_), writer in zip(staged, writers, strict=True):
                writer.write(pieces[place])
    return [writer.clipped_samples for writer in writers]


def _progress(plan: ClipPlan, trained: TrainedModel, *, quiet: bool) -> Iterator[Tensor]:
    """The samples of a batch, about a second [B, C, S] at a time, with progress on stderr."""
    stream, total = plan.stream(trained), plan.total_samples
    size = stream.hop_samples
    with ProgressBar("generating", math.ceil(total / size), "frames", quiet=quiet) as work:
        for chunk in stream.take(total):
            yield chunk
            work.advance(math.ceil(chunk.shape[-1] / size))
