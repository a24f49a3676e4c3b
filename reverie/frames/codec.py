"""Spectral codes: the spectrum of a frame as a few whole numbers, learnt from the recordings.

Logarithmic magnitudes, their principal components, and residual vector quantisation of these. The
codec is fitted to the training recordings alone, in one pass, from a sample of their frames that
does not grow with the corpus; the same recordings give the same bytes.
Letters as in `contract.py`, and Q codes of a frame, C values of a code, K principal components,
F bins of each of the two transforms in a frame, N frames of the sample.
"""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from reverie.errors import ReverieError
from reverie.frames.contract import CodebookInfo, Representation, whole_frames
from reverie.frames.log_spectrum import FLOOR, LogSpectrum, level
from reverie.frames.quantiser import ResidualQuantiser
from reverie.frames.settings import FrameSettings, frame_spec
from reverie.frames.tables import read_tables
from reverie.storage import replacing

FORMAT, VERSION = "reverie-codec", "1"
SAMPLE_FRAMES = 30_000
"""N at most, spread over the whole corpus; more make the codec no better."""
DECIBELS = 20 / math.log(10)
"""Decibels in one neper."""


class Codec(Representation):
    """Turns samples into codes [B, T, Q], each 0 to C - 1, and back.

    A decoded frame is as loud as training frames of its first code were: whatever codes a model
    strings together, the level stays within the corpus's.

    Args:
        settings: the sizes.
        rate_hz: of the samples.
        mean: [2F], of the logarithmic magnitudes.
        basis: [K, 2F], principal components, orthonormal.
        codebooks: [Q, C, K].
        levels: [2, C], the quietest and the loudest training frame of each first code.
        soft: [], logarithm of what is added to every magnitude before its own is taken.
    """

    def __init__(
        self,
        settings: FrameSettings,
        rate_hz: int,
        *,
        mean: Tensor,
        basis: Tensor,
        codebooks: Tensor,
        levels: Tensor,
        soft: Tensor,
    ) -> None:
        self.settings, self.rate_hz = settings, rate_hz
        self.spectrum = LogSpectrum(settings.hop_samples)
        self.mean, self.basis, self.levels, self.soft = mean, basis, levels, soft
        self.quantiser = ResidualQuantiser(codebooks)
        super().__init__(frame_spec(settings))
        first = torch.arange(codebooks.shape[1], device=codebooks.device)
        alone = level(self.spectra(first.unsqueeze(-1)))
        self.codebook_info = CodebookInfo(codebooks, DECIBELS * alone)

    @classmethod
    def fit(cls, settings: FrameSettings, rate_hz: int, excerpts: Iterable[Tensor]) -> Self:
        """Learn the tables.

        Args:
            settings: the sizes.
            rate_hz: of the samples.
            excerpts: training samples, each [B, S]; shorter ones than a frame are passed over.

        Raises:
            ReverieError: none is as long as a frame.
        """
        spectrum = LogSpectrum(settings.hop_samples)
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
        quantiser = ResidualQuantiser.fit(points, settings.n_codebooks, settings.codebook_size, rng)
        first = quantiser.encode(points)[:, 0]
        levels = torch.empty(2, settings.codebook_size)
        levels[0] = loud.min()
        levels[1] = loud.max()
        levels[0].scatter_reduce_(0, first, loud, "amin", include_self=False)
        levels[1].scatter_reduce_(0, first, loud, "amax", include_self=False)
        return cls(
            settings,
            rate_hz,
            mean=mean,
            basis=basis,
            codebooks=quantiser.codebooks,
            levels=levels,
            soft=soft,
        )

    def to(self, device: torch.device | str) -> Self:
        """Return the same on `device`."""
        tables = {name: table.to(device) for name, table in self._tables().items()}
        return type(self)(self.settings, self.rate_hz, **tables)

    def analyse(self, samples: Tensor) -> Tensor:
        """Encode [B, T·n + overlap] as [B, T, Q], whole numbers."""
        logs = self.spectrum.magnitudes(samples).add_(self.soft.exp()).log_()
        return self.quantiser.encode(logs.sub_(self.mean) @ self.basis.t())

    def spectra(self, codes: Tensor) -> Tensor:
        """Return the log magnitudes that codes stand for: [..., Q or fewer] -> [..., 2F]."""
        softened = self.quantiser.decode(codes) @ self.basis + self.mean
        logs = (softened.exp() - self.soft.exp()).clamp_min(FLOOR).log()
        found = level(logs)
        low, high = self.levels[:, codes[..., 0]]
        bounded = torch.minimum(torch.maximum(found, low), high)
        return logs + (bounded - found).unsqueeze(-1)

    def synthesise(self, frames: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Decode [B, T, Q or fewer] to [B, T·n]; the state is `LogSpectrum`'s."""
        return self.spectrum.synthesise(self.spectra(frames), state)

    def state_after(self, samples: Tensor) -> Tensor:
        """Return what `LogSpectrum` keeps of the samples themselves."""
        return self.spectrum.state_after(samples)

    def initial_state(self, batch: int, like: Tensor) -> Tensor:
        """Return zeros."""
        return self.spectrum.initial_state(batch, self.mean.to(like.device))

    def save(self, path: Path) -> None:
        """Write the tables as safetensors."""
        # One entry alone: safetensors writes several in an order that differs from time to time.
        about = {"about": f"{FORMAT} {VERSION} {self.rate_hz} Hz"}
        tables = {name: table.cpu().contiguous() for name, table in self._tables().items()}
        with replacing(path) as temporary:
            save_file(tables, temporary, about)

    @classmethod
    def load(cls, settings: FrameSettings, rate_hz: int, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ReverieError: the file is missing, broken, of another rate, version or size.
        """
        width = LogSpectrum(settings.hop_samples).spec.width
        values, components = settings.codebook_size, min(settings.n_components, width)
        about, tables = read_tables(
            path,
            "a codec",
            {
                "mean": (width,),
                "basis": (components, width),
                "codebooks": (settings.n_codebooks, values, components),
                "levels": (2, values),
                "soft": (),
            },
        )
        known = f"{FORMAT} {VERSION} "
        if not about.startswith(known):
            raise ReverieError(
                f"{path} is no codec that this version knows, but {about or 'of an unknown kind'}.",
                "Update Reverie, or train the run again.",
            )
        if about != f"{known}{rate_hz} Hz":
            raise ReverieError(
                f"{path} was fitted at {about.removeprefix(known)}, and this is {rate_hz} Hz.",
                "Prepare the corpus at that rate, or train the run again.",
            )
        return cls(settings, rate_hz, **tables)

    def _tables(self) -> dict[str, Tensor]:
        return {
            "mean": self.mean,
            "basis": self.basis,
            "codebooks": self.quantiser.codebooks,
            "levels": self.levels,
            "soft": self.soft,
        }


def fit_bytes(settings: FrameSettings) -> int:
    """Estimate how much memory `Codec.fit` takes at most, beside the excerpts.

    The frames twice, while they are softened; their covariance in both precisions, its vectors and
    what their search takes; the points, and what each stage leaves over of them.
    """
    width = LogSpectrum(settings.hop_samples).spec.width
    components = min(settings.n_components, width)
    tables = settings.n_codebooks * settings.codebook_size * components
    frames = 4 * 2 * SAMPLE_FRAMES * width
    covariance = (4 + 4 * 8) * width**2
    return frames + covariance + 4 * (4 * SAMPLE_FRAMES * components + 2 * tables)


def _sample(spectrum: LogSpectrum, excerpts: Iterable[Tensor]) -> Tensor:
    """Return frames of `excerpts`, evenly thinned so that they stay few: [N, 2F]."""
    kept = torch.empty(SAMPLE_FRAMES, spectrum.spec.width)
    count, stride, seen = 0, 1, 0
    for excerpt in excerpts:
        found = whole_frames(spectrum, excerpt)
        chosen = found[-seen % stride :: stride]
        while count + len(chosen) > SAMPLE_FRAMES:
            thinned = kept[:count:2].clone()
            count, stride = len(thinned), 2 * stride
            kept[:count] = thinned
            chosen = found[-seen % stride :: stride]
        kept[count : count + len(chosen)] = chosen
        count, seen = count + len(chosen), seen + len(found)
    return kept[:count]
