"""Read batches in a thread of their own, while a device learns from those before them."""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import torch

from reverie.training.device import CPU
from reverie.training.sequences import Batch

AHEAD = 2
"""Batches that are read, or being read, while one is learnt from."""


@contextmanager
def read_ahead(batches: Iterator[Batch], device: torch.device) -> Generator[Iterator[Batch]]:
    """Give the same batches, in the same order, on `device`.

    Where another device computes, the processor reads ahead; where it computes itself, it reads
    what is asked for. Whatever reading raises is raised where the batch is asked for.

    Args:
        batches: what is read.
        device: where they are learnt from.
    """
    if device.type == CPU.type:
        yield (batch.to(device) for batch in batches)
        return
    with ThreadPoolExecutor(1, "reading") as reader:
        yield (batch.to(device) for batch in _ahead(batches, device, reader))


def _ahead(
    batches: Iterator[Batch], device: torch.device, reader: ThreadPoolExecutor
) -> Iterator[Batch]:
    def read() -> Batch | None:
        batch = next(batches, None)
        # What lies in pinned memory is copied while the device computes.
        return batch.pinned() if batch is not None and device.type == "cuda" else batch

    waiting = deque(reader.submit(read) for _ in range(AHEAD))
    while (batch := waiting.popleft().result()) is not None:
        waiting.append(reader.submit(read))
        yield batch
