"""Files that hold one array and nothing else: written whole, mapped, checked by their hashes."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.storage import open_plain, replacing


def write_array(path: Path, values: NDArray[Any]) -> None:
    """Write an array, whole or not at all, little-endian.

    Raises:
        ReverieError: the disk refuses.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        stored = values.astype(values.dtype.newbyteorder("<"), copy=False)
        file.write(np.ascontiguousarray(stored).data)


def map_array(path: Path, kind: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Map the plain file `path` as an array of a kind such as "<u4".

    Raises:
        OSError: it cannot be opened.
        ValueError: it has another size.
        ReverieError: it is no plain file.
    """
    size = int(np.prod(shape, dtype=np.int64))
    with open_plain(path, "rb") as file:
        if path.stat().st_size != size * np.dtype(kind).itemsize:
            raise ValueError(path)
        if not size:
            return np.empty(shape, kind)
        # A plain array over the same pages, because slicing np.memmap is slow.
        return np.asarray(np.memmap(file, kind, "r", shape=shape))


def array_sha256(values: NDArray[Any]) -> str:
    """Return the SHA-256 of an array's bytes, in hexadecimal digits."""
    return hashlib.sha256(np.ascontiguousarray(values).data).hexdigest()
