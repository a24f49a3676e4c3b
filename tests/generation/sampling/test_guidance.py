"""Guidance is what its definition says: the same model, begun a few frames ago, with no beat."""

import pytest
import torch
from torch import Tensor

from reverie.frames.contract import FrameSpec
from reverie.generation.context import Method, ShortMemory, begin_context
from reverie.generation.sampling.processors import Guidance
from reverie.generation.sampling.sampler import make_sampler
from reverie.models.architectures import build_model
from reverie.models.calibration import Calibration
from reverie.models.code_head import CodeHead
from reverie.models.contract import FrameModel
from reverie.models.settings import ModelSettings
from reverie.runs.settings import SamplingSettings

SPEC = FrameSpec(4, 3, codebook_size=6, codebook_dim=5)
LONG, WINDOW = 9, 7
SHORTS = [ShortMemory(3, 1), ShortMemory(2, 3), ShortMemory(1, 4)]


@pytest.fixture
def model() -> FrameModel:
    settings = ModelSettings(hidden=16, head_width=8, beat=True)
    return build_model(settings, SPEC, torch.Generator().manual_seed(1))


def plainly(
    model: FrameModel, frames: Tensor, beat: Tensor, length: int | None, known: int
) -> list[Tensor]:
    """The likeliest codes of the next frame, by feeding all frames and those known anew."""
    head = model.head
    assert isinstance(head, CodeHead)
    count = length or 0
    opinions = [
        model(frames[:, -count:], beat=beat[:, -count:]),
        model(frames[:, -known:]),
    ]
    prefixes = [head.prefix(output[:, -1]) for output in opinions]
    codes: list[Tensor] = []
    for _ in range(head.n_codebooks):
        full, short = (prefix.logits().log_softmax(-1) for prefix in prefixes)
        codes.append((full + 1.5 * (full - short)).argmax(-1))
        for prefix in prefixes:
            prefix.append(codes[-1])
    return codes


@pytest.mark.parametrize("method", ["carry", "rolling"])
@pytest.mark.parametrize("begun", [1, 2, 5, LONG])
@pytest.mark.parametrize("short", SHORTS)
@torch.no_grad()
def test_it_equals_feeding_anew(
    model: FrameModel, method: Method, begun: int, short: ShortMemory
) -> None:
    rng = torch.Generator().manual_seed(5)
    frames = torch.randint(0, 6, (2, begun, 3), generator=rng)
    position = 2 * torch.rand((2, begun + 20, 1), generator=rng)
    beat = torch.cat([position, torch.full_like(position, 0.4)], dim=-1)
    settings = SamplingSettings(temperature=0.0, guidance=1.5, guard=False)
    sampler = make_sampler(model.head, settings, torch.Generator(), Calibration())
    context = begin_context(model, frames, method, WINDOW, beat[:, :begun], short)
    for step in range(12):
        found = sampler(*context.predict())
        told = beat[:, : begun + step]
        # Where the short memory began, the newest of its states that is not too young.
        steps = min(begun, short.most) + step
        turns = max(0, -(-steps // short.period) - short.states)
        known = steps - turns * short.period
        assert known in range(min(steps, short.most - short.period + 1), short.most + 1)
        window = WINDOW if method == "rolling" else None
        expected = plainly(model, frames, told, window, known)
        assert torch.equal(found, torch.stack(expected, dim=-1))
        frames = torch.cat([frames, found.unsqueeze(1)], dim=1)
        context.append(found.unsqueeze(1), beat[:, begun + step : begun + step + 1])


@pytest.mark.parametrize("short", SHORTS)
@torch.no_grad()
def test_it_may_begin_while_the_music_plays(model: FrameModel, short: ShortMemory) -> None:
    frames = torch.randint(0, 6, (1, 12, 3), generator=torch.Generator().manual_seed(5))
    always = begin_context(model, frames, "carry", WINDOW, short=short)
    later = begin_context(model, frames[:, : -short.most], "carry", WINDOW)
    assert later.predict().short is None
    later.add_short(short)
    later.append(frames[:, -short.most :])
    for one, other in zip(always.predict(), later.predict(), strict=True):
        assert one is not None
        assert other is not None
        torch.testing.assert_close(one, other)


def test_none_leaves_the_logits() -> None:
    logits = torch.randn(2, 4, 6)
    torch.testing.assert_close(Guidance(0.0)(logits), logits[0].log_softmax(-1))
