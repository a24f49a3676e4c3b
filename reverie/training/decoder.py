"""Fit the networks of a codec: its decoder, and what tells of the full band.

The decoder refines each frame by those around it, by regression of the principal components on what
their codes stand for; the other tells features of high bands, and of left and right.
Letters as in `regression.py`, and E features of a frame.
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor

from reverie.corpus.corpus import Corpus
from reverie.frames.codec import Codec
from reverie.frames.decoder import KERNEL_FRAMES, decoder_size
from reverie.frames.full_band.codec import FullBandCodec
from reverie.frames.transforms import frame_spec, spectrum_width
from reverie.runs.settings import Recipe
from reverie.training.regression import (
    BATCH,
    FRAMES,
    Regression,
    fit_network,
    regression_seconds,
    sequences_of,
)

DECODER_SHARE = 0.2
"""Of the minutes that a recipe allows."""
TELLER_SHARE = 0.08
"""The same, of the network that tells of the full band, which is a quarter as large."""
KEPT_BATCHES = 24
"""Half an hour in frames of 32 ms: measuring them takes longer than learning of them."""
UNTOLD = 8
"""One sequence of so many is told no mean of a prompt, like music without a prompt."""
LEVEL_BATCHES = 8
"""Batches of music by which levels and shares are set."""

AnyCodec = TypeVar("AnyCodec", Codec, FullBandCodec)


def fit_decoder(
    fitted: AnyCodec,
    corpus: Corpus,
    recipe: Recipe,
    device: torch.device,
    stop: threading.Event,
    *,
    quiet: bool = False,
) -> AnyCodec | None:
    """Fit the networks of a codec to the training split; held-out music says when they are best.

    Args:
        fitted: whose networks begin by changing nothing.
        corpus: the recordings.
        recipe: says for how long, and in which precision.
        device: to fit them on.
        stop: any thread may set it.
        quiet: show no progress.

    Returns:
        the codec with its networks, on the processor; None if it was stopped before its end.
    """
    codec = fitted.to(device)
    for task in _tasks(codec, recipe):
        if not fit_network(task, corpus, recipe, codec.spec, device, stop, quiet=quiet):
            return None
    if isinstance(codec, FullBandCodec):
        _set_levels(codec, corpus, recipe)
    return codec.to("cpu")


def decoder_fit_seconds(
    codec: Codec | FullBandCodec,
    recipe: Recipe,
    device: torch.device,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Estimate how long `fit_decoder` takes on a quiet machine, from two steps on silence.

    Args:
        codec: of the recipe's sizes; a copy of it is fitted to nothing.
        recipe: says for how long, and in which precision.
        device: to fit it on.
        clock: tells the time in seconds.
    """
    copied = codec.to(device)
    tasks = _tasks(copied, recipe)
    return sum(regression_seconds(task, recipe, copied.spec, device, clock) for task in tasks)


def _tasks(codec: Codec | FullBandCodec, recipe: Recipe) -> list[Regression]:
    """What the networks of a codec shall learn."""
    steps = recipe.training.decoder_steps
    tasks: list[Regression] = []
    narrow = codec.narrow if isinstance(codec, FullBandCodec) else codec
    if narrow.decoder is not None:
        pairs = partial(_components, codec)
        tasks.append(Regression("decoder", narrow.decoder, pairs, DECODER_SHARE, steps))
    if isinstance(codec, FullBandCodec):
        pairs = partial(_features, codec)
        kept = KEPT_BATCHES
        tasks.append(Regression("full band", codec.teller, pairs, TELLER_SHARE, steps, kept))
    return tasks


def decoder_fit_bytes(recipe: Recipe, rate_hz: int) -> int:
    """Estimate how much memory `fit_decoder` takes at most, at `rate_hz`; 0 where it fits none."""
    settings = recipe.frames
    is_full_band = settings.is_full_band(rate_hz)
    if not settings.has_decoder and not is_full_band:
        return 0
    width = spectrum_width(settings, rate_hz)
    size = decoder_size(settings, min(settings.n_components, width))
    if not settings.has_decoder:
        size = size._replace(blocks=0)
    frames = BATCH * (FRAMES + 2 * size.context_frames)
    # Of each frame and block: the frames around it side by side, before and after GELU, and mixed.
    kept = size.blocks * (KERNEL_FRAMES + 3) * size.channels + 4 * size.n_components
    spectra = 4 * width  # complex ones, their magnitudes, and the logarithms of these
    if is_full_band:
        # Windows of all channels, long and short ones: samples, spectra, and their power.
        spectra += 12 * settings.n_channels * frame_spec(settings, rate_hz).hop_samples
    # Weights, gradients, mean squares, running means, the best so far, and all of them rounded.
    return 4 * (frames * (kept + spectra) + 6 * size.weights)


@torch.no_grad()
def _components(codec: Codec | FullBandCodec, samples: Tensor) -> tuple[Tensor, Tensor]:
    """What codes stand for, and what they should: [B, C, S] -> [B, T + 2L, K] twice."""
    narrow, samples = _narrow(codec, samples)
    wanted = narrow.principal_components(samples)
    return narrow.quantiser.decode(narrow.quantiser.encode(wanted)), wanted


@torch.no_grad()
def _features(codec: FullBandCodec, samples: Tensor) -> tuple[Tensor, Tensor]:
    """What tells by how much features differ from those of a prompt, and these differences:
    [B, C, S] -> [B, T + 2L, K + E] and [B, T + 2L, E]."""
    vectors, features, style = _heard(codec, samples)
    return codec.inputs(vectors, style), features - style.unsqueeze(1)


def _heard(codec: FullBandCodec, samples: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Vectors [B, T + 2L, K], features [B, T + 2L, E] and those of a prompt, [B, E].

    The prompt is the first half, so that the network learns how far the mean of a while ago holds.
    """
    vectors, _ = _components(codec, samples)
    features = codec.measure(samples.to(codec.means.device))
    style = features[:, : max(1, features.shape[1] // 2)].mean(1)
    style[::UNTOLD] = 0
    return vectors, features, style


def _narrow(codec: Codec | FullBandCodec, samples: Tensor) -> tuple[Codec, Tensor]:
    """Return the codec of the mid, and the mid."""
    if isinstance(codec, FullBandCodec):
        return codec.narrow, codec.narrowed(samples.to(codec.means.device))
    return codec, samples.to(codec.mean.device)


@torch.no_grad()
def _set_levels(codec: FullBandCodec, corpus: Corpus, recipe: Recipe) -> None:
    """Bring the power of what is told to that of training music."""
    music = sequences_of(corpus, recipe, codec.spec, codec.teller, "train", LEVEL_BATCHES)
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    for samples, *_ in music.batches(BATCH, None):
        vectors, features, style = _heard(codec, samples)
        mid_power = codec.mid_power(samples.to(codec.means.device))
        inner = codec.teller.inner
        found.append((codec.predict(vectors, style), inner(features), inner(mid_power)))
    told, real, mid_power = (torch.cat(each) for each in zip(*found, strict=True))
    codec.set_levels(told, real, mid_power)
