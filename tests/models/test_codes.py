"""Every architecture over codes: a likelihood, and draws that follow it."""

import itertools
import math
from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from reverie.frames.contract import CodebookInfo, FrameSpec
from reverie.generation.context import begin_context
from reverie.generation.sampling.sampler import Sampler, make_sampler
from reverie.models.architectures import build_model
from reverie.models.calibration import Calibration, UsualRange, calibrate
from reverie.models.code_head import CodeHead
from reverie.models.contract import FrameModel
from reverie.models.settings import Architecture, ModelSettings
from reverie.runs.settings import SamplingSettings
from reverie.settings import build
from tests.models.stepping import STEPS, check_stepping_is_batch

STAGES, VALUES, VECTOR = 3, 5, 7
CODES = FrameSpec(256, STAGES, overlap_samples=384, codebook_size=VALUES, codebook_dim=VECTOR)
VARIANTS: dict[str, dict[str, Any]] = {
    **{name: {"architecture": name} for name in get_args(Architecture)},
    "ensemble, apart": {"architecture": "ensemble", "members_trained": "apart"},
    "stacked, dense front": {"architecture": "stacked", "dense_front": True},
}


def made(variant: str, codebook_info: CodebookInfo | None = None, **rest: Any) -> FrameModel:
    values = {"hidden": 16, "head_width": 12, **VARIANTS[variant], **rest}
    settings = build(ModelSettings, values, variant)
    return build_model(settings, CODES, torch.Generator().manual_seed(1), codebook_info)


def codes(*shape: int, seed: int = 0) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(0, VALUES, (*shape, STAGES), generator=rng)


def head_of(model: FrameModel) -> CodeHead:
    assert isinstance(model.head, CodeHead)
    return model.head


def sampler_of(
    head: CodeHead, temperature: float, calibration: Calibration, levels: Tensor | None = None
) -> Sampler:
    rng = torch.Generator().manual_seed(0)
    return make_sampler(head, SamplingSettings(temperature=temperature), rng, calibration, levels)


def probabilities(model: FrameModel, output: Tensor) -> dict[tuple[int, ...], float]:
    """Of every frame there is, after `output` [O]."""
    found: dict[tuple[int, ...], float] = {}
    for values in itertools.product(range(VALUES), repeat=STAGES):
        bits, _ = calibrate(model.head, [(output[None], torch.tensor([values]))])
        found[values] = 2**-bits
    return found


@pytest.mark.parametrize("variant", VARIANTS)
def test_stepping_equals_batch(variant: str) -> None:
    model = made(variant)
    check_stepping_is_batch(model, codes(3, model.step_frames - 1 + STEPS))


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_weight_learns(variant: str) -> None:
    model = made(variant)
    model.loss(codes(2, 6 + model.step_frames), torch.Generator().manual_seed(0)).backward()
    still = [name for name, one in model.named_parameters() if one.grad is None]
    assert still == []


@pytest.mark.parametrize("variant", ["baseline", "bilinear", "ensemble", "ensemble, apart"])
@torch.no_grad()
def test_the_likelihoods_of_all_frames_add_up_to_one(variant: str) -> None:
    model = made(variant)
    output = model(codes(1, 4 + model.step_frames - 1))[0, -1]
    assert math.isclose(sum(probabilities(model, output).values()), 1, rel_tol=1e-5)


@torch.no_grad()
def test_draws_follow_the_likelihood() -> None:
    model = made("ensemble")
    for parameter in model.parameters():
        parameter.mul_(3)
    output = model(codes(1, 6))[0, -1]
    expected = probabilities(model, output)
    count = 40_000
    rng = torch.Generator().manual_seed(2)
    sampler = make_sampler(model.head, SamplingSettings(temperature=1.0), rng, Calibration())
    drawn = sampler(output.expand(count, -1))
    assert drawn.shape == (count, STAGES)
    seen = dict.fromkeys(expected, 0)
    for values in drawn.tolist():
        seen[tuple(values)] += 1
    for values, probability in expected.items():
        spread = math.sqrt(probability * (1 - probability) / count)
        assert abs(seen[values] / count - probability) < 5 * spread + 1e-4


@torch.no_grad()
def test_a_code_tells_only_those_after_it() -> None:
    head = head_of(made("baseline"))
    inner = head.members[0].split(torch.randn(STAGES * 12))
    known = torch.randn(2, VECTOR)
    first = [head.members[0].logits(inner[0], one, 0) for one in known]
    second = [head.members[0].logits(inner[1], one, 1) for one in known]
    assert torch.equal(first[0], first[1])
    assert not torch.equal(second[0], second[1])


def test_bits_are_those_of_chance_before_learning() -> None:
    model = made("stacked")
    found = model.loss(codes(4, 30))
    assert abs(found.item() - STAGES * math.log2(VALUES)) < 0.5
    torch.testing.assert_close(
        found.item(),
        calibrate(model.head, [(model(codes(4, 30)[:, :-1]), codes(4, 30)[:, 1:])])[0],
    )


