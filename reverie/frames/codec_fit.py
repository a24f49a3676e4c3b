"""Fit a codec to training recordings, in one pass over a sample of their frames.

Letters as in `codec.py`, and N frames of the sample.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from reverie.errors import ReverieError
from reverie.frames.codec import DECIBELS, Codec
from reverie.frames.contract import whole_frames
from reverie.frames.decoder import build_decoder
from reverie.frames.log_spectrum import LogSpectrum, level
from reverie.frames.quantiser import ResidualQuantiser
from reverie.frames.settings import LEAST_CODEBOOKS, FrameSettings

ENOUGH = 0.2
"""Of the variance may be left where the number of codes follows the recordings. On the piano three
codes leave .19; of a game's music three leave .26 and six .19, and more bring its clips nearer."""
SAMPLE_FRAMES = 30_000
"""N at most, spread over the whole corpus; more make the codec no better."""


def fit_codec(settings: FrameSettings, rate_hz: int, excerpts: Iterable[Tensor]) -> Codec:
    """Learn the tables of a codec; its decoder, if it has one, is not fitted yet.

    Args:
        settings: the sizes.
        rate_hz: of the samples.
        excerpts: training samples, each [B, 1, S]; shorter ones than a frame are passed over.

    Raises:
        ReverieError: none is as long as a frame.
    """
    spectrum = LogSpectrum(settings.hop_samples(rate_hz))
    rng = torch.Generator().manual_seed(0)
    logs = _sample(spectrum, excerpts)
    if not len(logs):
        raise ReverieError(
            "no training recording is as long as one frame.", "Add longer recordings."
        )
    loud = level(logs)
    soft = loud.max() - settings.log_floor_db / DECIBELS
    logs = torch.logaddexp(logs, soft)
    mean = logs.mean(0)
    centred = logs.sub_(mean)
    components = min(settings.n_components, centred.shape[1])
    _, vectors = np.linalg.eigh((centred.t() @ centred).double().numpy())
    basis = torch.as_tensor(vectors[:, ::-1][:, :components].T.astype(np.float32).copy())
    points = centred @ basis.t()
    quantiser = ResidualQuantiser.fit(
        points,
        settings.most_codebooks,
        settings.codebook_size,
        rng,
        least=settings.n_codebooks or LEAST_CODEBOOKS,
        enough=ENOUGH,
    )
    first = quantiser.encode(points)[:, 0]
    levels = torch.empty(2, settings.codebook_size)
    levels[0] = loud.min()
    levels[1] = loud.max()
    levels[0].scatter_reduce_(0, first, loud, "amin", include_self=False)
    levels[1].scatter_reduce_(0, first, loud, "amax", include_self=False)
    return Codec(
        settings.with_codebooks(len(quantiser.codebooks)),
        rate_hz,
        mean=mean,
        basis=basis,
        codebooks=quantiser.codebooks,
        levels=levels,
        soft=soft,
        decoder=build_decoder(settings, quantiser.codebooks, rng),
    )


def fit_bytes(settings: FrameSettings, rate_hz: int) -> int:
    """Estimate how much memory `fit_codec` takes at most, beside the excerpts, at `rate_hz`.

    The frames twice, while they are softened; their covariance in both precisions, its vectors and
    what their search takes; the points, and what each stage leaves over of them.
    """
    width = LogSpectrum(settings.hop_samples(rate_hz)).spec.width
    components = min(settings.n_components, width)
    tables = settings.most_codebooks * settings.codebook_size * components
    frames = 4 * 2 * SAMPLE_FRAMES * width
    covariance = (4 + 4 * 8) * width**2
    return frames + covariance + 4 * (4 * SAMPLE_FRAMES * components + 2 * tables)


def _sample(spectrum: LogSpectrum, excerpts: Iterable[Tensor]) -> Tensor:
    """Return frames of `excerpts`, evenly thinned so that they stay few: [N, 2F]."""
    kept = torch.empty(SAMPLE_FRAMES, spectrum.spec.width)
    count, stride, seen = 0, 1, 0
    for excerpt in excerpts:
        found = whole_frames(spectrum, excerpt[:, 0])
        chosen = found[-seen % stride :: stride]
        while count + len(chosen) > SAMPLE_FRAMES:
            thinned = kept[:count:2].clone()
            count, stride = len(thinned), 2 * stride
            kept[:count] = thinned
            chosen = found[-seen % stride :: stride]
        kept[count : count + len(chosen)] = chosen
        count, seen = count + len(chosen), seen + len(found)
    return kept[:count]
