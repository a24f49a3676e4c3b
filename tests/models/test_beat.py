"""The beat as an input of the model."""

import pytest
import torch

from reverie.frames.contract import FrameSpec
from reverie.models.architectures import build_model
from reverie.models.beat import beat_features
from reverie.models.contract import FrameModel
from reverie.models.settings import Architecture, ModelSettings

SPEC = FrameSpec(4, 8, planes=2)
STEPS = 6


def made(architecture: Architecture = "baseline", *, beat: bool = True) -> FrameModel:
    settings = ModelSettings(architecture=architecture, hidden=8, filters=2, beat=beat)
    return build_model(settings, SPEC, torch.Generator().manual_seed(1))


def beats(*shape: int) -> torch.Tensor:
    rng = torch.Generator().manual_seed(2)
    position = 2 * torch.rand(shape, generator=rng)
    return torch.stack([position, 0.3 + torch.rand(shape, generator=rng)], dim=-1)


def test_features_tell_the_place_within_one_beat_and_within_two() -> None:
    found = beat_features(torch.tensor([[0.0, 0.5], [0.5, 0.5], [1.0, 1.0], [0.7, 0.0]]))
    expected = [
        [0, 1, 0, 1, 0, 1],
        [0, -1, 1, 0, 0, 1],
        [0, 1, 0, -1, 1, 1],
        [0, 0, 0, 0, 0, 0],
    ]
    torch.testing.assert_close(found, torch.tensor(expected).float(), atol=1e-6, rtol=0)


@torch.no_grad()
def test_no_beat_is_a_beat_of_no_length() -> None:
    model, frames = made(), torch.randn(2, STEPS, 8)
    silent = beats(2, STEPS) * torch.tensor([1.0, 0.0])
    torch.testing.assert_close(model(frames, beat=silent), model(frames))
    assert not torch.allclose(model(frames, beat=beats(2, STEPS)), model(frames))


@torch.no_grad()
def test_a_model_without_the_input_takes_no_notice() -> None:
    model, frames = made(beat=False), torch.randn(2, STEPS, 8)
    assert torch.equal(model(frames, beat=beats(2, STEPS)), model(frames))


@pytest.mark.parametrize("architecture", ["baseline", "bilinear", "blocks", "ensemble"])
@torch.no_grad()
def test_stepping_is_batch(architecture: Architecture) -> None:
    model = made(architecture)
    before = model.step_frames - 1
    frames, told = torch.randn(2, before + STEPS, 8), beats(2, STEPS)
    whole = model(frames, beat=told)
    state = model.initial_state(frames[:, :before])
    for t in range(STEPS):
        output, state = model.step(frames[:, before + t], state, told[:, t])
        torch.testing.assert_close(output, whole[:, t], atol=1e-6, rtol=1e-5)


def test_the_beat_of_a_frame_is_heard_when_it_is_predicted_and_not_before() -> None:
    model, frames, told = made(), torch.randn(1, STEPS, 8), beats(1, STEPS)
    changed = told.clone()
    changed[0, 3, 0] += 0.25
    with torch.no_grad():
        differs = (model(frames, beat=told) != model(frames, beat=changed)).any(-1)[0]
    assert differs.tolist() == [False] * 3 + [True] * (STEPS - 3)
