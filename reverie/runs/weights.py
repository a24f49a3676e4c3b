"""Files of numbers read strictly: that they are what was saved, fit, and hold numbers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import torch
from safetensors import SafetensorError
from torch import Tensor

from reverie.errors import ReverieError, is_memory_error, os_reason
from reverie.frames.representation import least_bytes
from reverie.frames.settings import FrameSettings
from reverie.frames.transforms import frame_spec
from reverie.legacy import CALIBRATION, tensor_name
from reverie.runs.memory import require_memory
from reverie.runs.states import ANOTHER
from reverie.storage import file_sha256, require_plain
from reverie.tensor_files import open_tensors

MOST_NAMED = 3
BYTES_OF_A_SAMPLE = 400
"""Of a frame, at most, in all that is made of its length."""
FILE_OF_A_RUN, WEIGHTS = "a file of a run", "the weights of a model"


def check_hash(path: Path, wanted: str | None, remedy: str = ANOTHER) -> None:
    """See that a file is what was saved; without a hash, only that it is a plain file.

    Raises:
        ReverieError: it is not, or cannot be read.
    """
    if wanted is None:
        require_plain(path, FILE_OF_A_RUN)
    elif read_hash(path, remedy) != wanted:
        raise ReverieError(
            f"{path} cannot be loaded: it is not what was saved there, by its SHA-256"
            f"{_seen_in(path)}.",
            remedy,
        )


def read_hash(path: Path, remedy: str = ANOTHER) -> str:
    """SHA-256 of a file of a run.

    Raises:
        ReverieError: it is no plain file, or cannot be read.
    """
    require_plain(path, FILE_OF_A_RUN)
    try:
        return file_sha256(path)
    except OSError as error:
        raise ReverieError(f"{path} cannot be loaded: {first_line(error)}.", remedy) from error


def require_size(path: Path, settings: FrameSettings, rate_hz: int) -> None:
    """See that a file of frames is as large as settings say, and fits into memory.

    Args:
        path: the file, which is there.
        settings: of the frames.
        rate_hz: of the samples.

    Raises:
        ReverieError: it is smaller than its tables would be, or they are larger than memory.
    """
    if not path.exists():
        return  # whoever opens it says so
    size, least = path.stat().st_size, least_bytes(settings, rate_hz)
    if size < least:
        raise ReverieError(
            f"{path} cannot be loaded: it holds {size} bytes, and the frames of config.json take "
            f"{least} at least.",
            "Restore the run's own config.json.",
        )
    # Windows and bands of a frame are made anew.
    tables = 2 * size + BYTES_OF_A_SAMPLE * frame_spec(settings, rate_hz).hop_samples
    require_memory(tables, f"what {path} holds")


def check_shapes(path: Path, wanted: Mapping[str, Tensor]) -> None:
    """See that a safetensors file has the tensors of `wanted`, which may have no values.

    Names and sizes alone are read, so that it is known before memory is taken.

    Raises:
        ReverieError: it has not, or cannot be read.
    """
    try:
        with open_tensors(path, WEIGHTS) as file:
            found: dict[str, tuple[int, ...]] = {
                tensor_name(name): tuple(file.get_slice(name).get_shape())
                for name in file.keys()  # noqa: SIM118
                if name not in CALIBRATION
            }
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, error) from error
    for name in sorted(set(found) ^ set(wanted)):
        where = "only in the model of config.json" if name in wanted else "only there"
        raise ReverieError(
            f"{path} cannot be loaded: {name} is {where}.",
            "Restore the run's own config.json, or choose another checkpoint.",
        )
    for name, value in wanted.items():
        if found[name] != tuple(value.shape):
            raise ReverieError(
                f"{path} cannot be loaded: {name} is {_sizes(found[name])} there, and "
                f"{_sizes(value.shape)} in the model of config.json.",
                "Restore the run's own config.json, or choose another checkpoint.",
            )


def tensors_of(path: Path) -> Iterator[tuple[str, Tensor]]:
    """The tensors of a safetensors file, one after another, so that one at a time is in memory."""
    try:
        with open_tensors(path, WEIGHTS) as file:
            for name in list(file.keys()):
                if name not in CALIBRATION:
                    yield tensor_name(name), file.get_tensor(name)
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, error) from error


def not_numbers(tensors: Mapping[str, Tensor]) -> str:
    """The names of the tensors that hold infinities or NaN, as said in a message; or nothing."""
    broken = [
        name for name, one in tensors.items() if one.is_floating_point() and not _is_finite(one)
    ]
    more = f" and {len(broken) - MOST_NAMED} more" if len(broken) > MOST_NAMED else ""
    return ", ".join(broken[:MOST_NAMED]) + more


def is_named_tensors(value: object) -> bool:
    """Whether `value` is a dictionary of tensors by name."""
    if not isinstance(value, dict):
        return False
    pairs = cast(dict[object, object], value).items()
    return all(isinstance(name, str) and isinstance(one, Tensor) for name, one in pairs)


def kind_of(tensor: Tensor) -> str:
    """The kind of its numbers: "float32"."""
    return str(tensor.dtype).removeprefix("torch.")


def first_line(error: Exception) -> str:
    """What `error` says, short enough for a message, with no stop."""
    if isinstance(error, ReverieError):
        return error.problem.rstrip(".")
    if isinstance(error, OSError):
        return os_reason(error)
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _seen_in(path: Path) -> str:
    """What else can be said of weights that are not those that were saved."""
    if path.suffix != ".safetensors":
        return ""
    try:
        broken = not_numbers(dict(tensors_of(path)))
    except ReverieError:
        return ""
    return f"; there are values that are no numbers in {broken}" if broken else ""


def _unreadable(path: Path, error: Exception) -> Exception:
    if is_memory_error(error):
        return MemoryError(str(error))
    return ReverieError(f"{path} cannot be loaded: {first_line(error)}.", ANOTHER)


def _is_finite(tensor: Tensor) -> bool:
    # A sum is infinite or NaN if one number is, and takes no memory; one of large finite numbers
    # may be too, so that these are looked at one by one.
    if not tensor.numel() or bool(torch.isfinite(tensor.sum())):
        return True
    return bool(torch.isfinite(tensor).all())


def _sizes(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "one number"
