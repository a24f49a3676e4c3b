"""Reading clips of ours back: WAV and FLAC files as they were written.

Recordings of others are read by `decode`, which knows every format.
"""

import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.errors import ReverieError


def open_clip(path: Path) -> soundfile.SoundFile:
    """Open a WAV or FLAC file, whatever bytes its name holds.

    Raises:
        ReverieError: it is missing, or no such file.
    """
    try:
        return soundfile.SoundFile(os.fsencode(path))
    except (OSError, soundfile.LibsndfileError) as error:
        raise ReverieError(
            f"{path} cannot be read as sound: {_reason(error)}.", "Give a WAV or FLAC file."
        ) from error


def read_clip(path: Path, kind: Literal["int16", "float32"]) -> tuple[NDArray[Any], int]:
    """All samples of a mono WAV or FLAC file, [S] of type `kind`, and its rate in Hz.

    Raises:
        ReverieError: it is missing, no such file, or broken.
    """
    with open_clip(path) as file:
        try:
            samples = file.read(dtype=kind)
        except soundfile.LibsndfileError as error:
            raise ReverieError(
                f"{path} cannot be read as sound: {_reason(error)}.", "Make it again."
            ) from error
        return np.asarray(samples), int(file.samplerate)


def _reason(error: Exception) -> str:
    if isinstance(error, soundfile.LibsndfileError):
        return str(error.error_string).rstrip(".").lower()
    return str(getattr(error, "strerror", None) or error).lower()
