"""Fit the codec's decoder: the network that refines each frame by those around it.

By regression of the principal components on what their codes stand for. Letters: B sequences,
T frames, L frames of context on each side, K principal components.
"""

import math
import threading
import time

import numpy as np
import torch
from torch import Tensor

from reverie.corpus.corpus import Corpus
from reverie.frames.codec import Codec
from reverie.frames.decoder import ContextDecoder
from reverie.progress import ProgressBar
from reverie.runs.settings import Recipe
from reverie.training.optimiser import RmsProp, cosine
from reverie.training.sequences import Sequences

FRAMES = 128
"""T."""
BATCH = 16
LEARNING_RATE = 1e-3
WARMUP_STEPS = 50
MOST_SHARE = 0.2
"""Of the minutes that a recipe allows."""


def fit_decoder(
    codec: Codec,
    corpus: Corpus,
    recipe: Recipe,
    device: torch.device,
    stop: threading.Event,
    *,
    quiet: bool = False,
) -> Codec | None:
    """Fit the decoder of a codec to the training split.

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
    training = recipe.training
    codec = codec.to(device)
    decoder = codec.decoder
    assert decoder is not None
    decoder.requires_grad_(True)
    optimiser = RmsProp(dict(decoder.named_parameters()), set(), 0.0, ema_decay=0.99)
    sequences = Sequences(
        corpus,
        corpus.of_split("train"),
        codec.spec,
        FRAMES + 2 * codec.lookahead_frames - 1,
        "random",
        trim_silence_db=training.trim_silence_db,
    )
    most_seconds = MOST_SHARE * 60 * training.minutes or math.inf
    began, step, epoch = time.monotonic(), 0, 0
    rounded = recipe.model.precision == "bfloat16"
    with ProgressBar("fitting the decoder", training.decoder_steps, "steps", quiet=quiet) as bar:
        while step < training.decoder_steps:
            order = np.random.default_rng([training.seed, 2, epoch])
            epoch += 1
            for samples, _, _ in sequences.batches(BATCH, order):
                seconds = time.monotonic() - began
                done = max(step / training.decoder_steps, seconds / most_seconds)
                if stop.is_set():
                    return None
                if done >= 1:
                    step = training.decoder_steps
                    break
                warm = min(1.0, (step + 1) / WARMUP_STEPS)
                optimiser.learning_rate = LEARNING_RATE * warm * cosine(done)
                with torch.no_grad():
                    wanted = codec.components(samples.to(device))
                    vectors = codec.quantiser.decode(codec.quantiser.encode(wanted))
                optimiser.zero_grad()
                with torch.autocast(device.type, torch.bfloat16, enabled=rounded):
                    loss = regression_loss(decoder, vectors, wanted)
                torch.autograd.backward([loss])
                optimiser.step()
                step += 1
                bar.advance(1, f"{100 * loss.item():.1f} % left")
    with optimiser.averaged():
        decoder.requires_grad_(False)
        return codec.to("cpu")


def regression_loss(decoder: ContextDecoder, vectors: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared error in shares of the variance: [B, T + 2L, K] twice -> []."""
    context = decoder.size.context_frames
    inner = wanted[:, context : wanted.shape[1] - context]
    return ((decoder(vectors).float() - inner) / decoder.scale).square().mean()
