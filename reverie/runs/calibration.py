"""A checkpoint's `calibration.safetensors`: what held-out music tells about sampling.

rmse              [D], of frames of real numbers
surprisal_bits    [3]: low, high, and the window in frames; of codes
loudness_db       the same
"""

from pathlib import Path

import torch
from torch import Tensor

from reverie.errors import ReverieError, is_memory_error
from reverie.legacy import CALIBRATION as CALIBRATION_0_1
from reverie.models.calibration import BEAT_QUANTILES, Calibration, UsualRange
from reverie.runs.states import ANOTHER
from reverie.runs.weights import check_hash, first_line, not_numbers
from reverie.tensor_files import NUMBERS, open_tensors, save_tensors

CALIBRATION = "calibration.safetensors"
RANGES = ("surprisal_bits", "loudness_db")


def save_calibration(path: Path, calibration: Calibration) -> None:
    """Write `path`; what was not measured is left out.

    Raises:
        OSError: the disk refuses.
        safetensors.SafetensorError: the same, in the library's words.
    """
    tensors: dict[str, Tensor] = {}
    if calibration.rmse is not None:
        tensors["rmse"] = calibration.rmse.cpu().contiguous()
    if calibration.beat_seconds is not None:
        tensors["beat_seconds"] = calibration.beat_seconds.contiguous()
    for name in RANGES:
        usual: UsualRange | None = getattr(calibration, name)
        if usual is not None:
            tensors[name] = torch.tensor(usual)
    save_tensors(tensors, path)


def load_calibration(path: Path, width: int, sha256: str | None) -> Calibration:
    """Read `path`.

    Args:
        path: what `save_calibration` wrote.
        width: D, numbers in a frame.
        sha256: what it should hash to.

    Raises:
        ReverieError: it is missing, not what was saved, or does not fit.
    """
    check_hash(path, sha256)
    shapes = {"rmse": (width,), "beat_seconds": (BEAT_QUANTILES,)} | dict.fromkeys(RANGES, (3,))
    tensors: dict[str, Tensor] = {}
    try:
        with open_tensors(path, "the calibration of a model") as file:
            for name in file.keys():  # noqa: SIM118
                part = file.get_slice(name)
                shape: tuple[int, ...] = tuple(part.get_shape())
                if shapes.get(name) != shape:
                    raise ValueError(f"{name} of {shape} does not belong there")
                if part.get_dtype() != NUMBERS:
                    raise ValueError(f"{name} holds {part.get_dtype()}, and not {NUMBERS}")
                tensors[name] = file.get_tensor(name)
        if broken := not_numbers(tensors):
            raise ValueError(f"there are values that are no numbers in {broken}")
        return from_tensors(tensors)
    except Exception as error:  # safetensors raises whatever a broken file provokes
        if is_memory_error(error):
            raise
        raise ReverieError(f"{path} cannot be loaded: {first_line(error)}.", ANOTHER) from error


def load_calibration_0_1(path: Path) -> Calibration:
    """Read the calibration that version 0.1 kept among the weights in `path`.

    Raises:
        ReverieError: it cannot be read.
    """
    try:
        with open_tensors(path, "the calibration of a model") as file:
            names = {name: CALIBRATION_0_1[name] for name in file.keys() if name in CALIBRATION_0_1}  # noqa: SIM118
            tensors = {new: file.get_tensor(old) for old, new in names.items() if new}
        measured = {name: value for name, value in tensors.items() if bool(value.any())}
        return from_tensors(measured)
    except Exception as error:  # safetensors raises whatever a broken file provokes
        if is_memory_error(error):
            raise
        raise ReverieError(f"{path} cannot be loaded: {first_line(error)}.", ANOTHER) from error


def from_tensors(tensors: dict[str, Tensor]) -> Calibration:
    """The calibration that these tensors hold.

    Raises:
        ValueError: a window is not a whole number of frames, 1 to a million; or a beat has no
            length.
    """
    beat_seconds = tensors.get("beat_seconds")
    if beat_seconds is not None and not (beat_seconds > 0).all():
        raise ValueError("a beat has no length")
    ranges: dict[str, UsualRange] = {}
    for name in RANGES:
        if name in tensors:
            low, high, frames = (float(value) for value in tensors[name])
            if frames != int(frames) or not 1 <= frames <= 1_000_000 or low > high:
                raise ValueError(f"{name} is no range over a window of frames")
            ranges[name] = UsualRange(low, high, int(frames))
    return Calibration(tensors.get("rmse"), beat_seconds=beat_seconds, **ranges)