def test_smoothing_acts_in_training_and_not_in_measuring() -> None:
    plain, smooth = made("baseline"), made("baseline", label_smoothing=0.3)
    frames = codes(2, 9)
    assert plain.loss(frames).item() != smooth.loss(frames).item()
    pairs = (plain(frames[:, :-1]), frames[:, 1:])
    assert calibrate(plain.head, [pairs]) == calibrate(smooth.head, [pairs])


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_tiny_model_learns_one_sequence_by_heart(variant: str) -> None:
    model = made(variant, input_dropout=0.0, hidden_dropout=0.0, dense_dropout=0.0, hidden=24)
    frames = codes(1, 8 + model.step_frames)
    optimiser = torch.optim.Adam(model.parameters(), 0.02)
    loss, wanted = model.loss(frames), 0.1 * STAGES * math.log2(VALUES)
    for _ in range(150):
        if loss.item() < wanted:
            break
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss = model.loss(frames)
    assert loss.item() < wanted


def test_embeddings_begin_at_what_codes_mean() -> None:
    vectors = torch.randn(STAGES, VALUES, VECTOR)
    model = made("baseline", CodebookInfo(vectors, torch.zeros(VALUES)))
    found = dict(model.named_parameters())["front.embedding.weight"]
    torch.testing.assert_close(found, vectors / vectors[0].std())


@pytest.mark.parametrize("method", ["rolling", "carry"])
def test_new_codes_come_from_the_generator_given(method: str) -> None:
    model = made("blocks")

    def new(heat: float, seed: int) -> Tensor:
        rng = torch.Generator().manual_seed(seed)
        sampler = make_sampler(model.head, SamplingSettings(temperature=heat), rng, Calibration())
        context = begin_context(model, codes(2, 7), "carry" if method == "carry" else "rolling", 5)
        frames: list[Tensor] = []
        for _ in range(20):
            frames.append(sampler(*context.predict()))
            context.append(frames[-1].unsqueeze(1))
        return torch.stack(frames, dim=1)

    assert new(1.0, 0).shape == (2, 20, STAGES)
    assert torch.equal(new(1.0, 0), new(1.0, 0))
    assert not torch.equal(new(1.0, 0), new(1.0, 1))
    assert torch.equal(new(0.0, 0), new(0.0, 1))


@torch.no_grad()
def test_guards_have_the_ranges_of_held_out_music() -> None:
    levels = torch.tensor([-61.3, -52.1, -40.7, -33.9, -20.2])
    codebook_info = CodebookInfo(torch.randn(STAGES, VALUES, VECTOR), levels)
    model, frames = made("baseline", codebook_info), codes(100, 9)
    head = head_of(model)
    pairs = [(model(part[:, :-1]), part[:, 1:]) for part in frames.split(30)]
    _, calibration = calibrate(head, pairs, levels)
    assert calibration.surprisal_bits and calibration.loudness_db
    least, most, window = calibration.surprisal_bits
    assert window == 4
    features = head.members[0].split(model(frames[:, :-1]))[0]
    every = head.members[0].logits(features, torch.zeros(VECTOR), 0).log_softmax(-1)
    bits = -every.gather(-1, frames[:, 1:, :1]).squeeze(-1) / math.log(2)
    later = bits[:, 4:].mean(-1)
    assert abs((later < least).sum().item() - 25) <= 1
    assert abs((later > most).sum().item() - 5) <= 1
    least, most, window = calibration.loudness_db
    assert window == 8
    loud = levels[frames[:, 1:, 0]].mean(-1)
    # Some windows are alike.
    assert (loud < least).sum() <= 25 <= (loud <= least + 1e-3).sum() + 1
    assert (loud > most).sum() <= 5 <= (loud >= most - 1e-3).sum() + 1


@pytest.mark.parametrize("variant", ["stacked", "ensemble"])
@torch.no_grad()
def test_a_guard_keeps_surprise_in_its_range(variant: str) -> None:
    model = made(variant)
    head = head_of(model)
    for parameter in head.parameters():
        parameter.mul_(4)
    output = model(codes(1, 6))[:, -1].expand(64, -1)

    def first_codes(least: float, most: float) -> Tensor:
        """Share of each first code, once the guard has heard a window."""
        calibration = Calibration(surprisal_bits=UsualRange(least, most, 5))
        sample = sampler_of(head, 0.5, calibration)
        drawn = torch.stack([sample(output)[:, 0] for _ in range(100)])[10:]
        return drawn.flatten().bincount(minlength=VALUES) / drawn.numel()

    def entropy(shares: Tensor) -> float:
        return -(shares * shares.clamp_min(1e-9).log2()).sum().item()

    free, warm, cool = first_codes(0, 99), first_codes(50, 99), first_codes(0.01, 0.02)
    assert entropy(warm) > 1.1 * entropy(free)
    assert entropy(cool) < 0.9 * entropy(free)


@torch.no_grad()
def test_a_guard_keeps_the_level_in_its_range() -> None:
    levels = torch.tensor([-80.0, -40.0, -40.0, -40.0, -20.0])
    model = made("stacked", CodebookInfo(torch.randn(STAGES, VALUES, VECTOR), levels))
    head = head_of(model)
    output = model(codes(1, 6))[:, -1].expand(64, -1)

    def mean_level(least: float, most: float) -> float:
        calibration = Calibration(
            surprisal_bits=UsualRange(0, 99, 5), loudness_db=UsualRange(least, most, 20)
        )
        sample = sampler_of(head, 1.0, calibration, levels)
        drawn = torch.stack([sample(output)[:, 0] for _ in range(100)])[20:]
        return levels[drawn].mean().item()

    free = mean_level(-200, 200)
    assert mean_level(free + 10, 0) > free + 5
    assert mean_level(-200, free - 10) < free - 5
