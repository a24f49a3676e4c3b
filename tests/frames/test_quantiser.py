"""Residual quantisation: each stage takes off what it can."""

import torch

from reverie.frames.quantiser import ResidualQuantiser


def cloud(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 5, generator=torch.Generator().manual_seed(seed)) * torch.arange(1, 6)


def fitted(points: torch.Tensor, n_codebooks: int = 4, size: int = 16) -> ResidualQuantiser:
    return ResidualQuantiser.fit(points, n_codebooks, size, torch.Generator().manual_seed(1))


def test_each_stage_leaves_less() -> None:
    points, unseen = cloud(3000), cloud(500, seed=2)
    quantiser = fitted(points)
    codes = quantiser.encode(unseen)
    assert codes.shape == (500, 4)
    assert codes.dtype == torch.int64
    left = [
        float((unseen - quantiser.decode(codes[:, : stage + 1])).square().mean())
        for stage in range(4)
    ]
    assert left == sorted(left, reverse=True)
    assert left[-1] < 0.2 * float(unseen.var())


def test_every_code_is_the_nearest() -> None:
    points = cloud(5000)
    quantiser = fitted(points)
    left = points
    for stage, codebook in enumerate(quantiser.codebooks):
        nearest = torch.cdist(left, codebook).argmin(-1)
        found = quantiser.encode(points)[:, stage]
        # Two vectors may be equally near to rounding.
        assert (nearest == found).float().mean() > 0.999
        left = left - codebook[found]


def test_fewer_points_than_vectors_are_met_exactly() -> None:
    points = cloud(7)
    quantiser = fitted(points, n_codebooks=1)
    torch.testing.assert_close(quantiser.decode(quantiser.encode(points)), points)


def test_no_vector_is_wasted() -> None:
    points = torch.cat([cloud(1000), cloud(1000, seed=3) + 40])
    codes = fitted(points).encode(points)
    assert len(codes[:, 0].unique()) == 16


def test_leading_axes_stay() -> None:
    points = cloud(24).view(2, 3, 4, 5)
    quantiser = fitted(cloud(100))
    codes = quantiser.encode(points)
    assert codes.shape == (2, 3, 4, 4)
    assert quantiser.decode(codes).shape == points.shape
