"""Masks over the steps of sequences.

Letters: B batch, T steps, N frames that the mask keeps.
"""

from torch import Tensor


def masked(values: Tensor, mask: Tensor | None) -> Tensor:
    """[B, T, ...] where `mask` [B, T] is true, as [1, N, ...]; unchanged if it is None."""
    return values if mask is None else values[mask].unsqueeze(0)
