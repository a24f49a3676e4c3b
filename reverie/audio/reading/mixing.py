"""Mix channels to one: their mean, or another mix if channels would cancel in the mean.

Letters: C channels, n samples.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

SILENT_POWER = 1e-4
"""A channel whose power is 40 dB or more below the loudest channel's counts as silent."""

LOST_SHARE = 0.05
"""Largest share of the power of uncorrelated channels that a mix may lose to cancellation."""

MixName = Literal["mean", "turned", "loudest"]


@dataclass(frozen=True)
class Mix:
    """How to mix `channels` channels to one: a weight for each."""

    name: MixName
    weights: tuple[float, ...]

    @property
    def channels(self) -> int:
        """Number of channels that are mixed."""
        return len(self.weights)

    def notes(self) -> tuple[str, ...]:
        """Return remarks on the mix for the user; none for the plain mean."""
        remarks: tuple[str, ...] = ()
        silent = sum(weight == 0 for weight in self.weights)
        if silent and self.name != "loudest":
            remarks = (
                f"{silent} of its {self.channels} channels are silent and left out of the mix",
            )
            if silent == 1:
                remarks = (f"1 of its {self.channels} channels is silent and left out of the mix",)
        match self.name:
            case "turned":
                remarks += ("its channels are out of phase and cancel each other: mixed with the "
                "phase of some inverted",)  # fmt: skip
            case "loudest":
                remarks += ("its channels cancel each other in places: only the loudest is used",)
            case "mean":
                pass
        return remarks


def mean_of(channels: int) -> Mix:
    """Return the plain mean of `channels` channels."""
    return Mix("mean", (1 / channels,) * channels)


class Mixer:
    """Mix blocks of `mix.channels` channels and measure what the mix loses.

    Args:
        mix: to apply.
    """

    def __init__(self, mix: Mix) -> None:
        self.mix = mix
        self._weights = np.array(mix.weights)
        self._products = np.zeros((mix.channels, mix.channels))
        self._power = self._lost = 0.0

    def mixed(self, channels: list[Samples], scale: float) -> Samples:
        """Mix channels, float32 [n] each, times `scale`: float32 [n], a copy."""
        # The caller reports samples that are not finite.
        with np.errstate(all="ignore"):
            self._watch(channels)
            return self._sum(channels, scale)

    def _sum(self, channels: list[Samples], scale: float) -> Samples:
        weights = [np.float32(scale * weight) for weight in self.mix.weights]
        if len(set(weights)) == 1:
            total: Samples = channels[0] + channels[1]
            for channel in channels[2:]:
                total += channel
            total *= weights[0]
        else:
            total = channels[0] * weights[0]
            for channel, weight in zip(channels[1:], weights[1:], strict=True):
                total += channel * weight
        return total

    def _watch(self, channels: list[Samples]) -> None:
        """Measure what the mix loses of a block of channels."""
        weights, products = self._weights, _products_of(channels)
        self._products += products
        left = float(weights @ products @ weights)
        # The power of the mix if its channels were uncorrelated. A mix 6 dB or more below it has
        # lost the difference to cancellation.
        power = float(weights**2 @ products.diagonal())
        self._power += power
        self._lost += max(power - 4 * left, 0.0)

    def better(self) -> Mix:
        """Return the mix to use instead, after the last block; the same if it lost nothing."""
        powers = self._products.diagonal()
        if not np.isfinite(self._products).all() or not powers.max() > 0:
            return self.mix
        live = powers > SILENT_POWER * powers.max()
        loses = self._lost > LOST_SHARE * self._power
        match self.mix.name:
            case "mean" if loses:
                return Mix("turned", tuple(_turned(self._products, live)))
            case "mean" if not live.all():
                return Mix("mean", tuple(live / live.sum()))
            case "turned" if loses:
                return Mix("loudest", tuple(np.eye(len(powers))[int(powers.argmax())]))
            case _:
                return self.mix


def _products_of(channels: list[Samples]) -> NDArray[np.float64]:
    """Return the inner products of all pairs of channels, [C, C]."""
    if len(channels) > 2:
        block = np.stack(channels)
        return np.asarray(block @ block.T, np.float64)
    # For two rows a matrix product takes ten times as long.
    left, right = channels
    across = np.dot(left, right)
    return np.array([[np.dot(left, left), across], [across, np.dot(right, right)]], np.float64)


def _turned(products: NDArray[np.float64], live: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return weights of the mean of live channels, inverting those opposed to the main
    direction."""
    deviations = np.sqrt(np.where(live, products.diagonal(), np.inf))
    _, vectors = np.linalg.eigh(products / np.outer(deviations, deviations))
    signs = np.where(vectors[:, -1] < 0, -1.0, 1.0)
    # The first live channel keeps its phase.
    signs *= signs[int(live.argmax())]
    return np.where(live, signs / live.sum(), 0.0)
