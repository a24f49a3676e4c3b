"""A stream goes on without end, in any block size, and takes new settings while it plays."""

import dataclasses
import itertools

import numpy as np
import psutil
import pytest
import torch
from torch import Tensor

from reverie.generation.prompts import choose_prompts
from reverie.generation.stream import Stream, stream_of
from reverie.runs.run import Run


def begun(run: Run, block_frames: int | None = None, temperature: float = 0.5) -> Stream:
    _, prompt = choose_prompts(run, "held-out", 1, np.random.default_rng(0))
    settings = dataclasses.replace(run.recipe.generation, temperature=temperature)
    trained = run.load(run.find_checkpoint())
    rng = torch.Generator().manual_seed(0)
    return stream_of(run, trained, prompt, settings, rng, block_frames)


def blocks(stream: Stream, count: int) -> Tensor:
    return torch.cat([next(stream) for _ in range(count)], dim=-1)


@pytest.mark.parametrize("block_frames", [1, 2, 5])
def test_the_block_size_changes_nothing_where_frames_are_whole(run: Run, block_frames: int) -> None:
    whole = blocks(begun(run, 20), 1)
    assert torch.equal(blocks(begun(run, block_frames), 20 // block_frames), whole)


def test_take_gives_so_many_samples(run: Run) -> None:
    stream = begun(run, 3)
    pieces = list(stream.take(777))
    assert sum(piece.shape[-1] for piece in pieces) == 777
    assert all(piece.shape[-1] <= 3 * stream.hop_samples for piece in pieces)


def test_memory_does_not_grow(run: Run) -> None:
    stream = begun(run)
    for _ in range(20):
        next(stream)
    before = psutil.Process().memory_info().rss
    for _ in range(300):
        next(stream)
    assert psutil.Process().memory_info().rss - before < 4_000_000


def test_settings_count_from_the_next_frame_on(run: Run) -> None:
    stream, other = begun(run, 1), begun(run, 1)
    assert torch.equal(blocks(stream, 3), blocks(other, 3))
    stream.settings = dataclasses.replace(stream.settings, temperature=0.0)
    assert not torch.equal(blocks(stream, 1), blocks(other, 1))
    cold = begun(run, 1, temperature=0.0)
    assert torch.equal(blocks(cold, 3), blocks(begun(run, 1, temperature=0.0), 3))


def test_reset_begins_again(run: Run) -> None:
    stream = begun(run, 1, temperature=0.0)
    first = blocks(stream, 5)
    assert not torch.equal(blocks(stream, 5), first)
    stream.reset()
    assert torch.equal(blocks(stream, 5), first)


def test_another_prompt_is_gone_on_from_after_one_frame_of_fading(run: Run) -> None:
    stream = begun(run, 1, temperature=0.0)
    before = blocks(stream, 4)
    unchanged = blocks(stream, 1)
    _, prompt = choose_prompts(run, "training", 1, np.random.default_rng(1))
    fresh = begun(run, 1, temperature=0.0)
    fresh.take_over(prompt, fresh.begin(prompt))
    fresh.reset()
    expected = blocks(fresh, 5)
    stream.reset()
    assert torch.equal(blocks(stream, 4), before)
    stream.take_over(prompt, stream.begin(prompt))
    found = blocks(stream, 5)
    size = stream.hop_samples
    assert torch.equal(found[..., size:], expected[..., size:])
    phase = torch.linspace(0, torch.pi / 2, size)
    torch.testing.assert_close(
        found[..., :size], phase.sin() * expected[..., :size] + phase.cos() * unchanged
    )


def test_it_iterates(run: Run) -> None:
    assert len(list(itertools.islice(begun(run, 2), 4))) == 4


def test_guidance_costs_nothing_where_frames_are_numbers(run: Run) -> None:
    plain, guided = begun(run, 4), begun(run, 4)
    guided.settings = dataclasses.replace(guided.settings, guidance=2.0)
    guided.reset()
    assert guided._voice.context.predict().short is None
    assert torch.equal(blocks(guided, 3), blocks(plain, 3))
