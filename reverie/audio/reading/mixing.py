"""Mix a file's channels to the one or two that are wanted.

One is their mean, or another mix if channels would cancel in the mean. Two stay as they are, but
for their phase.
Letters: C channels of the file, O channels wanted, n samples.
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

EQUAL_POWER = 1e-6
"""Two channels whose difference lies 60 dB or more below them are one."""

MixName = Literal["mean", "turned", "loudest", "kept", "opposed", "downmix"]

Weights = tuple[float, ...]
"""A weight for each channel."""


@dataclass(frozen=True)
class Mix:
    """How to mix channels: the weights of each channel that is wanted, O of them."""

    name: MixName
    weights: tuple[Weights, ...]

    @property
    def channels(self) -> int:
        """Number of channels that are mixed, C."""
        return len(self.weights[0])

    def notes(self) -> tuple[str, ...]:
        """Return remarks on the mix for the user; none for the plain mean."""
        remarks: tuple[str, ...] = ()
        silent = sum(weight == 0 for weight in self.weights[0])
        if silent and self.name in {"mean", "turned"}:
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
            case "opposed":
                remarks = ("its channels are out of phase: the phase of one is inverted",)
            case "downmix":
                remarks = (f"its {self.channels} channels are mixed to two",)
            case "mean" | "kept":
                pass
        return remarks


def mean_of(channels: int) -> Mix:
    """Return the plain mean of `channels` channels."""
    return Mix("mean", ((1 / channels,) * channels,))


KEPT = Mix("kept", ((1.0, 0.0), (0.0, 1.0)))
"""Two channels as they are."""
OPPOSED = Mix("opposed", ((1.0, 0.0), (0.0, -1.0)))
"""Two channels, the phase of one of which is inverted."""
TURNED = Mix("turned", ((0.5, -0.5),))
"""The mean of two such channels."""


class Mixer:
    """Mix blocks of `mix.channels` channels and measure what the mix loses.

    Args:
        mix: to apply.
    """

    def __init__(self, mix: Mix) -> None:
        self.mix = mix
        self._products = np.zeros((mix.channels, mix.channels))
        # Two channels are watched for what their mean would lose, since much is measured of it.
        watched = mean_of(2) if mix.name in {"kept", "opposed"} else mix
        self._loss = _Loss(np.array(watched.weights[0]))
        self._loss_if_turned = _Loss(np.array([0.5, -0.5])) if mix.name == "kept" else None

    def mixed(self, channels: list[Samples], scale: float) -> Samples:
        """Mix channels, float32 [n] each, times `scale`: float32 [O, n], a copy."""
        # The caller reports samples that are not finite.
        with np.errstate(all="ignore"):
            if self.mix.name != "downmix":
                self._watch(channels)
            found = [_sum(channels, scale, weights) for weights in self.mix.weights]
            return found[0][None] if len(found) == 1 else np.stack(found)

    def _watch(self, channels: list[Samples]) -> None:
        """Measure what the mix loses of a block of channels."""
        products = _products_of(channels)
        self._products += products
        self._loss.add(products)
        if self._loss_if_turned is not None:
            self._loss_if_turned.add(products)

    def better(self) -> Mix:
        """Return the mix to use instead, after the last block; the same if it lost nothing."""
        powers = self._products.diagonal()
        if not np.isfinite(self._products).all() or not powers.max() > 0:
            return self.mix
        live = powers > SILENT_POWER * powers.max()
        loses = self._loss.is_large
        match self.mix.name:
            case "mean" if loses:
                return Mix("turned", (tuple(_turned(self._products, live)),))
            case "mean" if not live.all():
                return Mix("mean", (tuple(live / live.sum()),))
            case "turned" if loses:
                return Mix("loudest", (tuple(np.eye(len(powers))[int(powers.argmax())]),))
            case "kept" if loses and self._loss_if_turned and not self._loss_if_turned.is_large:
                return OPPOSED
            case _:
                return self.mix


class _Loss:
    """What a mix to one channel loses to cancellation.

    Args:
        weights: of the mix, [C].
    """

    def __init__(self, weights: NDArray[np.float64]) -> None:
        self._weights = weights
        self._power = self._lost = 0.0

    def add(self, products: NDArray[np.float64]) -> None:
        """Add a block whose channels have these inner products [C, C]."""
        left = float(self._weights @ products @ self._weights)
        # The power of the mix if its channels were uncorrelated. A mix 6 dB or more below it has
        # lost the difference to cancellation.
        power = float(self._weights**2 @ products.diagonal())
        self._power += power
        self._lost += max(power - 4 * left, 0.0)

    @property
    def is_large(self) -> bool:
        return self._lost > LOST_SHARE * self._power


class Sameness:
    """Tell whether two channels are one, block by block."""

    def __init__(self) -> None:
        self._power = self._difference = 0.0

    def add(self, samples: Samples) -> None:
        """Add a block [2, n]."""
        with np.errstate(all="ignore"):
            apart = samples[0] - samples[1]
            self._difference += float(np.dot(apart, apart))
            self._power += float(np.dot(samples[0], samples[0]) + np.dot(samples[1], samples[1]))

    @property
    def is_one(self) -> bool:
        """Whether their difference is too small to be heard."""
        return self._difference <= EQUAL_POWER * self._power


def _sum(channels: list[Samples], scale: float, all_weights: Weights) -> Samples:
    """Add up channels [n] by their weights, times `scale`: [n], a copy."""
    weights = [np.float32(scale * weight) for weight in all_weights]
    if len(set(weights)) == 1 and len(weights) > 1:
        total: Samples = channels[0] + channels[1]
        for channel in channels[2:]:
            total += channel
        total *= weights[0]
        return total
    heard = [(channel, weight) for channel, weight in zip(channels, weights, strict=True) if weight]
    if not heard:
        return np.zeros_like(channels[0])
    total = heard[0][0] * heard[0][1]
    for channel, weight in heard[1:]:
        total += channel * weight
    return total


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
