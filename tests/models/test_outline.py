"""An outline leaves nothing of a model out, and its operations are those that run."""

from typing import get_args

import pytest
import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from reverie.frames.fourier import FourierFrames
from reverie.models import products
from reverie.models.architectures import build_model
from reverie.models.fronts import ConvFront
from reverie.models.notes import PAPER_SAYS
from reverie.models.outline import all_stages, operations, outline
from reverie.models.settings import Adversary, Architecture, ModelSettings

FRAMES = FourierFrames(10).spec


@pytest.mark.parametrize("adversary", ["none", "hinge"])
@pytest.mark.parametrize("architecture", get_args(Architecture))
def test_every_weight_is_in_it(architecture: Architecture, adversary: Adversary) -> None:
    settings = ModelSettings(
        architecture=architecture,
        hidden=8,
        input_dropout=0,
        hidden_dropout=0,
        adversary=adversary,
    )
    model = build_model(settings, FRAMES, torch.Generator().manual_seed(1))
    found = all_stages(outline(model, FRAMES.width))
    weights = sum(parameter.numel() for parameter in model.parameters())
    assert sum(stage.parameters for stage in found) == weights
    assert (found[0].part, found[-1].part) == ("input", "output")
    assert PAPER_SAYS[architecture]


@pytest.mark.parametrize("adversary", ["none", "hinge"])
@pytest.mark.parametrize("architecture", ["baseline", "bilinear", "stacked", "ensemble"])
def test_operations_are_those_that_run(
    architecture: Architecture, adversary: Adversary, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The counter knows torch's own products alone.
    monkeypatch.setattr(products, "FLOAT32_BY_ONEDNN", False)
    model = build_model(
        ModelSettings(architecture=architecture, hidden=8, adversary=adversary),
        FRAMES,
        torch.Generator().manual_seed(1),
    )
    steps = 6
    with FlopCounterMode(display=False) as counter:
        model.loss(torch.randn(2, steps + 1, FRAMES.width), torch.Generator()).backward()
    lstm = sum(one.numel() for name, one in model.named_parameters() if "weight_hidden" in name)
    # The first step begins at the zero state, so no recurrent product leads to it or from it.
    skipped = 2 * 2 * 2 * lstm
    assert counter.get_total_flops() == 2 * steps * operations(model) - skipped


def test_operations_of_a_convolution() -> None:
    settings = ModelSettings(architecture="conv", hidden=8)
    model = build_model(settings, FRAMES, torch.Generator().manual_seed(1))
    front = model.front
    assert isinstance(front, ConvFront)
    images = torch.randn(1, 1, front.rows, front.columns)
    with FlopCounterMode(display=False) as counter:
        functional.conv2d(images, front.weight, padding=(0, 1)).sum().backward()
    rest = [one for name, one in model.named_parameters() if "bias" not in name]
    others = sum(3 * 2 * one.numel() for one in rest if one is not front.weight)
    assert operations(model) == counter.get_total_flops() + others
