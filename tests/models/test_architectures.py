"""What must hold of every architecture."""

from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from reverie.errors import ReverieError
from reverie.frames.fourier import FourierFrames
from reverie.frames.mdct import MdctFrames
from reverie.models.architectures import build_model
from reverie.models.calibration import calibrate
from reverie.models.contract import FrameModel
from reverie.models.cores import LstmCore
from reverie.models.fronts import ConvFront
from reverie.models.heads import EnsembleHead, LinearHead
from reverie.models.lstm import Masks
from reverie.models.settings import Architecture, ModelSettings
from reverie.settings import build
from tests.models.stepping import STEPS, check_stepping_is_batch

ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)
FRAMES = FourierFrames(5).spec
D = FRAMES.width
NO_MASKS = Masks(None, None)
VARIANTS: dict[str, dict[str, Any]] = {
    **{name: {"architecture": name} for name in ARCHITECTURES},
    "conv, 1-D": {"architecture": "conv", "conv_reading": "1-d"},
    "stacked, dense front": {"architecture": "stacked", "dense_front": True, "depth": 3},
    "bilinear, three": {"architecture": "bilinear", "branches": 3, "dense_after_sum": False},
    "ensemble, apart": {"architecture": "ensemble", "members_trained": "apart", "depth": 1},
    "blocks of two": {"architecture": "blocks", "block_frames": 2, "filters": 5},
}


def made(variant: str, hidden: int = 6, **rest: Any) -> FrameModel:
    settings = build(ModelSettings, {"hidden": hidden, **VARIANTS[variant], **rest}, variant)
    return build_model(settings, FRAMES, torch.Generator().manual_seed(1))


def count(**settings: Any) -> int:
    with torch.device("meta"):
        model = build_model(build(ModelSettings, settings, "test"), FourierFrames(4000).spec, None)
    return sum(parameter.numel() for parameter in model.parameters())


def test_parameters_at_paper_scale() -> None:
    d, h = 8000, 2048

    def lstm(features: int, hidden: int = h) -> int:
        return 4 * hidden * (features + hidden + 1)

    dense, head = d * h + h, h * d + d
    assert count(architecture="baseline") == lstm(d) + head == 98_713_408
    assert count(architecture="gruv") == dense + lstm(h) + head == 66_340_672
    assert count(architecture="dense") == dense + lstm(h) + head == 66_340_672
    conv = 12 * (1 * 1 * 3) + 12
    assert count(architecture="conv") == conv + lstm(12 * 2000) + head == 229_785_456
    line = {"architecture": "conv", "conv_reading": "1-d"}
    assert count(**line) == conv + lstm(12 * 4000) + head == 426_393_456
    assert count(architecture="stacked") == lstm(d) + lstm(h) + head == 132_276_032
    after = h * h + h
    bilinear = dense + 2 * lstm(h) + after + head
    assert count(architecture="bilinear") == bilinear == 104_099_648
    assert count(architecture="bilinear", dense_after_sum=False) == bilinear - after
    small = lstm(d, 512) + lstm(512, 512) + 512 * d + d
    assert count(architecture="ensemble") == 4 * small == 94_551_296
    cnn = 12 * (2 * 3 * 3) + 12
    assert count(architecture="blocks") == cnn + lstm(12 * 2000) + head == 229_785_636


@pytest.mark.parametrize("variant", VARIANTS)
def test_stepping_equals_batch(variant: str) -> None:
    model = made(variant)
    whole = check_stepping_is_batch(model, torch.randn(3, model.step_frames - 1 + STEPS, D))
    assert whole.shape == (3, STEPS, D)


@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_is_known_of_the_future(variant: str) -> None:
    model = made(variant)
    frames = torch.randn(2, 9, D)
    changed = frames.clone()
    changed[:, 6] += 1
    seen = 6 - (model.step_frames - 1)
    assert torch.equal(model(frames)[:, :seen], model(changed)[:, :seen])
    assert not torch.equal(model(frames)[:, seen], model(changed)[:, seen])


def test_the_image_of_a_frame_is_real_above_imaginary() -> None:
    # With one filter that takes the middle of each row, pooling finds the larger of both rows.
    model = made("conv", filters=1)
    assert isinstance(model.front, ConvFront)
    with torch.no_grad():
        model.front.weight.copy_(torch.tensor([0.0, 1.0, 0.0]).view(1, 1, 1, 3))
    frame = torch.tensor([1.0, 0, 0, 4, 9, 0, 2, 3, 0, 9]).view(1, 1, D)
    assert model.front(frame).flatten().tolist() == [2.0, 4.0]


def test_the_image_of_a_block_has_a_row_a_frame() -> None:
    model = made("blocks", filters=1)
    assert isinstance(model.front, ConvFront)
    # One filter that compares the newest frame's real part with the oldest's imaginary part.
    kernel = torch.zeros(1, 2, 3, 3)
    kernel[0, 0, 2, 1], kernel[0, 1, 0, 1] = 1.0, -1.0
    with torch.no_grad():
        model.front.weight.copy_(kernel)
    frames = torch.randn(1, 4, D)
    real, imaginary = frames[0].view(4, 2, 5).unbind(1)
    found = model.front(frames)
    assert found.shape == (1, 2, 2)
    for step in range(2):
        # Rows beyond the block are zeros, so three comparisons are pooled.
        rows = [real[step + 1], real[step + 2] - imaginary[step], -imaginary[step + 1]]
        best = torch.stack(rows).amax(0)[:4].view(2, 2).amax(1).relu()
        torch.testing.assert_close(found[0, step], best)


