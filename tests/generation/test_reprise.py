"""Passages come back, from the same place among the beats, and nothing else changes."""

import pytest
import torch
from torch import Tensor

from reverie.generation.metronome import Metronome
from reverie.generation.reprise import (
    APART_SECONDS,
    MEMORY_SECONDS,
    PASSAGE_SECONDS,
    Reprise,
)

FRAME_SECONDS = 0.032
PASSAGE, APART = round(PASSAGE_SECONDS / FRAME_SECONDS), round(APART_SECONDS / FRAME_SECONDS)


def played(
    seconds: float, every_seconds: float, beat: Tensor, seed: int = 1
) -> tuple[Tensor, Tensor]:
    """What is heard of frames that are numbered as they are drawn, and positions: [B, T] each."""
    rng = torch.Generator().manual_seed(seed)
    reprise, metronome = Reprise(FRAME_SECONDS, rng), Metronome(beat, FRAME_SECONDS)
    heard: list[Tensor] = []
    positions: list[Tensor] = []
    for number in range(round(seconds / FRAME_SECONDS)):
        told = metronome.next()
        drawn = torch.full((len(beat), 1), number)
        heard.append(reprise.next(drawn, told, every_seconds))
        positions.append(told[:, 0])
        assert (drawn == number).all(), "what was drawn is left as it is"
    return torch.stack(heard, dim=1)[..., 0], torch.stack(positions, dim=1)


STEADY = torch.tensor([[0.3, 0.5], [1.2, 0.61]])


def test_a_passage_returns_from_the_same_place_among_the_beats() -> None:
    heard, positions = played(100.0, 10.0, STEADY)
    for clip, position, period in zip(heard, positions, STEADY[:, 1], strict=True):
        numbers = torch.arange(len(clip))
        again = clip != numbers
        begins = [int(at) for at in numbers[again] if at == 0 or not again[at - 1]]
        assert len(begins) in {8, 9}
        first = torch.arange(len(clip))
        for one, before in zip(begins, [0, *begins], strict=False):
            assert (one - before) * FRAME_SECONDS >= 10.0
            passage = clip[one : one + PASSAGE]
            # Its numbers are those that were heard at one place of the past, in turn.
            places = [
                int(at)
                for at in first[: one - APART + 1]
                if torch.equal(clip[at : at + PASSAGE], passage)
            ]
            assert places
            away = ((position[places[-1]] - position[one] + 1) % 2 - 1).abs()
            assert away <= 0.5 * FRAME_SECONDS / period + 1e-4


def test_never_where_it_is_not_asked_for_and_not_at_first() -> None:
    heard, _ = played(30.0, 0.0, STEADY)
    assert torch.equal(heard, torch.arange(heard.shape[1]).expand_as(heard))
    heard, _ = played(30.0, 12.0, STEADY)
    silent = round(12.0 / FRAME_SECONDS)
    assert torch.equal(heard[:, :silent], torch.arange(silent).expand(2, -1))
    assert not torch.equal(heard, torch.arange(heard.shape[1]).expand_as(heard))


def test_the_same_seed_gives_the_same_and_another_another() -> None:
    first, again, other = (played(60.0, 10.0, STEADY, seed)[0] for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_without_a_beat_any_passage_may_return() -> None:
    heard, _ = played(20.0, 10.0, torch.zeros(1, 2))
    assert heard[0, 313] < 313, "the first frame after ten seconds"


def test_a_passage_of_another_tempo_does_not_return() -> None:
    reprise = Reprise(FRAME_SECONDS, torch.Generator().manual_seed(0))
    slow, fast = (Metronome(torch.tensor([[0.0, period]]), FRAME_SECONDS) for period in (0.8, 0.5))
    heard: list[int] = []
    for number in range(1000):
        beat = (slow if number < 500 else fast).next()
        heard.append(int(reprise.next(torch.tensor([[number]]), beat, 10.0)))
    assert any(one < number for number, one in enumerate(heard[:500]))
    assert heard[500 + PASSAGE : 500 + APART] == [*range(500 + PASSAGE, 500 + APART)]
    assert min(heard[500 + APART :]) >= 500


def test_memory_does_not_grow_and_reaches_a_minute_back() -> None:
    heard, _ = played(3 * MEMORY_SECONDS, 4.0, STEADY)
    back = (torch.arange(heard.shape[1]) - heard) * FRAME_SECONDS
    assert back.max() > MEMORY_SECONDS / 2
    reprise = Reprise(FRAME_SECONDS, torch.Generator())
    for number in range(5000):
        reprise.next(torch.tensor([[number]]), None, 0.0)
    assert reprise._frames.shape[1] == round(MEMORY_SECONDS / FRAME_SECONDS)


@pytest.mark.parametrize("every_seconds", [1.0, 600.0])
def test_it_may_be_changed_while_it_plays(every_seconds: float) -> None:
    reprise = Reprise(FRAME_SECONDS, torch.Generator().manual_seed(0))
    heard = [int(reprise.next(torch.tensor([[n]]), None, 0.0)) for n in range(400)]
    heard += [int(reprise.next(torch.tensor([[n]]), None, every_seconds)) for n in range(400, 900)]
    assert heard[:400] == [*range(400)]
    assert (heard == [*range(900)]) == (every_seconds == 600.0)
