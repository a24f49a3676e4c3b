"""Fit a network that tells of frames from their context, by regression.

Letters: B sequences, S samples, T frames, L frames of context on each side, K principal components,
O outputs of a frame.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from reverie.corpus.corpus import Corpus, Split
from reverie.frames.contract import FrameSpec
from reverie.frames.decoder import ContextNetwork
from reverie.progress import ProgressBar
from reverie.runs.settings import Recipe
from reverie.training.optimiser import RmsProp, cosine, warmup
from reverie.training.sequences import Sequences

FRAMES = 128
"""T."""
BATCH = 16
LEARNING_RATE = 1e-3
WARMUP_STEPS = 50
EMA_DECAY = 0.99
MEASUREMENTS = 10
"""Of held-out music: the best of so many networks is kept, or the first if none is better."""


Pair = tuple[Tensor, Tensor]
"""What a network hears, [B, T + 2L, K], and what it shall tell of these frames, [B, T + 2L, O]."""


@dataclass(frozen=True)
class Regression:
    """What a network shall learn to tell."""

    name: str
    """Of the network, for the progress."""
    network: ContextNetwork
    """Fitted in place."""
    pairs: Callable[[Tensor], Pair]
    """Makes a pair of samples [B, C, S], on any device."""
    share: float
    """Of the minutes that a recipe allows, at most."""
    steps: int
    """At most."""
    kept: int = 0
    """Batches that are drawn from the recordings; the steps after these draw from them again. 0
    draws from the recordings for every step."""


def fit_network(
    task: Regression,
    corpus: Corpus,
    recipe: Recipe,
    spec: FrameSpec,
    device: torch.device,
    stop: threading.Event,
    *,
    quiet: bool,
) -> bool:
    """Fit a network to the training split; held-out music says when it is best.

    Args:
        task: what to fit.
        corpus: the recordings.
        recipe: says for how long, and in which precision.
        spec: of the frames.
        device: that the network lies on.
        stop: any thread may set it.
        quiet: show no progress.

    Returns:
        whether it came to its end, and was not stopped before.
    """
    network = task.network.requires_grad_(True)
    optimiser = RmsProp(dict(network.named_parameters()), set(), 0.0, ema_decay=EMA_DECAY)
    held_out = sequences_of(corpus, recipe, spec, network, "held-out", 1)
    measured = next(held_out.batches(BATCH, None)).samples
    left, best = _left(task, measured), _copied(network)
    is_rounded = recipe.model.precision == "bfloat16"
    measurements = 0
    with ProgressBar(f"fitting the {task.name}", task.steps, "steps", quiet=quiet) as bar:
        for (vectors, wanted), done in _steps(task, corpus, recipe, spec):
            if stop.is_set():
                return False
            if done * MEASUREMENTS >= measurements + 1 or done >= 1:
                measurements += 1
                with optimiser.averaged():
                    found = _left(task, measured)
                    if found < left:
                        left, best = found, _copied(network)
            if done >= 1:
                break
            if bar.done:
                # The minutes may end it before the steps do.
                bar.expect(min(task.steps, math.ceil(bar.done / done)))
            rate = LEARNING_RATE * warmup(bar.done, WARMUP_STEPS) * cosine(done)
            optimiser.learning_rate = rate
            optimiser.zero_grad()
            _descend(network, (vectors, wanted), device, is_rounded=is_rounded)
            optimiser.step()
            bar.advance(1, f"{left:.1%} of held-out music's variance left")
    network.load_state_dict(best)
    network.requires_grad_(False)
    return True


def regression_seconds(
    task: Regression,
    recipe: Recipe,
    spec: FrameSpec,
    device: torch.device,
    clock: Callable[[], float],
) -> float:
    """Estimate how long `fit_network` takes, from two steps on silence; the first is cold.

    Args:
        task: what would be fitted; its network is left as it was.
        recipe: says for how long, and in which precision.
        spec: of the frames.
        device: that the network lies on.
        clock: tells the time in seconds.
    """
    network, pair_seconds, step_seconds = task.network.requires_grad_(True), 0.0, 0.0
    samples = torch.zeros(
        BATCH,
        spec.channels,
        spec.samples_for(FRAMES + 2 * network.size.context_frames),
        device=device,
    )
    for _ in range(2):
        began = clock()
        pair = task.pairs(samples)
        heard = clock()
        loss = _descend(network, pair, device, is_rounded=recipe.model.precision == "bfloat16")
        loss.item()  # a GPU is waited for
        pair_seconds, step_seconds = heard - began, clock() - heard
    network.zero_grad(set_to_none=True)
    network.requires_grad_(False)
    seconds = (task.kept or task.steps) * pair_seconds + task.steps * step_seconds
    return min(seconds, task.share * 60 * recipe.training.minutes or math.inf)


def _descend(
    network: ContextNetwork, pair: Pair, device: torch.device, *, is_rounded: bool
) -> Tensor:
    """Compute the gradients of a step, and return its loss."""
    with torch.autocast(device.type, torch.bfloat16, enabled=is_rounded):
        loss = regression_loss(network, *pair)
    torch.autograd.backward([loss])
    return loss.detach()


def regression_loss(network: ContextNetwork, vectors: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared error in the network's unit: [B, T + 2L, K] and [B, T + 2L, O] -> []."""
    inner = network.inner(wanted)
    return ((network(vectors).float() - inner) / network.unit).square().mean()


