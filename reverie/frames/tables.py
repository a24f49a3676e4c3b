"""Tables learnt from training audio, as safetensors: read strictly."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError
from torch import Tensor

from reverie.errors import ReverieError
from reverie.tensor_files import NUMBERS, open_tensors

RESTORE = "Restore it from a copy, or train the run again."


class Tables(NamedTuple):
    """The content of a file."""

    about: str
    """What the file says of itself; empty where it says nothing."""
    tables: dict[str, Tensor]


def read_tables(path: Path, what: str, wanted: Mapping[str, tuple[int, ...]]) -> Tables:
    """Read the tables of `wanted`, and no others.

    Args:
        path: the file.
        what: what it should be, for the message.
        wanted: the shape of each table.

    Raises:
        ReverieError: the file is missing, broken, of other tables or sizes, or holds values that
            are no numbers.
    """
    try:
        with open_tensors(path, what) as file:
            about = str((file.metadata() or {}).get("about", ""))
            names = set(file.keys())
            if names != set(wanted):
                raise ReverieError(
                    f"{path} is no {what.removeprefix('a ')} that this version knows: it holds "
                    f"{', '.join(sorted(names)) or 'nothing'}{about and f', and is {about}'}.",
                    "Update Reverie, or train the run again.",
                )
            for name, shape in wanted.items():
                part = file.get_slice(name)
                found = tuple(part.get_shape())
                if found != shape:
                    raise ReverieError(
                        f"{path} is {what} of other sizes than its run's frames: {name} holds "
                        f"{_sizes(found)} features, but these frames have {_sizes(shape)}.",
                        "Restore the run's own config.json.",
                    )
                if (kind := part.get_dtype()) != NUMBERS:
                    raise ReverieError(
                        f"{path} is damaged: {name} holds {kind}, and tables of frames hold "
                        f"{NUMBERS}.",
                        RESTORE,
                    )
            tables = {name: file.get_tensor(name) for name in wanted}
    except (OSError, SafetensorError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ReverieError(f"{path} cannot be read as {what}: {said}.", RESTORE) from error
    for name, table in tables.items():
        if not torch.isfinite(table).all():
            raise ReverieError(
                f"{path} is damaged: {name} holds values that are no numbers.", RESTORE
            )
    return Tables(about, tables)


def _sizes(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "1"
