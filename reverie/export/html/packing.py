"""Tables of numbers as bytes for the page: as few bits each as they need.

Letters: R rows, C columns.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reverie.export.settings import Weights

FINEST: tuple[Weights, ...] = ("int8", "int7", "int6")
"""What `auto` tries, in this order."""
_LEVELS = {"int8": 127, "int7": 63, "int6": 31}
_ALIGNED = 4
_DIGITS = np.array([one for one in range(ord("#"), ord("~") + 1) if one != ord("<")], np.uint8)
"""91 characters of one byte each, none of which ends or begins anything within a script of a page:
two of them hold 13 bits, where two of base64 hold 12."""
_PAIR_BITS = 13


@dataclass(frozen=True)
class Packed:
    """Tables as text, and where in it each lies."""

    text: str
    """Compressed by zlib, see `as_text`."""
    n_bytes: int
    """Length of what is compressed so."""
    places: Mapping[str, Mapping[str, Any]]
    """Of each table its shape, the kind of its numbers, and the byte that it begins at."""


def pack(tables: Mapping[str, Tensor], weights: Weights) -> Packed:
    """Pack tables.

    Args:
        tables: whole numbers as uint8, int16 or int64; real ones as float32. Of these, matrices of
            the model (of names that end in `.weight` or `embedding`) are stored as `weights` say,
            those of the codec no coarser than float16, and the rest as they are.
        weights: but `auto`.
    """
    content = bytearray()
    places: dict[str, dict[str, Any]] = {}
    for name, table in tables.items():
        values = table.detach().cpu().contiguous().numpy()
        kind = _kind(name, values, weights)
        place: dict[str, Any] = {"shape": list(values.shape)}
        if kind in _LEVELS:
            rows, scales = quantised(values, _LEVELS[kind])
            place |= {"kind": "rows", "at": _append(content, rows)}
            place["scales_at"] = _append(content, scales)
        else:
            place |= {"kind": kind, "at": _append(content, values.astype(kind))}
        places[name] = place
    # Nothing but Huffman's code: in rounded weights no sequence comes again.
    compressor = zlib.compressobj(9, strategy=zlib.Z_HUFFMAN_ONLY)
    compressed = compressor.compress(content) + compressor.flush()
    return Packed(as_text(compressed), len(compressed), places)


def as_text(content: bytes) -> str:
    """Write bytes as printable characters, two for each 13 bits."""
    padded = np.frombuffer(content + bytes(-len(content) % _PAIR_BITS), np.uint8)
    bits = np.unpackbits(padded).reshape(-1, _PAIR_BITS)
    pairs = np.packbits(bits, axis=1).view(">u2")[:, 0] >> (16 - _PAIR_BITS)
    digits = np.stack([pairs // len(_DIGITS), pairs % len(_DIGITS)], axis=1)
    return _DIGITS[digits].tobytes().decode("ascii")


def quantised(
    values: NDArray[np.float32], levels: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round each row to so many levels on either side of zero: [..., C] -> [..., C], [...]."""
    largest = np.abs(values).max(axis=-1, keepdims=True)
    scales = np.maximum(largest / levels, 1e-12).astype(np.float32)
    return np.rint(values / scales).astype(np.int8), scales[..., 0]


def as_stored(tables: Mapping[str, Tensor], weights: Weights) -> dict[str, Tensor]:
    """Return tables as the page reads them back."""
    found: dict[str, Tensor] = {}
    for name, table in tables.items():
        values = table.detach().cpu().contiguous().numpy()
        kind = _kind(name, values, weights)
        if kind in _LEVELS:
            rows, scales = quantised(values, _LEVELS[kind])
            values = rows * scales[..., None]
        elif kind == "float16":
            values = values.astype(np.float16).astype(np.float32)
        found[name] = torch.as_tensor(values)
    return found


def _kind(name: str, values: NDArray[Any], weights: Weights) -> str:
    if values.dtype.kind in "iu":
        return "int16" if values.dtype == np.int16 else "uint16"
    if (
        values.ndim < 2
        or weights == "float32"
        or not name.endswith(("weight", "embedding", "books"))
    ):
        return "float32"
    return "float16" if name.startswith("codec.") else weights


def _append(content: bytearray, values: NDArray[Any]) -> int:
    """Append numbers, lowest byte first; where they begin."""
    content.extend(bytes(-len(content) % _ALIGNED))
    begins = len(content)
    content.extend(values.astype(values.dtype.newbyteorder("<")).tobytes())
    return begins
