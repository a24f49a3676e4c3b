"""Clips on disk: audio as it is generated, with its provenance and its picture beside it.

Letters: B clips, S samples.
"""

import dataclasses
import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from reverie import __version__
from reverie.audio.pictures.clip import save_png
from reverie.audio.provenance import Prompt, Provenance, Sidecar, write_sidecar
from reverie.audio.writing.writer import AudioWriter
from reverie.frames.settings import frame_spec
from reverie.generation.folder import (
    ClipFolder,
    TakenError,
    has_picture,
    picture_of,
    publish,
    staging,
)
from reverie.generation.prompts import choose_prompts
from reverie.generation.room import allow_open_files, require_disk, require_memory
from reverie.generation.sampling.sampler import missing as missing_calibration
from reverie.generation.settings import GenerationSettings
from reverie.generation.stream import stream_of
from reverie.models.trained import TrainedModel
from reverie.progress import ProgressBar
from reverie.runs.checkpoint import MODEL, read_progress
from reverie.runs.run import Run
from reverie.runs.weights import read_hash
from reverie.storage import only_one


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
        ReverieError: the run has no such checkpoint, a prompt is too short, something else is in
            the way, there is no room for what is asked, or another process writes to `out`.
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


def _make(
    run: Run,
    settings: GenerationSettings,
    out: Path,
    *,
    keep: bool,
    replace: bool,
    pictures: bool,
    quiet: bool,
) -> list[Clip]:
    """Every clip, in order: those that are there are kept or not, other things replaced or not."""
    if not out.exists():
        require_disk(out, settings.count, settings, run.rate_hz)
    require_memory(run, settings)
    allow_open_files(settings.count)
    order = np.random.default_rng([settings.seed, 0])
    prompts, samples = choose_prompts(
        run,
        settings.prompt,
        settings.count,
        order,
        settings.prompt_recordings,
        settings.prompt_at_seconds,
    )
    rng = torch.Generator().manual_seed(int(order.integers(1 << 62)))
    checkpoint = run.find_checkpoint(settings.checkpoint)
    about = _about(run, settings, checkpoint, prompts)
    suffix = ".flac" if settings.format == "flac" else ".wav"
    paths = [out / f"{number:03d}{suffix}" for number in range(1, settings.count + 1)]
    clips: dict[Path, Clip] = {}
    with only_one(out):
        folder = ClipFolder(out)
        for path, prompt, facts in zip(paths, prompts, about, strict=True):
            try:
                there = folder.find(path, facts) if keep else None
            except TakenError:
                if not replace:
                    raise
                there = None
            if there:
                clips[path] = Clip(path, prompt, there.clipped_samples, generated=False)
        missing = [place for place, path in enumerate(paths) if path not in clips]
        if missing:
            require_disk(out, len(missing), settings, run.rate_hz)
            trained = run.load(checkpoint)
            lacks = missing_calibration(trained.model.head, settings, trained.calibration)
            with staging(out) as stage:
                staged = [(place, stage / paths[place].name) for place in missing]
                clipped = _write(run, settings, trained, samples, rng, staged, quiet=quiet)
                for (place, sound), count in zip(staged, clipped, strict=True):
                    facts = dataclasses.replace(about[place], clipped_samples=count, lacks=lacks)
                    write_sidecar(sound, Sidecar(facts))
                    if pictures:
                        save_png(sound, picture_of(sound))
                    publish(stage, paths[place])
                    clips[paths[place]] = Clip(paths[place], prompts[place], count, lacks=lacks)
        for path in paths if pictures else ():
            if not has_picture(path):
                save_png(path, picture_of(path))
    return [clips[path] for path in paths]


def _write(
    run: Run,
    settings: GenerationSettings,
    trained: TrainedModel,
    samples: Tensor,
    rng: torch.Generator,
    staged: Sequence[tuple[int, Path]],
    *,
    quiet: bool,
) -> list[int]:
    """Generate clips that continue `samples` [B, S], and write those that are asked for.

    All B are computed: what a clip draws depends on those beside it.

    Args:
        run: whose.
        settings: what to make.
        trained: the model of the run.
        samples: of the prompts.
        rng: for the draws.
        staged: place in the batch, and file, of each clip that is asked for.
        quiet: show no progress.

    Returns:
        how many samples of each were clipped.
    """
    total = math.ceil(settings.seconds * run.rate_hz)
    stream = stream_of(run, trained, samples, settings, rng)
    hop_samples = stream.hop_samples
    subtype = "FLOAT" if settings.format == "float-wav" else "PCM_16"
    with (
        ProgressBar("generating", math.ceil(total / hop_samples), "frames", quiet=quiet) as work,
        ExitStack() as stack,
    ):
        writers = [
            stack.enter_context(AudioWriter(sound, run.rate_hz, subtype=subtype))
            for _, sound in staged
        ]
        for chunk in stream.take(total):
            pieces = chunk.numpy()
            for (place, _), writer in zip(staged, writers, strict=True):
                writer.write(pieces[place])
            work.advance(math.ceil(chunk.shape[1] / hop_samples))
    return [writer.clipped_samples for writer in writers]


def _about(
    run: Run, settings: GenerationSettings, checkpoint: Path, prompts: Sequence[Prompt]
) -> list[Provenance]:
    """The provenance of each clip before it is made: all that decides its sound."""
    common = Provenance(
        made_by=f"reverie {__version__}",
        run=str(run.folder),
        rate_hz=run.rate_hz,
        architecture=run.recipe.model.architecture,
        hop_samples=frame_spec(run.recipe.frames).hop_samples,
        checkpoint=checkpoint.name,
        checkpoint_sha256=read_hash(checkpoint / MODEL),
        epoch=read_progress(checkpoint).epoch,
        corpus_hash=run.corpus_hash,
        settings=dataclasses.asdict(settings),
        clip=1,
        prompt=Prompt("", 0.0, 0.0),
        clipped_samples=0,
    )
    return [
        dataclasses.replace(common, clip=number, prompt=prompt)
        for number, prompt in enumerate(prompts, 1)
    ]
