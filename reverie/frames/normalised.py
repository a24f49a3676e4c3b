"""Frames of real numbers together with their normalisation.

Letters as in `contract.py`. The paper does not say how it normalised; GRUV takes out the mean and
deviation of each feature over the training set, which is the default here.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from reverie.errors import ReverieError
from reverie.frames.contract import Frames, Representation, whole_frames
from reverie.frames.settings import FrameSettings, Normalisation
from reverie.frames.tables import RESTORE, read_tables
from reverie.frames.transforms import build_frames
from reverie.storage import replacing
from reverie.tensor_files import save_tensors

SCALE_FLOOR = 1e-4
"""Smallest deviation of a feature, relative to that of the loudest: the imaginary parts at zero
and at half the rate are always zero, and would otherwise be divided by it."""


class Normalised(Representation):
    """A transform and the statistics that make its features comparable.

    Args:
        frames: the transform.
        mean: [D], taken out of each feature.
        scale: [D], each feature is then divided by it.
    """

    def __init__(self, frames: Frames, mean: Tensor, scale: Tensor) -> None:
        self.frames, self.mean, self.scale = frames, mean, scale
        super().__init__(frames.spec)

    @classmethod
    def fit(cls, settings: FrameSettings, rate_hz: int, excerpts: Iterable[Tensor]) -> Self:
        """Measure the statistics in one pass and in double precision.

        Args:
            settings: which transform and which normalisation.
            rate_hz: of the samples.
            excerpts: training samples, each [B, S]; S may differ, and shorter ones than a frame
                are passed over.
        """
        frames = build_frames(settings, rate_hz)
        count = 0
        total = torch.zeros(frames.spec.width, dtype=torch.float64)
        squares = torch.zeros(frames.spec.width, dtype=torch.float64)
        for excerpt in excerpts if settings.normalisation != "none" else ():
            found = whole_frames(frames, excerpt)
            found = found.to(torch.float64)
            count += found.shape[0]
            total += found.sum(0)
            squares += found.square().sum(0)
        mean, scale = _statistics(settings.normalisation, count, total, squares)
        return cls(frames, mean.float(), scale.float())

    @classmethod
    def stand_in(cls, settings: FrameSettings, rate_hz: int) -> Self:
        """Make statistics that change nothing."""
        frames = build_frames(settings, rate_hz)
        width = frames.spec.width
        return cls(frames, torch.zeros(width), torch.ones(width))

    def to(self, device: torch.device | str) -> Self:
        """Return the same on `device`."""
        return type(self)(self.frames, self.mean.to(device), self.scale.to(device))

    def analyse(self, samples: Tensor) -> Tensor:
        """Transform an excerpt and normalise its frames: [B, C, T·n + overlap] -> [B, T, D]."""
        return (self.frames.analyse(samples) - self.mean) / self.scale

    def synthesise(self, frames: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Turn normalised frames into samples, as `Frames.synthesise`."""
        return self.frames.synthesise(frames * self.scale + self.mean, state)

    def state_after(self, samples: Tensor) -> Tensor:
        """Return the transform's."""
        return self.frames.state_after(samples)

    def initial_state(self, batch: int, like: Tensor) -> Tensor:
        """Return the transform's."""
        return self.frames.initial_state(batch, like)

    def save(self, path: Path) -> None:
        """Write the statistics as safetensors."""
        with replacing(path) as temporary:
            save_tensors({"mean": self.mean.cpu(), "scale": self.scale.cpu()}, temporary)

    @classmethod
    def load(cls, settings: FrameSettings, rate_hz: int, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ReverieError: the file is missing, broken, or of another transform.
        """
        frames = build_frames(settings, rate_hz)
        shape = (frames.spec.width,)
        wanted = {"mean": shape, "scale": shape}
        tables = read_tables(path, "frame statistics", wanted).tables
        if (tables["scale"] <= 0).any():
            raise ReverieError(f"{path} is damaged: a scale is not above zero.", RESTORE)
        return cls(frames, tables["mean"], tables["scale"])


def _statistics(
    kind: Normalisation, count: int, total: Tensor, squares: Tensor
) -> tuple[Tensor, Tensor]:
    if kind == "none" or count == 0:
        return torch.zeros_like(total), torch.ones_like(total)
    if kind == "global":
        mean, square = (total / count).mean(), (squares / count).mean()
        scale = (square - mean.square()).clamp_min(0).sqrt()
        scale = torch.where(scale > 0, scale, 1.0)
        return mean.expand_as(total).clone(), scale.expand_as(total).clone()
    mean = total / count
    scale = (squares / count - mean.square()).clamp_min(0).sqrt()
    loudest = scale.max()
    floor = torch.where(loudest > 0, loudest * SCALE_FLOOR, 1.0)
    return mean, torch.maximum(scale, floor)
