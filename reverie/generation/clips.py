"""Clips on disk: audio as it is generated, with its provenance and its picture beside it.

Letters: B clips, S samples, T frames, D width of a frame.
"""

import dataclasses
import json
import math
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from reverie import __version__
from reverie.audio.spectrogram import save_spectrogram
from reverie.audio.write import AudioWriter
from reverie.errors import ReverieError
from reverie.frames.contract import Representation
from reverie.generation.continuation import Method, continue_frames
from reverie.generation.seeds import Seed, choose_seeds
from reverie.generation.settings import GenerationSettings
from reverie.models.contract import FrameModel
from reverie.models.settings import SampleSettings
from reverie.progress import Work
from reverie.records import read_json
from reverie.storage import write_json
from reverie.training.checkpoint import MODEL, file_hash, read_progress
from reverie.training.run import Run

CHUNK_SAMPLES = 16000


@dataclass(frozen=True)
class Clip:
    """A clip on disk."""

    path: Path
    seed: Seed
    clipped_samples: int


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
    length.

    Args:
        run: a trained run.
        settings: what to make.
        out: the folder for the clips.
        overwrite: replace clips that are there.
        pictures: draw them.
        quiet: show no progress.

    Raises:
        ReverieError: the run has no such checkpoint, a seed is too short, or clips are in the way.
    """
    suffix = ".flac" if settings.format == "flac" else ".wav"
    paths = [out / f"{number:03d}{suffix}" for number in range(1, settings.count + 1)]
    in_the_way = [path for path in paths if path.exists()]
    if in_the_way and not overwrite:
        raise ReverieError(
            f"{in_the_way[0]} is there already.", "Choose another --out, or give --overwrite."
        )
    checkpoint = run.find_checkpoint(settings.checkpoint)
    model, representation = run.load_model(checkpoint), run.representation()
    measures = representation.measures
    order = np.random.default_rng([settings.rng_seed, 0])
    seeds, samples = choose_seeds(
        run,
        settings.seed_from,
        settings.count,
        order,
        settings.seed_recordings,
    )
    rng = torch.Generator().manual_seed(int(order.integers(1 << 62)))
    total = math.ceil(settings.seconds * run.rate_hz)
    with ExitStack() as stack:
        work = stack.enter_context(
            Work("generating", math.ceil(total / measures.frame_samples), "frames", quiet=quiet)
        )
        subtype = "FLOAT" if settings.format == "float-wav" else "PCM_16"
        writers = [
            stack.enter_context(AudioWriter(path, run.rate_hz, subtype=subtype)) for path in paths
        ]
        for chunk in continue_samples(
            model,
            representation,
            samples,
            settings.method,
            rng,
            settings,
            run.recipe.training.sequence_frames,
            total,
        ):
            for writer, piece in zip(writers, chunk.numpy(), strict=True):
                writer.write(piece)
            work.advance(math.ceil(chunk.shape[1] / measures.frame_samples))
    made = [
        Clip(path, seed, writer.clipped_samples)
        for path, seed, writer in zip(paths, seeds, writers, strict=True)
    ]
    weights = file_hash(checkpoint / MODEL)
    for number, clip in enumerate(made):
        write_json(
            clip.path.with_suffix(".json"),
            {
                "made_by": f"reverie {__version__}",
                "clip": number + 1,
                "audio_sha256": file_hash(clip.path),
                "rate_hz": run.rate_hz,
                "clipped_samples": clip.clipped_samples,
                "run": str(run.folder),
                "architecture": run.recipe.model.architecture,
                "frame_samples": measures.frame_samples,
                "checkpoint": checkpoint.name,
                "checkpoint_sha256": weights,
                "epoch": read_progress(checkpoint).epoch,
                "corpus_hash": run.corpus_hash,
                "seed": dataclasses.asdict(clip.seed),
                "settings": dataclasses.asdict(settings),
            },
        )
        if pictures:
            save_spectrogram(clip.path, clip.path.with_suffix(".png"))
    return made


def generate_missing(
    run: Run,
    settings: GenerationSettings,
    out: Path,
    *,
    pictures: bool = True,
    quiet: bool = False,
) -> list[Path]:
    """The clips that `generate` makes, made unless the same ones are there: their paths.

    Raises:
        ReverieError: as `generate`.
    """
    paths = [out / f"{number:03d}.wav" for number in range(1, settings.count + 1)]
    if not all(_is_made_by(path, run, settings) for path in paths):
        generate(run, settings, out, overwrite=True, pictures=pictures, quiet=quiet)
    return paths


def _is_made_by(clip: Path, run: Run, settings: GenerationSettings) -> bool:
    told = clip.with_suffix(".json")
    if not clip.is_file() or not told.is_file():
        return False
    made = read_json(told, "how a clip was made")
    return (
        made["settings"] == json.loads(json.dumps(dataclasses.asdict(settings)))
        and made["checkpoint"] == run.find_checkpoint(settings.checkpoint).name
        and made["corpus_hash"] == run.corpus_hash
    )


def continue_samples(
    model: FrameModel,
    representation: Representation,
    seed: Tensor,
    method: Method,
    rng: torch.Generator,
    sample: SampleSettings,
    steps: int,
    total: int,
) -> Iterator[Tensor]:
    """Samples that go on from a seed without a seam.

    Frames that overlap are begun by the seed's last ones; what the seed's own audio already holds
    is left out.

    Args:
        model: a trained model, of K frames a step.
        representation: of its frames.
        seed: [B, S], whole frames of it: S = `measures.samples_for(N)`, N at least K - 1.
        method: `rolling` or `carry`.
        rng: for the head's draws.
        sample: for the head's draws.
        steps: T, of the rolling window.
        total: samples wanted.

    Yields:
        samples [B, about a second], `total` in all.
    """
    measures = representation.measures
    if seed.shape[1] < measures.samples_for(1):
        heard = representation.analyse(seed.new_zeros(len(seed), measures.samples_for(1)))[:, :0]
        tail = representation.silent_tail(len(seed), heard)
    else:
        heard, tail = representation.analyse(seed), representation.tail_after(seed)
    new = continue_frames(model, heard, method, rng, sample, steps)
    frame_samples = measures.frame_samples
    per_chunk = max(1, CHUNK_SAMPLES // frame_samples)
    left = total
    while left > 0:
        needed = min(per_chunk, math.ceil(left / frame_samples))
        chunk = torch.stack([next(new) for _ in range(needed)], dim=1)
        samples, tail = representation.synthesise(chunk, tail)
        yield samples[:, :left]
        left -= samples.shape[1]