def test_frames_without_planes_are_read_as_a_line() -> None:
    frames = MdctFrames(10).spec
    for architecture in ("conv", "blocks"):
        settings = ModelSettings(architecture=architecture, hidden=4, filters=2)
        model = build_model(settings, frames, torch.Generator().manual_seed(1))
        assert model(torch.randn(2, 6, 10)).shape[-1] == 10
        assert model.front.features == 2 * 5


def members(core: LstmCore, features: Tensor) -> Tensor:
    """What each member says: [M, B, T, H]."""
    for layer in core.layers:
        features = layer.reference(features.expand(layer.members, *features.shape[-3:]), NO_MASKS)
    return features


def test_bilinear_sums_what_its_branches_say() -> None:
    model = made("bilinear", dense_after_sum=False)
    assert isinstance(model.core, LstmCore)
    features = torch.randn(2, 5, 6)
    one, other = members(model.core, features)
    assert not torch.allclose(one, other)
    torch.testing.assert_close(model.core(features), one + other)


def test_an_ensemble_averages_and_may_learn_apart() -> None:
    model = made("ensemble, apart", hidden=8)
    assert isinstance(model.head, EnsembleHead)
    assert isinstance(model.core, LstmCore)
    frames = torch.randn(2, 5, D)
    said = members(model.core, frames)
    own = [head(one) for head, one in zip(model.head.members, said, strict=True)]
    torch.testing.assert_close(model(frames), torch.stack(own).mean(0))
    target = torch.randn(2, 5, D)
    free = build_model(
        ModelSettings(
            architecture="ensemble",
            hidden=8,
            members_trained="apart",
            depth=1,
            input_dropout=0,
            hidden_dropout=0,
        ),
        FRAMES,
        torch.Generator().manual_seed(1),
    )
    apart = free.head.loss(free(frames, torch.Generator()), target)
    each = torch.stack([(one - target).square().mean() for one in own]).mean()
    torch.testing.assert_close(apart, each)
    assert apart > free.head.loss(free(frames), target)


@pytest.mark.parametrize("variant", VARIANTS)
def test_gradients_are_right(variant: str) -> None:
    model = made(variant, 4, filters=2).double()
    with torch.no_grad():  # biases of zero would put units of a silent layer right on the kink
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.1)
    frames = torch.randn(2, 3 + model.step_frames, D, dtype=torch.float64)

    def loss(*_: Tensor) -> Tensor:
        return model.loss(frames, torch.Generator().manual_seed(5))

    assert torch.autograd.gradcheck(loss, tuple(model.parameters()))


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_can_learn_one_sequence_by_heart(variant: str) -> None:
    model = made(variant, 24)
    frames = torch.randn(1, 9, D, generator=torch.Generator().manual_seed(2))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.03)
    loss, wanted = model.loss(frames), 0.01 * frames.var().item()
    for _ in range(200):
        if loss.item() < wanted:
            break
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss = model.loss(frames)
    assert loss.item() < wanted


@pytest.mark.parametrize("variant", VARIANTS)
def test_dropout_acts_only_when_asked(variant: str) -> None:
    model = made(variant)
    frames = torch.randn(2, 5, D)
    assert torch.equal(model(frames), model(frames))
    one = model(frames, torch.Generator().manual_seed(1))
    assert torch.equal(one, model(frames, torch.Generator().manual_seed(1)))
    assert not torch.equal(one, model(frames, torch.Generator().manual_seed(2)))
    assert not torch.equal(one, model(frames))


def test_dense_dropout_acts_alone() -> None:
    for architecture in ("gruv", "dense", "bilinear", "stacked, dense front"):
        model = made(architecture, input_dropout=0, hidden_dropout=0, dense_dropout=0.5)
        frames = torch.randn(40, 50, D)
        before = (model.front(frames) == 0).float().mean().item()
        after = (model.front(frames, torch.Generator().manual_seed(0)) == 0).float().mean().item()
        assert after == pytest.approx(before + (1 - before) / 2, abs=0.03)


def test_the_same_seed_gives_the_same_weights() -> None:
    for a, b in zip(made("gruv").parameters(), made("gruv").parameters(), strict=True):
        assert torch.equal(a, b)


def test_bad_settings_are_refused_by_name() -> None:
    with pytest.raises(ReverieError, match="setting hidden is wrong"):
        build(ModelSettings, {"hidden": -4}, "test")
    with pytest.raises(ReverieError, match="setting architecture is wrong"):
        build(ModelSettings, {"architecture": "transformer"}, "test")


def test_linear_head_measures_and_draws() -> None:
    rng = torch.Generator().manual_seed(0)
    head = LinearHead(4, 3, precision="float32", rng=rng)
    spread = torch.tensor([1.0, 0.1, 0.0])
    target = torch.zeros(2, 5000, 3)
    output = torch.randn(2, 5000, 3, generator=rng) * spread
    loss, calibration = calibrate(head, iter([(output, target)]))
    assert calibration.rmse is not None
    assert loss == pytest.approx(head.loss(output, target).item(), rel=1e-5)
    torch.testing.assert_close(calibration.rmse, spread, atol=0.02, rtol=0.02)
    mean = torch.zeros(8000, 3)
    assert torch.equal(head.draw(mean, calibration.rmse, 0, rng), mean)
    drawn = head.draw(mean, calibration.rmse, 0.5, rng)
    torch.testing.assert_close(drawn.std(0), spread / 2, atol=0.02, rtol=0.02)
