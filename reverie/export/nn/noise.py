"""Random numbers from a seed and a place, the same on every machine.

TorchScript cannot hold a generator of its own, so each number is a hash of its place: the finaliser
of Steele, Lea & Flood 2014 (SplitMix64), in 64-bit whole numbers that wrap.
"""

import math

import torch
from torch import Tensor


def uniform(seed: int, first: int, count: int) -> Tensor:
    """Return numbers above 0 and below 1, in double precision: [count].

    Args:
        seed: another one gives other numbers.
        first: the place of the first.
        count: how many.
    """
    x = torch.arange(first + 1, first + count + 1, dtype=torch.int64)
    x = x * -7046029254386353131 + torch.full_like(x, seed) * 2685821657736338717
    x = (x ^ ((x >> 30) & 0x3FFFFFFFF)) * -4658895280553007687
    x = (x ^ ((x >> 27) & 0x1FFFFFFFFF)) * -7723592293110705685
    x = x ^ ((x >> 31) & 0x1FFFFFFFF)
    return (((x >> 11) & 0x1FFFFFFFFFFFFF).double() + 0.5) / 9007199254740992.0


def waits(seed: int, first: int, count: int) -> Tensor:
    """Return exponentially distributed times: [count]."""
    return -uniform(seed, first, count).log()


def normal(seed: int, first: int, count: int) -> Tensor:
    """Return normally distributed numbers, each of two (Box & Muller 1958): [count]."""
    both = uniform(seed, first, 2 * count)
    radius = (-2.0 * both[:count].log()).sqrt()
    return radius * (2.0 * math.pi * both[count:]).cos()
