"""Addresses of pictures and sound: within the page itself, or of files beside it."""

import base64
import io
import os
from pathlib import Path
from urllib.parse import quote

import numpy as np
import soundfile
from numpy.typing import NDArray


def data_uri(content: bytes, kind: str) -> str:
    """`content` as a `data:` address of media type `kind`, such as `image/png`."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def png_uri(content: bytes) -> str:
    """A PNG file's bytes as an address."""
    return data_uri(content, "image/png")


def audio_uri(samples: NDArray[np.int16], rate_hz: int) -> str:
    """Return int16 `samples` [C, S] as the address of a 16-bit FLAC file.

    FLAC loses nothing, takes about half of what WAV does, and Chromium, Firefox and Safari play
    it.
    """
    buffer = io.BytesIO()
    soundfile.write(buffer, samples.T, rate_hz, format="FLAC", subtype="PCM_16")
    return data_uri(buffer.getvalue(), "audio/flac")


def lies_beside(file: Path, page: Path) -> bool:
    """Return whether `file` is in the folder of `page` or below it, so that both move together."""
    return file.resolve().is_relative_to(page.resolve().parent)


def relative_uri(file: Path, page: Path) -> str:
    """Return the address of `file` on a page that lies at `page`, for one that `lies_beside` it.

    The page plays it for as long as both are moved together.
    """
    way = os.path.relpath(file.resolve(), page.resolve().parent)
    return f"./{quote(os.fsencode(way))}"
