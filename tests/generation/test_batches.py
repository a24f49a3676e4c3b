"""Every call into a folder of clips makes more of them; one that was stopped is finished."""

import json
from pathlib import Path

import pytest

from reverie.errors import ReverieError
from reverie.generation.batches import Batch, batch_in, later_seed, unfinished_batches
from reverie.generation.folder import next_number

REQUEST = {"seconds": 10.0, "prompt": ["a.mp3"], "weights": "ab12"}


def make(folder: Path, *numbers: int) -> None:
    for number in numbers:
        (folder / f"{number:03d}.wav").write_bytes(b"sound")


def call(folder: Path, count: int, *, seed: int = 0, stop_after: int | None = None) -> Batch:
    """A call that makes `count` clips, or is stopped."""
    with batch_in(folder, seed, count, REQUEST) as batch:
        make(folder, *list(batch.numbers)[:stop_after])
        if stop_after is not None:
            raise KeyboardInterrupt
    return batch


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("there", "number"),
    [
        ((), 1),
        (("001.wav", "002.wav"), 3),
        (("001.wav", "004.flac"), 5),
        (("7.mp3",), 8),
        (("003.png",), 4),
        (("003.json", "001.wav"), 4),
        (("999.wav",), 1000),
        (("notes.txt", "2024", "12a.wav", ".005.wav", "cover.png"), 1),
        (("012-trimmed.wav", "001.wav"), 2),
        (("\u0663.wav",), 1),
    ],
)
def test_the_next_number_is_above_whatever_is_there(
    tmp_path: Path, there: tuple[str, ...], number: int
) -> None:
    for name in there:
        (tmp_path / name).touch()
    assert next_number(tmp_path) == number


def test_a_folder_that_is_not_there_begins_at_one(tmp_path: Path) -> None:
    assert next_number(tmp_path / "none") == 1
    assert unfinished_batches(tmp_path / "none") == []


def test_the_same_call_again_makes_others_with_higher_numbers(tmp_path: Path) -> None:
    batches = [call(tmp_path, 3), call(tmp_path, 3), call(tmp_path, 2)]
    assert [list(one.numbers) for one in batches] == [[1, 2, 3], [4, 5, 6], [7, 8]]
    assert len({one.seed for one in batches}) == 3
    assert names(tmp_path) == {f"{number:03d}.wav" for number in range(1, 9)}


def test_the_first_batch_has_the_seed_that_was_asked_for(tmp_path: Path) -> None:
    assert call(tmp_path, 2, seed=1 << 62).seed == 1 << 62


def test_seeds_of_later_batches_never_meet() -> None:
    seeds = {later_seed(seed, first) for seed in range(20) for first in range(2, 40)}
    assert len(seeds) == 20 * 38
    assert all(20 <= seed < 1 << 32 for seed in seeds)


def test_a_stopped_call_is_finished_by_the_same_call(tmp_path: Path) -> None:
    make(tmp_path, 1)
    with pytest.raises(KeyboardInterrupt):
        call(tmp_path, 3, stop_after=1)
    (stopped,) = unfinished_batches(tmp_path)
    assert list(stopped.numbers) == [2, 3, 4]
    assert call(tmp_path, 3) == stopped
    assert names(tmp_path) == {"001.wav", "002.wav", "003.wav", "004.wav"}
    assert call(tmp_path, 3).first == 5


def test_another_call_takes_no_number_of_a_stopped_one(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        call(tmp_path, 3, stop_after=1)
    assert call(tmp_path, 3, seed=1).first == 4
    assert call(tmp_path, 2).first == 7
    assert list(call(tmp_path, 3).numbers) == [1, 2, 3]
    assert unfinished_batches(tmp_path) == []


def test_a_call_that_makes_nothing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        call(tmp_path, 3, stop_after=0)
    assert names(tmp_path) == set()


def test_one_that_was_killed_before_its_first_clip_takes_no_numbers(tmp_path: Path) -> None:
    killed = batch_in(tmp_path, 0, 3, REQUEST)
    batch = killed.__enter__()
    assert names(tmp_path) == {".batch-001.json"}
    assert unfinished_batches(tmp_path) == []
    assert call(tmp_path, 2, seed=5).first == batch.first == 1
    assert names(tmp_path) == {"001.wav", "002.wav"}


@pytest.mark.parametrize(
    "content", ["", "{}", "[" * 99999, json.dumps({"first": 0, "count": 1, "seed": 1})]
)
def test_a_damaged_note_is_left_alone(tmp_path: Path, content: str) -> None:
    make(tmp_path, 1)
    (tmp_path / ".batch-001.json").write_text(content)
    assert call(tmp_path, 2).first == 2
    assert (tmp_path / ".batch-001.json").read_text() == content


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(ReverieError, match="cannot write"),
        batch_in(tmp_path / "file" / "below", 0, 1, REQUEST),
    ):
        pass
