"""Draws: what is left out, and when the guard pushes."""

import pytest
import torch

from reverie.models.sampling import MOST_PUSH, SurpriseGuard, draw
from reverie.models.settings import SampleSettings
from reverie.settings import build


@pytest.mark.parametrize(
    ("limits", "allowed"),
    [
        ({}, {0, 1, 2, 3}),
        ({"top_k": 2}, {0, 1}),
        ({"top_p": 0.7}, {0, 1}),
        ({"top_p": 0.4}, {0}),
        ({"min_p": 0.5}, {0, 1}),
        ({"min_p": 0.15}, {0, 1, 2}),
    ],
)
def test_limits_leave_out_the_unlikely(limits: dict[str, float], allowed: set[int]) -> None:
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log().expand(4000, 4)
    settings = build(SampleSettings, limits, "test")
    drawn = draw(logits, 1.0, settings, torch.Generator().manual_seed(0))
    assert set(drawn.tolist()) == allowed


def test_temperature_goes_from_the_first_code_to_the_last() -> None:
    settings = SampleSettings(temperature=1.0, detail_temperature=0.5)
    assert [settings.at_stage(stage, 3) for stage in range(3)] == [1.0, 0.75, 0.5]
    assert SampleSettings(temperature=0.8).at_stage(2, 3) == 0.8


def test_the_guard_pushes_only_outside_of_the_range() -> None:
    guard = SurpriseGuard(40.0, 50.0, 4)
    assert guard.push() == 1.0
    for _ in range(4):
        guard.hear(torch.tensor([45.0, 36.0, 5.0, 55.0, 200.0]))
    push = torch.as_tensor(guard.push())
    assert push.shape == (5, 1)
    within, little, much, down, far = push.flatten().tolist()
    assert within == 1
    assert 1 < little < much == pytest.approx(MOST_PUSH)
    assert 1 > down > far == pytest.approx(1 / MOST_PUSH)
    for _ in range(4):
        guard.hear(torch.full((5,), 45.0))
    assert torch.equal(torch.as_tensor(guard.push()), torch.ones(5, 1))


def test_a_push_flattens_the_distribution() -> None:
    logits = torch.tensor([2.0, 0.0]).expand(2, 20000, 2)
    push = torch.tensor([1.0, 2.0]).view(2, 1, 1)
    rng = torch.Generator().manual_seed(0)
    shares = draw(logits, 1.0, SampleSettings(), rng, push).float().mean(-1)
    torch.testing.assert_close(shares, torch.sigmoid(torch.tensor([-2.0, -1.0])), atol=0.02, rtol=0)
