"""Fit the codec's decoder: the network that refines each frame by those around it.

By regression of the principal components on what their codes stand for.
Letters: B sequences, S samples, T frames, L frames of context on each side, K principal components.
"""

import math
import threading
import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from reverie.corpus.corpus import Corpus, Split
from reverie.frames.codec import Codec
from reverie.frames.decoder import ContextDecoder
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
MOST_SHARE = 0.2
"""Of the minutes that a recipe allows."""
MEASUREMENTS = 10
"""Of held-out music: the best of so many decoders is kept, or none if none is better."""


def fit_decoder(
    codec: Codec,
    corpus: Corpus,
    recipe: Recipe,
    device: torch.device,
    stop: threading.Event,
    *,
    quiet: bool = False,
) -> Codec | None:
    """Fit the decoder of a codec to the training split; held-out music says when it is best.

    Args:
        codec: whose decoder begins by changing nothing.
        corpus: the recordings.
        recipe: says for how long, and in which precision.
        device: to fit it on.
        stop: any thread may set it.
        quiet: show no progress.

    Returns:
        the codec with its decoder, on the processor; None if it was stopped before its end.
    """
    codec = codec.to(device)
    assert codec.decoder is not None
    decoder = codec.decoder.requires_grad_(True)
    optimiser = RmsProp(dict(decoder.named_parameters()), set(), 0.0, ema_decay=EMA_DECAY)
    measured = next(_sequences(corpus, codec, recipe, "held-out", 1).batches(BATCH, None)).samples
    left, best = _left(codec, decoder, measured), _copied(decoder)
    rounded = torch.autocast(
        device.type, torch.bfloat16, enabled=recipe.model.precision == "bfloat16"
    )
    measurements = 0
    with ProgressBar(
        "fitting the decoder", recipe.training.decoder_steps, "steps", quiet=quiet
    ) as bar:
        for samples, done in _steps(corpus, codec, recipe):
            if stop.is_set():
                return None
            if done * MEASUREMENTS >= measurements + 1 or done >= 1:
                measurements += 1
                with optimiser.averaged():
                    found = _left(codec, decoder, measured)
                    if found < left:
                        left, best = found, _copied(decoder)
            if done >= 1:
                break
            rate = LEARNING_RATE * warmup(bar.done, WARMUP_STEPS) * cosine(done)
            optimiser.learning_rate = rate
            vectors, wanted = _pairs(codec, samples)
            optimiser.zero_grad()
            with rounded:
                loss = regression_loss(decoder, vectors, wanted)
            torch.autograd.backward([loss])
            optimiser.step()
            bar.advance(1, f"{left:.1%} of held-out music's variance left")
    decoder.load_state_dict(best)
    decoder.requires_grad_(False)
    return codec.to("cpu")


def regression_loss(decoder: ContextDecoder, vectors: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared error in shares of the codes' variance: [B, T + 2L, K] twice -> []."""
    inner = decoder.inner(wanted)
    return ((decoder(vectors).float() - inner) / decoder.scale).square().mean()


def _steps(corpus: Corpus, codec: Codec, recipe: Recipe) -> Iterator[tuple[Tensor, float]]:
    """Samples [B, S] for one step after another, and the share that is done before each."""
    training = recipe.training
    sequences = _sequences(corpus, codec, recipe, "train")
    most_seconds = MOST_SHARE * 60 * training.minutes or math.inf
    began, step, epoch = time.monotonic(), 0, 0
    while True:
        order = np.random.default_rng([training.seed, 2, epoch])
        for samples, _, _ in sequences.batches(BATCH, order):
            seconds = time.monotonic() - began
            yield samples, max(step / training.decoder_steps, seconds / most_seconds)
            step += 1
        epoch += 1


def _sequences(
    corpus: Corpus, codec: Codec, recipe: Recipe, split: Split, batches: int = 0
) -> Sequences:
    """Sequences of T + 2L frames; of so many batches only, if not 0."""
    return Sequences(
        corpus,
        corpus.of_split(split),
        codec.spec,
        FRAMES + 2 * codec.lookahead_frames - 1,
        "random",
        most=batches * BATCH,
        trim_silence_db=recipe.training.trim_silence_db,
    )


@torch.no_grad()
def _pairs(codec: Codec, samples: Tensor) -> tuple[Tensor, Tensor]:
    """What codes stand for, and what they should: [B, S] -> [B, T + 2L, K] twice."""
    wanted = codec.principal_components(samples.to(codec.mean.device))
    return codec.quantiser.decode(codec.quantiser.encode(wanted)), wanted


@torch.no_grad()
def _left(codec: Codec, decoder: ContextDecoder, samples: Tensor) -> float:
    """The share of the variance of music [B, S] that is left to explain."""
    vectors, wanted = _pairs(codec, samples)
    inner = decoder.inner(wanted)
    return float((decoder(vectors) - inner).square().mean() / inner.var(dim=(0, 1)).mean())


def _copied(decoder: ContextDecoder) -> dict[str, Tensor]:
    return {name: table.clone() for name, table in decoder.state_dict().items()}
