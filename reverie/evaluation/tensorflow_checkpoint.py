"""Read the tensors of a TensorFlow checkpoint, without TensorFlow.

A checkpoint is an index, a sorted table of LevelDB whose values are protocol buffers, and files of
plain little-endian numbers that it points into. Nothing in it is ever executed.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.errors import ReverieError

FLOAT32 = 1
FOOTER_BYTES = 48
MAGIC = 0xDB4775248B80FB57


def read_checkpoint(index: Path, data: Path) -> dict[str, NDArray[np.float32]]:
    """Every float32 tensor of a checkpoint of one shard, by name.

    Args:
        index: the file that ends in `.index`.
        data: the file that ends in `.data-00000-of-00001`.

    Raises:
        ReverieError: a file is missing, cut short, or not such a checkpoint.
    """
    try:
        table, numbers = index.read_bytes(), np.memmap(data, np.uint8, "r")
        tensors: dict[str, NDArray[np.float32]] = {}
        for key, value in _table_entries(table):
            if key and (entry := _Entry(value)).dtype == FLOAT32:
                raw = numbers[entry.offset : entry.offset + entry.size]
                shaped = np.frombuffer(raw.tobytes(), "<f4").reshape(entry.shape)
                tensors[key.decode()] = shaped.astype(np.float32)
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise ReverieError(
            f"{index} is not a TensorFlow checkpoint that can be read ({error}).",
            "Install the package that it belongs to anew.",
        ) from error
    return tensors


class _Entry:
    """Where a tensor lies: TensorFlow's `BundleEntryProto`."""

    def __init__(self, message: bytes) -> None:
        self.dtype = self.offset = self.size = 0
        self.shape: tuple[int, ...] = ()
        for field, value in _fields(message):
            if isinstance(value, bytes):
                if field == 2:
                    self.shape = tuple(_dimensions(value))
            elif field == 1:
                self.dtype = value
            elif field == 4:
                self.offset = value
            elif field == 5:
                self.size = value


def _dimensions(shape: bytes) -> Iterator[int]:
    """Sizes in a `TensorShapeProto`."""
    for field, dimension in _fields(shape):
        if field == 2 and isinstance(dimension, bytes):
            sizes = [size for one, size in _fields(dimension) if one == 1]
            yield next((size for size in sizes if isinstance(size, int)), 0)


def _table_entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a table of LevelDB, in order."""
    footer = table[-FOOTER_BYTES:]
    if len(footer) < FOOTER_BYTES or struct.unpack("<Q", footer[-8:])[0] != MAGIC:
        raise ValueError("its index does not end as one does")
    at = 0
    handle: list[int] = []
    for _ in range(4):  # Offset and size of the index of indices, then of the index of blocks.
        number, at = _varint(footer, at)
        handle.append(number)
    for _, where in _block_entries(table, handle[2], handle[3]):
        offset, at = _varint(where, 0)
        size, _ = _varint(where, at)
        yield from _block_entries(table, offset, size)


def _block_entries(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of one block: each key is told by what it shares with the one before."""
    block, compression = table[offset : offset + size], table[offset + size]
    if compression:
        raise ValueError("its index is compressed")
    end = len(block) - 4 - 4 * struct.unpack("<I", block[-4:])[0]
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        fresh, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + fresh]
        yield key, block[at + fresh : at + fresh + length]
        at += fresh + length


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and values of the fields of a protocol buffer."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if kind == 2:
            length, at = _varint(message, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError("a field of an unknown kind")
        yield tag >> 3, message[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """An integer of seven bits a byte, lowest first, and where it ends."""
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return number, at
