"""Batches that are read ahead are those that are read when they are asked for."""

import threading
from collections.abc import Iterator

import pytest
import torch

from reverie.training.device import CPU
from reverie.training.reading import AHEAD, read_ahead
from reverie.training.sequences import Batch

ELSEWHERE = torch.device("meta")


def batches(count: int, read: list[int], error: Exception | None = None) -> Iterator[Batch]:
    for number in range(count):
        read.append(number)
        if error is not None and number == count - 1:
            raise error
        yield Batch(torch.full((1, 1, 2), float(number)), total=number)


@pytest.mark.parametrize("count", [0, 1, 2, 7])
@pytest.mark.parametrize("device", [CPU, ELSEWHERE])
def test_they_come_in_order_and_all_of_them(device: torch.device, count: int) -> None:
    with read_ahead(batches(count, []), device) as found:
        assert [(one.total, one.samples.device) for one in found] == [
            (number, device) for number in range(count)
        ]


def test_on_the_processor_none_is_read_before_it_is_asked_for() -> None:
    read: list[int] = []
    with read_ahead(batches(5, read), CPU) as found:
        next(found)
        assert read == [0]


def test_elsewhere_a_few_are_read_ahead_in_another_thread() -> None:
    read: list[int] = []
    seen: set[str] = set()

    def noted() -> Iterator[Batch]:
        for batch in batches(9, read):
            seen.add(threading.current_thread().name)
            yield batch

    with read_ahead(noted(), ELSEWHERE) as found:
        next(found)
    assert read == list(range(1 + AHEAD))  # those that were begun are finished, and no more
    assert threading.current_thread().name not in seen
    assert all(one.name not in seen for one in threading.enumerate())


def test_what_reading_raises_is_raised_where_it_is_asked_for() -> None:
    with read_ahead(batches(3, [], ValueError("torn")), ELSEWHERE) as found:
        assert [next(found).total, next(found).total] == [0, 1]
        with pytest.raises(ValueError, match="torn"):
            next(found)
