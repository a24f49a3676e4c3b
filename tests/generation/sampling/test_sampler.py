"""Draws: what is left out, and how hot they are."""

import pytest
import torch

from reverie.generation.sampling.sampler import chain, draw
from reverie.runs.settings import SamplingSettings
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
    for processor in chain(build(SamplingSettings, limits, "test"), 1.0):
        logits = processor(logits)
    drawn = draw(logits, torch.Generator().manual_seed(0))
    assert set(drawn.tolist()) == allowed


def test_temperature_goes_from_the_first_code_to_the_last() -> None:
    settings = SamplingSettings(temperature=1.0, detail_temperature=0.5)
    assert [settings.temperature_of(stage, 3) for stage in range(3)] == [1.0, 0.75, 0.5]
    assert SamplingSettings(temperature=0.8).temperature_of(2, 3) == 0.8
