"""Seeds: the music that a clip goes on from.

Letters: B clips, S samples.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from reverie.audio.decode import load
from reverie.audio.spectrogram import as_float
from reverie.corpus.corpus import Split
from reverie.errors import ReverieError
from reverie.frames.settings import measures_of
from reverie.training.run import Run
from reverie.training.sequences import sounding

NOTHING = "nothing"
SPLITS: dict[str, Split] = {"held-out": "held-out", "training": "train"}


@dataclass(frozen=True)
class Seed:
    """Where a seed lies."""

    recording: str
    """Path of the recording, within the folder of recordings or as given; empty for none."""
    offset_seconds: float
    """Where in it the seed begins."""
    seconds: float


def choose_seeds(
    run: Run,
    source: str,
    count: int,
    rng: np.random.Generator,
    among: Collection[str] = (),
) -> tuple[list[Seed], Tensor]:
    """Take `count` seeds.

    Args:
        run: names the corpus, and says how much its model has learnt to hear at once.
        source: `held-out`, `training`, `nothing` (as little silence as the model needs to begin),
            or the path of an audio file, whose end is taken.
        count: B.
        rng: chooses recordings and places, where training would; a recording comes again only when
            all have been.
        among: paths of the recordings that may be chosen; empty for all of the split.

    Returns:
        where they lie, and their samples [B, S].

    Raises:
        ReverieError: nothing is long enough, or the corpus is gone or another.
    """
    measures = measures_of(run.recipe.frames)
    if source == NOTHING:
        samples = measures.samples_for(run.recipe.model.step_frames - 1)
        return [Seed("", 0.0, 0.0)] * count, torch.zeros(count, samples)
    if source not in SPLITS:
        return _end_of_file(Path(source), run, count)
    length_samples = measures.samples_for(run.recipe.seed_frames)
    seconds = length_samples / run.rate_hz
    corpus = run.open_corpus()
    ends = run.recipe.training.ends_below_db
    recordings = [
        (one, first, last - length_samples)
        for one in corpus.of_split(SPLITS[source])
        if not among or one.path in among
        for first, last in [sounding(corpus, one, ends)]
        if last - first >= length_samples
    ]
    if not recordings:
        raise ReverieError(
            f"no {source} recording is as long as a seed ({seconds:.1f} s).",
            "Take the seed from a longer file with --seed-from FILE.",
        )
    seeds: list[Seed] = []
    pieces: list[Tensor] = []
    order: list[int] = []
    for _ in range(count):
        order = order or [int(index) for index in rng.permutation(len(recordings))]
        chosen, first, last = recordings[order.pop(0)]
        offset = int(rng.integers(first, last + 1))
        pcm = corpus.pcm(chosen)[offset : offset + length_samples]
        seeds.append(Seed(chosen.path, offset / run.rate_hz, seconds))
        pieces.append(torch.as_tensor(as_float(pcm)))
    return seeds, torch.stack(pieces)


def _end_of_file(path: Path, run: Run, count: int) -> tuple[list[Seed], Tensor]:
    """The last T + K - 1 whole frames of it, or as many as it has: K at least."""
    if not path.is_file():
        raise ReverieError(
            f"--seed-from {path} is no file.",
            "Give held-out, training, nothing, or an audio file.",
        )
    measures, rate_hz = measures_of(run.recipe.frames), run.rate_hz
    samples = load(path, rate_hz)
    frames = (len(samples) - measures.overlap_samples) // measures.frame_samples
    least = run.recipe.model.step_frames
    if frames < least:
        raise ReverieError(
            f"{path} has {len(samples) / rate_hz:.2f} s, and a seed needs "
            f"{measures.samples_for(least) / rate_hz:.2f} s.",
            "Give a longer recording.",
        )
    length_samples = measures.samples_for(min(frames, run.recipe.seed_frames))
    offset = len(samples) - length_samples
    seed = Seed(str(path), offset / rate_hz, length_samples / rate_hz)
    end = torch.as_tensor(samples[offset:].copy())
    return [seed] * count, end.expand(count, -1)
