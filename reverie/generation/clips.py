"""Clips: on disk as they are generated, with provenance and picture beside them, or in memory.

Letters: B clips, S samples.
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
from reverie.audio.writing.writer import AudioWriter
from reverie.generation.batch import Batch, plan_batch
from reverie.generation.folder import (
    ClipFolder,
    TakenError,
    has_picture,
    picture_of,
    publish,
    staging,
)
from reverie.generation.room import allow_open_files, require_disk, require_memory
from reverie.generation.sampling.sampler import missing as missing_calibration
from reverie.generation.settings import GenerationSettings
from reverie.models.trained import TrainedModel
from reverie.progress import Work
from reverie.runs.run import Run
from reverie.storage import only_one


@dataclass(frozen=True)
class Clip:
    """A clip on disk."""

    path: Path
    seed: Prompt
    clipped_samples: int
    made: bool = True
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
    """Make clips: `001.wav`, and beside each its provenance (JSON) and picture (PNG).

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
        ReverieError: the run has no such checkpoint, a seed is too short, something else is in the
            way, there is no room for what is asked, or another process writes to `out`.
    """
    return _make(
        run, settings, out, keep=not overwrite, replace=overwrite, pictures=pictures, quiet=quiet
    )


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
    made = _make(run, settings, out, keep=True, replace=True, pictures=pictures, quiet=quiet)
    return [clip.path for clip in made]


def generate_in_memory(
    run: Run, settings: GenerationSettings, *, quiet: bool = False
) -> list[tuple[NDArray[np.float32], Provenance]]:
    """Generate the clips that `generate` would write: samples [S] and provenance of each.

    Raises:
        ReverieError: the run has no such checkpoint, a prompt is too short, or there is too little
            memory.
    """
    require_memory(run, settings, in_memory=True)
    batch = plan_batch(run, settings)
    trained = run.load(batch.checkpoint)
    lacks = missing_calibration(trained.model.head, settings, trained.calibration)
    chunks = [chunk.numpy() for chunk in _progress(batch, trained, quiet=quiet)]
    waves = np.concatenate(chunks, axis=1)
    facts = (dataclasses.replace(each, lacks=lacks) for each in batch.provenance)
    return list(zip(waves, facts, strict=True))


def _make(
    run: Run,
    settings: GenerationSettings,
    out: Path,
    *,
    keep: bool,
    replace: bool,
    pictures: bool,
    quiet: bool,
    first: int = 1,
) -> list[Clip]:
    """Every clip, in order: those that are there are kept or not, other things replaced or not."""
    if not out.exists():
        require_disk(out, settings.count, settings, run.rate_hz)
    require_memory(run, settings)
    allow_open_files(settings.count)
    batch = plan_batch(run, settings)
    suffix = ".flac" if settings.format == "flac" else ".wav"
    paths = [out / f"{number:03d}{suffix}" for number in range(first, first + settings.count)]
    clips: dict[Path, Clip] = {}
    with only_one(out):
        folder = ClipFolder(out)
        for path, prompt, facts in zip(paths, batch.prompts, batch.provenance, strict=True):
            try:
                there = folder.find(path, facts) if keep else None
            except TakenError:
                if not replace:
                    raise
                there = None
            if there:
                clips[path] = Clip(path, prompt, there.clipped_samples, made=False)
        missing = [place for place, path in enumerate(paths) if path not in clips]
        if missing:
            require_disk(out, len(missing), settings, run.rate_hz)
            for clip in _write_missing(batch, paths, missing, pictures=pictures, quiet=quiet):
                clips[clip.path] = clip
        for path in paths if pictures else ():
            if not has_picture(path):
                save_png(path, picture_of(path))
    return [clips[path] for path in paths]


def _write_missing(
    batch: Batch, paths: Sequence[Path], missing: Sequence[int], *, pictures: bool, quiet: bool
) -> Iterator[Clip]:
    """Write those of the clips that are asked for, each whole before it has its name.

    Args:
        batch: all of them.
        paths: of all.
        missing: places of those asked for.
        pictures: draw them.
        quiet: show no progress.
    """
    trained = batch.run.load(batch.checkpoint)
    lacks = missing_calibration(trained.model.head, batch.settings, trained.calibration)
    with staging(paths[0].parent) as stage:
        staged = [(place, stage / paths[place].name) for place in missing]
        clipped = _write(batch, trained, staged, quiet=quiet)
        for (place, sound), count in zip(staged, clipped, strict=True):
            facts = dataclasses.replace(batch.provenance[place], clipped_samples=count, lacks=lacks)
            write_sidecar(sound, Sidecar(facts))
            if pictures:
                save_png(sound, picture_of(sound))
            publish(stage, paths[place])
            yield Clip(paths[place], batch.prompts[place], count, lacks=lacks)


def _write(
    batch: Batch, trained: TrainedModel, staged: Sequence[tuple[int, Path]], *, quiet: bool
) -> list[int]:
    """Write clips of a batch to files. All of the batch are computed.

    Args:
        batch: all clips.
        trained: the model.
        staged: place in the batch, and file, of each clip that is asked for.
        quiet: show no progress.

    Returns:
        how many samples of each were clipped.
    """
    rate_hz = batch.run.rate_hz
    subtype = "FLOAT" if batch.settings.format == "float-wav" else "PCM_16"
    with ExitStack() as stack:
        writers = [
            stack.enter_context(AudioWriter(sound, rate_hz, subtype=subtype)) for _, sound in staged
        ]
        for chunk in _progress(batch, trained, quiet=quiet):
            pieces = chunk.numpy()
            for (place, _), writer in zip(staged, writers, strict=True):
                writer.write(pieces[place])
    return [writer.clipped_samples for writer in writers]


def _progress(batch: Batch, trained: TrainedModel, *, quiet: bool) -> Iterator[Tensor]:
    """The samples of a batch, about a second [B, S] at a time, with progress on stderr."""
    stream, total = batch.stream(trained), batch.total_samples
    size = stream.frame_samples
    with Work("generating", math.ceil(total / size), "frames", quiet=quiet) as work:
        for chunk in stream.take(total):
            yield chunk
            work.advance(math.ceil(chunk.shape[1] / size))
