"""Shards are filled up to a size, gone on with where they end, and never written over."""

import io
from pathlib import Path

import numpy as np

from reverie.corpus.shards import SAMPLE_BYTES, Shards, map_shard, shard_numbers


def add(shards: Shards, value: int, count: int) -> tuple[int, int]:
    samples = np.full(count, value, "<i2").tobytes()
    placed = shards.append(io.BytesIO(samples), len(samples))
    shards.flush()
    return placed


def test_a_full_shard_gets_a_successor_and_the_last_is_gone_on_with(tmp_path: Path) -> None:
    cap_bytes = 10 * SAMPLE_BYTES
    shards = Shards(tmp_path, cap_bytes)
    assert [add(shards, 1, 6), add(shards, 2, 4), add(shards, 3, 6)] == [(0, 0), (0, 6), (1, 0)]
    again = Shards(tmp_path, cap_bytes)
    assert [add(again, 4, 4), add(again, 5, 3)] == [(1, 6), (2, 0)]
    assert shard_numbers(tmp_path) == [0, 1, 2]
    stored = [map_shard(tmp_path, number).tolist() for number in range(3)]
    assert stored == [[1] * 6 + [2] * 4, [3] * 6 + [4] * 4, [5] * 3]


def test_a_recording_longer_than_a_shard_has_one_of_its_own(tmp_path: Path) -> None:
    shards = Shards(tmp_path, 10 * SAMPLE_BYTES)
    assert [add(shards, 1, 2), add(shards, 2, 50), add(shards, 3, 2)] == [(0, 0), (1, 0), (2, 0)]


def test_a_fresh_shard_has_a_number_of_its_own(tmp_path: Path) -> None:
    add(Shards(tmp_path, 1 << 20), 1, 6)
    assert add(Shards(tmp_path, 1 << 20, fresh=True), 2, 6) == (1, 0)
    assert map_shard(tmp_path, 0).tolist() == [1] * 6


def test_half_a_sample_that_a_crash_left_is_filled_up(tmp_path: Path) -> None:
    add(Shards(tmp_path, 1 << 20), 1, 3)
    with (tmp_path / "shards" / "00000.pcm").open("ab") as file:
        file.write(b"\x01")
    assert add(Shards(tmp_path, 1 << 20), 2, 2) == (0, 4)
    assert map_shard(tmp_path, 0).tolist() == [1, 1, 1, 1, 2, 2]
