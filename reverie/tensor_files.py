"""Files of tensors, opened only once it is known that they are safetensors and how much they say.

The format holds names, sizes and numbers, and no program. A header says first how long it is, and
is parsed whole, so its length is limited before it is read.
"""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from safetensors import safe_open

from reverie.errors import ReverieError
from reverie.records import parse_json
from reverie.storage import open_plain, require_plain

if TYPE_CHECKING:
    from torch import Tensor

MOST_HEADER_BYTES = 1 << 20
"""The largest model of ours has a header of a hundredth of this."""
NUMBERS = "F32"
"""The type of all numbers in files of ours, as safetensors calls it."""
_LENGTH_BYTES = 8
_ANOTHER = "Restore it from a copy, or get it again from where it is from."


class TensorFile(Protocol):
    """An open file of tensors."""

    def keys(self) -> list[str]:
        """Names of its tensors."""
        ...

    def metadata(self) -> dict[str, str] | None:
        """What it says of itself."""
        ...

    def get_slice(self, name: str) -> Any:
        """A tensor's shape and type, by `get_shape` and `get_dtype`, before it is read."""
        ...

    def get_tensor(self, name: str) -> "Tensor":
        """Read a tensor."""
        ...


def save_tensors(
    tables: Mapping[str, "Tensor"], path: Path, about: dict[str, str] | None = None
) -> None:
    """Write a file of tensors, which others may read as they may any file of this process.

    Args:
        tables: contiguous, on the processor.
        path: of the file.
        about: what it says of itself.

    Raises:
        OSError: the disk refuses.
        safetensors.SafetensorError: the same, in the library's words.
    """
    from safetensors.torch import save_file  # noqa: PLC0415 -- whoever only reads can do without

    path.touch()
    mode = path.stat().st_mode
    save_file(dict(tables), path, about)  # the library lets its owner alone read it
    path.chmod(mode)


@contextmanager
def open_tensors(path: Path, what: str) -> Generator[TensorFile]:
    """Open the safetensors file `path`; tensors are read when they are asked for.

    Args:
        path: the file.
        what: what the file should be, for the message ("the weights of a model").

    Raises:
        OSError: the system refuses.
        safetensors.SafetensorError: it is damaged.
        ReverieError: it is no plain file, or its header is longer than any of ours, no JSON, or
            names a tensor twice.
    """
    require_plain(path, what)
    with open_plain(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        header_bytes = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        header = file.read(min(header_bytes, MOST_HEADER_BYTES))
    if size >= _LENGTH_BYTES and header_bytes > MOST_HEADER_BYTES:
        raise ReverieError(
            f"{path} cannot be read as {what}: a header of {header_bytes} bytes is longer than any "
            "in safetensors of Reverie.",
            _ANOTHER,
        )
    if header_bytes == len(header) > 0:
        parse_json(header, f"{path}", what)  # the library takes the last of a name's tensors
    with safe_open(path, "pt") as file:
        yield cast(TensorFile, file)
