"""Draws: what is left out, and how hot they are."""

import pytest
import torch

from reverie.models.sampling import draw
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