def sequences_of(
    corpus: Corpus,
    recipe: Recipe,
    spec: FrameSpec,
    network: ContextNetwork,
    split: Split,
    batches: int = 0,
) -> Sequences:
    """Sequences of T + 2L frames; of so many batches only, if not 0."""
    return Sequences(
        corpus,
        corpus.of_split(split),
        spec,
        FRAMES + 2 * network.size.context_frames - 1,
        "random",
        most=batches * BATCH,
        trim_silence_db=recipe.training.trim_silence_db,
    )


def _steps(
    task: Regression, corpus: Corpus, recipe: Recipe, spec: FrameSpec
) -> Iterator[tuple[Pair, float]]:
    """What one step after another is to learn, and the share that is done before each."""
    most_seconds = task.share * 60 * recipe.training.minutes or math.inf
    began = time.monotonic()
    for step, pair in enumerate(_pairs(task, corpus, recipe, spec)):
        seconds = time.monotonic() - began
        yield pair, max(step / task.steps, seconds / most_seconds)


def _pairs(task: Regression, corpus: Corpus, recipe: Recipe, spec: FrameSpec) -> Iterator[Pair]:
    """Pairs of music that is drawn anew, or that was drawn before, without an end."""
    sequences = sequences_of(corpus, recipe, spec, task.network, "train")
    kept: list[Pair] = []
    epoch, seed = 0, recipe.training.seed
    while not task.kept or len(kept) < task.kept:
        order = np.random.default_rng([seed, 2, epoch])
        for samples, *_ in sequences.batches(BATCH, order):
            pair = task.pairs(samples)
            yield pair
            if task.kept:
                kept.append(pair)
                if len(kept) == task.kept:
                    break
        epoch += 1
    drawn = np.random.default_rng([seed, 3])
    while True:
        yield kept[int(drawn.integers(len(kept)))]


@torch.no_grad()
def _left(task: Regression, samples: Tensor) -> float:
    """The share of the variance of music [B, C, S] that is left to explain."""
    vectors, wanted = task.pairs(samples)
    inner = task.network.inner(wanted)
    missed = (task.network(vectors) - inner).square().mean()
    return float(missed / inner.var(dim=(0, 1)).mean().clamp_min(1e-12))


def _copied(network: ContextNetwork) -> dict[str, Tensor]:
    return {name: table.clone() for name, table in network.state_dict().items()}
