"""Residual vector quantisation: points as sums of one vector from each of several codebooks.

Juang & Gray 1982; each codebook by k-means (Lloyd 1982) on what those before it left over.
Letters: N points, K numbers in each, Q codebooks, C vectors in a codebook; `...` any leading axes.
"""

from typing import Self

import torch
from torch import Tensor

ROUNDS = 10
"""Of k-means; later ones hardly change it."""
ROWS = 1 << 11
"""Points whose distances are held at once: what a processor's cache holds."""


class ResidualQuantiser:
    """Codebooks, one a stage.

    Args:
        codebooks: [Q, C, K].
    """

    def __init__(self, codebooks: Tensor) -> None:
        self.codebooks = codebooks

    @classmethod
    def fit(
        cls,
        points: Tensor,
        n_codebooks: int,
        size: int,
        rng: torch.Generator,
        *,
        least: int | None = None,
        enough: float = 0.0,
    ) -> Self:
        """Learn codebooks for `points`.

        Args:
            points: [N, K]; where there are fewer than C, some vectors stay unused.
            n_codebooks: Q, at most.
            size: C.
            rng: chooses the points that k-means begins at.
            least: codebooks; None for Q.
            enough: the share of the variance that may be left, if there are so many.
        """
        left, least = points, n_codebooks if least is None else least
        whole = points.var(0, correction=0).sum()
        codebooks: list[Tensor] = []
        while len(codebooks) < n_codebooks:
            if len(codebooks) >= least and left.square().mean(0).sum() <= enough * whole:
                break
            codebook = _means(left, size, rng)
            codebooks.append(codebook)
            left = left - codebook[_nearest(left, codebook)]
        return cls(torch.stack(codebooks))

    def encode(self, points: Tensor) -> Tensor:
        """Find the nearest vector in each codebook, in turn: [..., K] -> [..., Q], whole
        numbers."""
        left = points.reshape(-1, points.shape[-1])
        codes: list[Tensor] = []
        for codebook in self.codebooks:
            code = _nearest(left, codebook)
            left = left - codebook[code]
            codes.append(code)
        return torch.stack(codes, dim=-1).view(*points.shape[:-1], -1)

    def decode(self, codes: Tensor) -> Tensor:
        """Sum the vectors of codes: [..., Q] -> [..., K]; fewer are of the first codebooks."""
        found = self.codebooks[0][codes[..., 0]]
        for codebook, code in zip(self.codebooks[1:], codes.unbind(-1)[1:], strict=False):
            found = found + codebook[code]
        return found


def _nearest(points: Tensor, codebook: Tensor) -> Tensor:
    """[N, K], [C, K] -> [N]."""
    half = codebook.square().sum(-1) / 2
    turned = codebook.t().contiguous()
    parts = [points[first : first + ROWS] for first in range(0, len(points), ROWS)]
    return torch.cat([torch.addmm(half, one, turned, alpha=-1).argmin(-1) for one in parts])


def _means(points: Tensor, size: int, rng: torch.Generator) -> Tensor:
    """Fit k-means: [N, K] -> [C, K]."""
    count = len(points)
    chosen = torch.randperm(count, generator=rng)[:size]
    codebook = points[chosen]
    if count <= size:
        # The first of equal vectors is the nearest, so the copies are never met.
        return codebook[torch.arange(size) % count]
    for _ in range(ROUNDS):
        nearest = _nearest(points, codebook)
        members = torch.bincount(nearest, minlength=size)
        sums = torch.zeros_like(codebook).index_add_(0, nearest, points)
        means = sums / members.clamp_min(1).unsqueeze(1)
        empty = members == 0
        if empty.any():
            off = (points - codebook[nearest]).square().sum(-1)
            means[empty] = points[off.topk(int(empty.sum())).indices]
        codebook = means
    return codebook
