"""Seeds: the music that a clip goes on from. Each ends with sound, not with the silence after it.

Letters: B clips, S samples.
"""

import hashlib
from collections.abc import Collection
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reverie.audio.pcm import to_float32
from reverie.audio.provenance import Prompt
from reverie.audio.reading.decode import load
from reverie.corpus.corpus import Split
from reverie.errors import ReverieError
from reverie.frames.settings import measures_of
from reverie.generation.silence import Sounding
from reverie.runs.run import Run
from reverie.training.sequences import sounding

NOTHING = "nothing"
SPLITS: dict[str, Split] = {"held-out": "held-out", "training": "train"}


def choose_seeds(
    run: Run,
    source: str,
    count: int,
    rng: np.random.Generator,
    among: Collection[str] = (),
) -> tuple[list[Prompt], Tensor]:
    """Take `count` seeds.

    Args:
        run: names the corpus, and says how much its model has learnt to hear at once.
        source: `held-out`, `training`, `nothing` (as little silence as the model needs to begin),
            or the path of an audio file, whose end is taken, without the silence after it.
        count: B.
        rng: chooses recordings and places, where training would; a recording comes again only when
            all have been. A place that would have the seed end in silence is moved to where the
            sound before it ends, or to the next sound.
        among: paths of the recordings that may be chosen; empty for all of the split.

    Returns:
        where they lie, and their samples [B, S].

    Raises:
        ReverieError: nothing is long enough or sounds, or the corpus is gone or another.
    """
    measures = measures_of(run.recipe.frames)
    if source == NOTHING:
        samples = measures.samples_for(run.recipe.model.step_frames - 1)
        return [Prompt("", 0.0, 0.0)] * count, torch.zeros(count, samples)
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
    seeds: list[Prompt] = []
    pieces: list[Tensor] = []
    order: list[int] = []
    sounds: dict[int, Sounding] = {}
    silent: set[int] = set()
    while len(seeds) < count:
        order = order or [int(one) for one in rng.permutation(len(recordings)) if one not in silent]
        if not order:
            raise ReverieError(
                f"every {source} recording is silent where a seed could end.",
                "Take the seed from a file that sounds with --seed-from FILE.",
            )
        index = order.pop(0)
        chosen, first, last = recordings[index]
        pcm = corpus.pcm(chosen)
        if index not in sounds:
            sounds[index] = Sounding(pcm, run.rate_hz)
        wanted = int(rng.integers(first, last + 1)) + length_samples
        end = sounds[index].end_near(wanted, first + length_samples, last + length_samples)
        if end is None:
            silent.add(index)
            continue
        samples = to_float32(pcm[end - length_samples : end])
        seeds.append(_seed(chosen.path, samples, end, max(wanted - end, 0), run.rate_hz))
        pieces.append(torch.as_tensor(samples))
    return seeds, torch.stack(pieces)


def _end_of_file(path: Path, run: Run, count: int) -> tuple[list[Prompt], Tensor]:
    """The last T + K - 1 whole frames that end with sound, or as many as it has: K at least."""
    if not path.is_file():
        raise ReverieError(
            f"--seed-from {path} is no file.",
            "Give held-out, training, nothing, or an audio file.",
        )
    measures, rate_hz = measures_of(run.recipe.frames), run.rate_hz
    samples = load(path, rate_hz)
    end = Sounding(samples, rate_hz).end
    if not end:
        raise ReverieError(f"{path} is silent: there is nothing to go on from.", "Give music.")
    frames = (end - measures.overlap_samples) // measures.frame_samples
    least = run.recipe.model.step_frames
    if frames < least:
        rest = " before the silence at its end" if end < len(samples) else ""
        raise ReverieError(
            f"{path} has {end / rate_hz:.2f} s{rest}, and a seed needs "
            f"{measures.samples_for(least) / rate_hz:.2f} s.",
            "Give a longer recording.",
        )
    length_samples = measures.samples_for(min(frames, run.recipe.seed_frames))
    taken = samples[end - length_samples : end].copy()
    seed = _seed(str(path), taken, end, len(samples) - end, rate_hz)
    return [seed] * count, torch.as_tensor(taken).expand(count, -1)


def _seed(
    recording: str, samples: NDArray[np.float32], end: int, silence: int, rate_hz: int
) -> Prompt:
    """The seed of `samples` [S], which end at `end` of their recording, before `silence`."""
    return Prompt(
        recording,
        (end - len(samples)) / rate_hz,
        len(samples) / rate_hz,
        silence / rate_hz,
        hashlib.sha256(samples.tobytes()).hexdigest(),
    )
