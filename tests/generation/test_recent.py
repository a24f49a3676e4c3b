"""What is remembered of endless music."""

import dataclasses

import numpy as np
import pytest

from reverie.audio.provenance import Prompt, Provenance
from reverie.generation.recent import MOST_CHANGES, RecentMusic

MADE = Provenance(
    made_by="reverie 0", run="r", rate_hz=100, architecture="a", hop_samples=10, checkpoint="c",
    checkpoint_sha256="", epoch=1, corpus_hash="", settings={"temperature": 1.0, "seconds": 10.0},
    clip=1, prompt=Prompt("a.wav", 0.0, 1.0), clipped_samples=0,
)  # fmt: skip


def filled(total: int, pieces: int) -> RecentMusic:
    recent = RecentMusic(2.0, MADE)
    for piece in np.array_split(np.arange(total, dtype=np.float32), pieces):
        recent.append(piece[None])
    return recent


@pytest.mark.parametrize(("total", "pieces"), [(50, 1), (200, 7), (1000, 1), (1000, 33)])
def test_the_newest_samples_are_there(total: int, pieces: int) -> None:
    recent = filled(total, pieces)
    samples, first = recent.last(1.5)
    assert recent.total_samples == total
    assert first == max(0, total - 150)
    assert samples[0].tolist() == list(range(first, total))
    samples, first = recent.last(99)
    assert samples[0].tolist() == list(range(max(0, total - 200), total))


def test_it_ends_where_it_is_asked_to() -> None:
    recent = filled(1000, 9)
    samples, first = recent.last(0.5, until=950)
    assert (first, samples[0].tolist()) == (900, list(range(900, 950)))
    assert recent.last(0.5, until=820)[0][0].tolist() == list(range(800, 820))
    assert not recent.last(0.5, until=100)[0].size
    assert not recent.last(0.5, until=-5)[0].size
    assert recent.last(0.5, until=5000)[1] == 950


def test_it_says_what_was_changed_before_its_end() -> None:
    recent = filled(1000, 9)
    other = Prompt("b.wav", 2.0, 1.0)
    recent.note(100, {"temperature": 0.5}, None)
    recent.note(850, {"top_k": 3}, None)
    recent.note(850, {"top_k": 4, "temperature": 0.7}, None)  # a slider on its way
    recent.note(900, {"prompt": "b.wav"}, other)
    recent.note(990, {"top_k": 5}, None)
    made = recent.provenance_of(800, 150)
    assert made.settings == {"temperature": 1.0, "seconds": 1.5}
    assert made.excerpt is not None
    assert made.excerpt.begins_seconds == 8.0
    assert [dataclasses.astuple(change)[:2] for change in made.excerpt.changes] == [
        (-7.0, {"temperature": 0.5}),
        (0.5, {"top_k": 4, "temperature": 0.7}),
        (1.0, {"prompt": "b.wav"}),
    ]
    assert made.excerpt.changes[2].prompt == other
    assert made.excerpt.changes_left_out == 0


def test_many_changes_take_no_more_memory() -> None:
    recent = filled(1000, 1)
    for at in range(3 * MOST_CHANGES):
        recent.note(at, {"top_k": at}, None)
    made = recent.provenance_of(900, 100)
    assert made.excerpt is not None
    assert len(made.excerpt.changes) == MOST_CHANGES
    assert made.excerpt.changes_left_out == 2 * MOST_CHANGES
    assert made.excerpt.changes[-1].settings == {"top_k": 3 * MOST_CHANGES - 1}
