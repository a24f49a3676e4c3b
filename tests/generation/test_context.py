"""The rolling window is exactly what re-feeding the last T frames would give."""

from typing import get_args

import pytest
import torch
from torch import Tensor

from reverie.frames.fourier import FourierFrames
from reverie.generation.context import Method, begin_context
from reverie.generation.sampling.sampler import make_sampler
from reverie.models.architectures import build_model
from reverie.models.calibration import Calibration
from reverie.models.contract import FrameModel
from reverie.models.settings import Architecture, ModelSettings
from reverie.runs.settings import SamplingSettings

FRAMES = FourierFrames(5).spec
D = FRAMES.width


def made(architecture: Architecture) -> FrameModel:
    settings = ModelSettings(architecture=architecture, hidden=16)
    return build_model(settings, FRAMES, torch.Generator().manual_seed(1))


def re_fed(model: FrameModel, prompt: Tensor, count: int) -> Tensor:
    """The paper's procedure, word for word."""
    length = prompt.shape[1]
    frames = prompt
    with torch.no_grad():
        for _ in range(count):
            frames = torch.cat([frames, model(frames[:, -length:])[:, -1:]], dim=1)
    return frames[:, length:]


def made_new(
    model: FrameModel,
    prompt: Tensor,
    count: int,
    method: str,
    heat: float = 0,
    steps: int | None = None,
) -> Tensor:
    chosen: Method = "carry" if method == "carry" else "rolling"
    length = prompt.shape[1] - model.step_frames + 1 if steps is None else steps
    sampler = make_sampler(
        model.head,
        SamplingSettings(temperature=heat),
        torch.Generator().manual_seed(3),
        Calibration(rmse=torch.ones(D)),
    )
    context = begin_context(model, prompt, chosen, length)
    frames: list[Tensor] = []
    for _ in range(count):
        frames.append(sampler(*context.predict()))
        context.append(frames[-1].unsqueeze(1))
    return torch.stack(frames, dim=1)


@pytest.mark.parametrize("architecture", get_args(Architecture))
@pytest.mark.parametrize(("clips", "length"), [(1, 1), (3, 1), (1, 2), (3, 2), (1, 12), (3, 40)])
def test_rolling_equals_re_feeding(architecture: Architecture, length: int, clips: int) -> None:
    model = made(architecture)
    prompt = torch.randn(clips, length + model.step_frames - 1, D)
    count = 2 * length + 5
    found, expected = made_new(model, prompt, count, "rolling"), re_fed(model, prompt, count)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    # Far from linear a wrong state shows, but so does rounding: hence in double precision.
    for parameter in model.double().parameters():
        parameter.data.mul_(2)
    prompt = prompt.double()
    found, expected = made_new(model, prompt, count, "rolling"), re_fed(model, prompt, count)
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=1e-7)


@pytest.mark.parametrize("architecture", get_args(Architecture))
def test_carrying_equals_the_whole_sequence(architecture: Architecture) -> None:
    model = made(architecture)
    prompt = torch.randn(2, 6, D)
    found = made_new(model, prompt, 10, "carry")
    with torch.no_grad():
        whole = model(torch.cat([prompt, found], dim=1))
    torch.testing.assert_close(found, whole[:, -11:-1], atol=1e-5, rtol=1e-4)


def test_the_window_forgets_and_the_carried_state_does_not() -> None:
    model = made("baseline")
    prompt = torch.randn(1, 5, D)
    rolled, carried = (made_new(model, prompt, 20, m) for m in ("rolling", "carry"))
    torch.testing.assert_close(rolled[:, 0], carried[:, 0])
    assert not torch.allclose(rolled, carried, atol=1e-3)


@pytest.mark.parametrize("method", ["rolling", "carry"])
def test_draws_come_from_the_generator_given(method: str) -> None:
    model = made("gruv")
    prompt = torch.randn(2, 5, D)
    one, same = (made_new(model, prompt, 9, method, 1.0) for _ in range(2))
    assert torch.equal(one, same)
    assert not torch.allclose(one, made_new(model, prompt, 9, method, 0.0))


@pytest.mark.parametrize("architecture", get_args(Architecture))
def test_a_short_seed_grows_to_the_window(architecture: Architecture) -> None:
    model = made(architecture)
    prompt = torch.randn(2, 3 + model.step_frames - 1, D)
    found = made_new(model, prompt, 12, "rolling", steps=5)
    grown = torch.cat([prompt, found[:, :2]], dim=1)
    torch.testing.assert_close(found[:, :3], made_new(model, prompt, 3, "carry"))
    torch.testing.assert_close(found[:, 2:], re_fed(model, grown, 10), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("architecture", get_args(Architecture))
@pytest.mark.parametrize("method", ["rolling", "carry"])
@torch.no_grad()
def test_nothing_heard_is_the_zero_state(architecture: Architecture, method: str) -> None:
    model = made(architecture)
    before = torch.randn(2, model.step_frames - 1, D)
    found = made_new(model, before, 7, method, steps=4)
    torch.testing.assert_close(found[:, 0], model.head(torch.zeros(2, model.core.outputs)))
    first = torch.cat([before, found[:, :1]], dim=1)
    torch.testing.assert_close(found[:, 1], model(first)[:, -1], atol=1e-5, rtol=1e-4)
