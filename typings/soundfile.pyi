"""What Reverie uses of soundfile, which comes without types."""

from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

class LibsndfileError(RuntimeError):
    @property
    def error_string(self) -> str: ...

class SoundFile:
    def __init__(
        self,
        file: Path | str | bytes,
        mode: str = ...,
        samplerate: int | None = ...,
        channels: int | None = ...,
        subtype: str | None = ...,
        *,
        format: str | None = ...,  # noqa: A002
    ) -> None: ...
    frames: int
    samplerate: int
    channels: int
    subtype: str
    format: str
    name: str | bytes
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
    def seek(self, frames: int) -> int: ...
    def read(self, frames: int = ..., dtype: str = ..., always_2d: bool = ...) -> NDArray[Any]: ...
    def write(self, data: NDArray[Any]) -> None: ...
    def copy_metadata(self) -> dict[str, str]: ...
    def close(self) -> None: ...

def read(
    file: Path | str | bytes | BinaryIO, dtype: str = ..., always_2d: bool = ...
) -> tuple[NDArray[Any], int]: ...
def write(
    file: Path | str | bytes | BinaryIO,
    data: NDArray[np.float32] | NDArray[np.float64] | NDArray[np.int16],
    samplerate: int,
    subtype: str | None = ...,
    format: str | None = ...,  # noqa: A002
) -> None: ...
def info(file: Path | str | bytes) -> Any: ...
