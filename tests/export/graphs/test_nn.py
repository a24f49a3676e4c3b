"""TorchScript for nn~: the same music as ours, by itself, through buffers of any size."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from reverie.errors import ReverieError
from reverie.export.nn.export import export_nn, make_generator
from reverie.export.nn.generator import Generator
from reverie.export.nn.noise import normal, uniform, waits
from reverie.generation.sampling import sampler
from reverie.generation.stream import stream_of
from reverie.runs.run import Run
from reverie.runs.settings import GenerationDefaults
from tests.export.graphs.conftest import prompt_of

FRAMES, FIRST = 24, 4
CLOSE = 1e-4

BACKEND = """
import json, sys
sys.modules["reverie"] = None  # importing it fails
import torch
model = torch.jit.load(sys.argv[1])
model.eval()
sizes = json.loads(sys.argv[2])
methods = model.get_methods()
assert methods == ["generate"], methods
channels_in, ratio_in, channels_out, ratio_out = model.generate_params.tolist()
assert len(model.generate_output_labels) == channels_out
told = {}
for name in model.get_attributes():
    kind = getattr(model, name + "_params").tolist()
    told[name] = [kind, getattr(model, "get_" + name)()]
blocks = []
with torch.inference_mode():
    for size in sizes:
        samples = torch.zeros(1, 1, size)
        given = samples.reshape(1, channels_in, -1, ratio_in).select(-1, -1)
        made = model.generate(given).repeat_interleave(ratio_out).reshape(1, channels_out, -1)
        assert made.shape[-1] == size, made.shape
        blocks.append(made[0])
    assert model.set_reset(True) == 0
    again = model.generate(torch.zeros(3, 1, sizes[0] // ratio_in))
    assert again.shape == (3, channels_out, sizes[0])
    assert model.set_temperature(0.5) == 0 and model.get_temperature() == 0.5
torch.save({"music": torch.cat(blocks, -1), "again": again}, sys.argv[3])
print(json.dumps(told))
"""
"""Loads a model and calls it as nn~'s backend does."""


def settings_of(run: Run, **changed: Any) -> GenerationDefaults:
    return dataclasses.replace(run.recipe.generation, detail_temperature=None, **changed)


def ours(run: Run, settings: GenerationDefaults) -> tuple[Tensor, Tensor]:
    """What a stream draws, frame by frame: the samples [C, S] and the frames [T, D]."""
    rng = torch.Generator().manual_seed(0)
    trained = run.load(run.find_checkpoint())
    plain, frames = trained.representation.synthesise, list[Tensor]()

    def noted(chunk: Tensor, state: Any) -> Any:
        frames.append(chunk[0])
        return plain(chunk, state)

    trained.representation.synthesise = noted  # pyright: ignore[reportAttributeAccessIssue]
    stream = stream_of(run, trained, prompt_of(run), settings, rng, 1)
    samples = torch.cat([next(stream)[0] for _ in range(FRAMES)], dim=-1)
    return samples, torch.cat(frames)


def generator_of(run: Run, settings: GenerationDefaults) -> Generator:
    trained = run.load(run.find_checkpoint())
    window = run.recipe.sequence_frames(run.rate_hz)
    return make_generator(trained, run.rate_hz, window, prompt_of(run), settings, seed=5)


@torch.inference_mode()
def frames_of(generator: Generator, count: int) -> Tensor:
    """The frames that a generator draws, without their sound: [T, D]."""
    frames: list[Tensor] = []
    for _ in range(count):
        frames.append(generator.next_frame())
        generator.append(frames[-1], generator.next_beat())
    return torch.cat(frames)


def assert_alike(run: Run, settings: GenerationDefaults) -> None:
    """Whole numbers are equal, real ones near. Made-up phases drift apart by rounding: of them the
    first frames are compared here, and each frame by itself in `test_onnx`."""
    samples, frames = ours(run, settings)
    torch.testing.assert_close(
        frames_of(generator_of(run, settings), len(frames)), frames, atol=CLOSE, rtol=0
    )
    shared = samples[:, : FIRST * (samples.shape[1] // FRAMES)]
    found = theirs(generator_of(run, settings), shared.shape[1])[:, : shared.shape[1]]
    torch.testing.assert_close(found, shared, atol=CLOSE, rtol=0)
    assert shared.abs().max() > 10 * CLOSE, "there is something to compare"


@torch.inference_mode()
def theirs(generator: Generator, samples: int) -> Tensor:
    blocks: list[Tensor] = []
    while sum(block.shape[1] for block in blocks) < samples:
        blocks.append(generator.next_samples())
    return torch.cat(blocks, dim=1)


@pytest.mark.parametrize(
    "kind", ["codes", "numbers", "blocks", "mdct", "spectrum", "ensemble", "wide"]
)
def test_it_makes_the_same_music(run_of: Callable[[str], Run], kind: str) -> None:
    run = run_of(kind)
    assert_alike(run, settings_of(run, temperature=0.0, guidance=1.5))


def test_the_same_draws_give_the_same_codes(
    run_of: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of("codes")
    settings = settings_of(run, temperature=0.9, guidance=0.5, top_k=100, min_p=1e-4, top_p=0.98)
    drawn = 0

    def draw(logits: Tensor, _: torch.Generator) -> Tensor:
        nonlocal drawn
        times = waits(5, drawn, logits.shape[-1])
        drawn += logits.shape[-1]
        return (logits.double() - times.log()).argmax(-1)

    monkeypatch.setattr(sampler, "draw", draw)
    assert_alike(run, settings)


@pytest.mark.parametrize("kind", ["codes", "wide", "mdct"])
def test_it_is_called_as_the_backend_does(
    run_of: Callable[[str], Run], kind: str, tmp_path: Path
) -> None:
    run = run_of(kind)
    settings = settings_of(run, temperature=0.0, guidance=1.5)
    path = export_nn(run, tmp_path / "model.ts", prompt=prompt_of(run), settings=settings, seed=5)
    generator = generator_of(run, settings)
    sizes = [generator.ratio * count for count in (1, 4, 2, 1, 8)]
    done = subprocess.run(
        [sys.executable, "-c", BACKEND, path, json.dumps(sizes), tmp_path / "music.pt"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["temperature"] == [[2], 0.0]
    assert said["reset"] == [[0], False]
    assert said["seed"] == [[1], 5]
    found = torch.load(tmp_path / "music.pt", weights_only=True)
    wanted = theirs(generator, sum(sizes))[:, : sum(sizes)]
    torch.testing.assert_close(found["music"], wanted, atol=CLOSE, rtol=0)
    for again in found["again"]:
        torch.testing.assert_close(again, wanted[:, : sizes[0]], atol=CLOSE, rtol=0)


def test_the_inlet_and_the_attributes(run_of: Callable[[str], Run]) -> None:
    run = run_of("codes")
    generator = generator_of(run, settings_of(run, temperature=1.0))
    assert generator.ratio <= generator.hop < 2 * generator.ratio
    quiet, loud = torch.zeros(1, 1, 8), torch.ones(1, 1, 8)
    with torch.inference_mode():
        first = generator.generate(quiet)
        other = generator.generate(loud)
        held = generator.generate(loud)
        generator.set_temperature(0.0)
        generator.set_reset(True)
        greedy = generator.generate(quiet)
        generator.set_reset(True)
        assert torch.equal(generator.generate(quiet), greedy)
        generator.set_bpm(240.0)
        generator.set_reset(True)
        assert generator.get_bpm() == 240.0
        assert generator.generate(quiet).shape == greedy.shape
        generator.set_temperature(1.0)
        generator.set_bpm(0.0)
        generator.set_seed(5)
        generator.set_reset(True)
        assert torch.equal(generator.generate(quiet), first), "seeded"
    assert not torch.equal(first, other), "random numbers go on"
    assert not torch.equal(other, held), "a level that stays high begins nothing"


def test_random_numbers_are_even_and_repeat() -> None:
    numbers = uniform(1, 0, 100_000)
    assert 0 < numbers.min() < numbers.max() < 1
    counts = np.histogram(numbers.numpy(), 20, (0, 1))[0]
    assert abs(counts - 5000).max() < 400
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 0.02
    assert torch.equal(uniform(1, 500, 20), numbers[500:520])
    assert not torch.equal(uniform(2, 500, 20), numbers[500:520])
    noise = normal(3, 0, 50_000)
    assert abs(noise.mean()) < 0.02
    assert abs(noise.std() - 1) < 0.02


def test_what_cannot_be_compiled_is_refused(run_of: Callable[[str], Run]) -> None:
    run = run_of("numbers")
    trained = run.load(run.find_checkpoint())
    trained.model.head = torch.nn.Linear(3, 3)  # type: ignore[assignment]
    with pytest.raises(ReverieError, match="no head of a Linear"):
        make_generator(trained, run.rate_hz, 4, None, run.recipe.generation, 0)
