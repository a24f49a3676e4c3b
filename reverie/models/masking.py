"""Leaving out of a loss what is no music: frames after the end of a shorter sequence.

Letters: B batch, T steps, N frames that are left.
"""

from torch import Tensor


def heard_only(values: Tensor, heard: Tensor | None) -> Tensor:
    """[B, T, ...] where `heard` [B, T] is true, as [1, N, ...]; all as they are if it is None."""
    return values if heard is None else values[heard].unsqueeze(0)
