"""The process that reads sounds for the studio: a file that crashes it leaves the server alone.

It reads each task as a line of JSON on stdin and answers with a line on stdout.
"""

import io
import json
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from reverie.audio.pictures.clip import LOUDEST_DB, QUIETEST_DB, envelope
from reverie.audio.reading.decode import load
from reverie.audio.spectrogram import spectrogram_db
from reverie.audio.stft import Wave
from reverie.audio.writing.cut import open_sound, read_mono
from reverie.corpus.corpus import Corpus
from reverie.corpus.worker import limit_memory
from reverie.errors import ReverieError

RECORDING_RATE_HZ = 16000
"""Rate at which recordings are looked at that are not prepared yet."""
PICTURE_COLUMNS, PICTURE_BANDS = 900, 128
_COLOURS = (
    (0, 0, 4), (31, 12, 72), (85, 15, 109), (136, 34, 106), (186, 54, 85), (227, 89, 51),
    (249, 140, 10), (249, 201, 50), (252, 255, 164),
)  # fmt: skip
"""From the quietest to the loudest, evenly."""


def serve() -> None:
    """Answer tasks until the studio ends."""
    limit_memory()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
    # Discard what libraries print: stdout carries answers only.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    for line in sys.stdin:
        answers.write(json.dumps(answered(json.loads(line))) + "\n")
        answers.flush()


def answered(task: dict[str, Any]) -> dict[str, Any]:
    """Do one task: its `kind` is `peaks`, `picture`, `health` or `copy`.

    Returns:
        The result, or why there is none, as `problem`.
    """
    kinds: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "peaks": _peaks, "picture": _picture, "health": _health, "copy": _copy,
    }  # fmt: skip
    try:
        return kinds[str(task["kind"])](task)
    except ReverieError as error:
        return {"problem": error.problem}
    except MemoryError:
        return {"problem": "The sound takes too much memory."}
    except Exception as error:  # one unusual file must not end the process
        return {"problem": f"The sound cannot be read ({type(error).__name__})."}


def _peaks(task: dict[str, Any]) -> dict[str, Any]:
    """Return the lowest and the highest sample of each of `count` spans."""
    samples, rate_hz = _samples(task)
    low, high = envelope(samples, int(task["count"]))
    pairs = np.round(np.stack([low, high], axis=1), 3)
    return {
        "seconds": round(len(samples) / rate_hz, 3), "rate_hz": rate_hz, "peaks": pairs.tolist(),
    }  # fmt: skip


def _picture(task: dict[str, Any]) -> dict[str, Any]:
    """Write the spectrogram as a PNG to `out`: time to the right, low notes at the bottom."""
    from PIL import Image  # noqa: PLC0415 -- only where something is drawn

    samples, rate_hz = _samples(task)
    decibels = spectrogram_db(samples, rate_hz, PICTURE_COLUMNS, PICTURE_BANDS)[::-1]
    share = (decibels - QUIETEST_DB) / (LOUDEST_DB - QUIETEST_DB)
    shades = np.clip(share * 255, 0, 255).astype(np.uint8)
    image = Image.frombytes("P", (shades.shape[1], shades.shape[0]), shades.tobytes())
    image.putpalette(_palette())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    Path(task["out"]).write_bytes(buffer.getvalue())
    return {}


def _health(task: dict[str, Any]) -> dict[str, Any]:
    """Judge a clip: against its corpus, where that is known."""
    from reverie.evaluation.clip_verdicts import verdict_of_file  # noqa: PLC0415 -- takes a second
    from reverie.evaluation.health_reference import health_reference  # noqa: PLC0415

    corpus = task.get("corpus")
    reference = None if corpus is None else health_reference(_corpus(*corpus))
    verdict = verdict_of_file(Path(task["path"]), reference)
    return {"verdict": verdict.verdict, "sentence": verdict.sentence}


def _copy(task: dict[str, Any]) -> dict[str, Any]:
    """Say what a clip repeats of the training recordings."""
    from reverie.evaluation.clip_copying import copying_of  # noqa: PLC0415 -- takes seconds

    corpus = _corpus(*task["corpus"])
    found = copying_of(Path(task["path"]), corpus, quiet=True)
    if found is None:
        return {"problem": "The clip is too short, or nothing is held out to compare it with."}
    return {
        "flagged": found.flagged,
        "percentile": round(found.percentile, 1),
        "seconds": round(found.seconds, 2),
        "recording": found.recording,
        "source": corpus.recordings.find(found.recording),
        "offset_seconds": round(found.offset_seconds, 2),
        "clip_seconds": round(found.clip_seconds, 2),
    }


def _samples(task: dict[str, Any]) -> tuple[Wave, int]:
    """Return the samples that a task is about, mono [S], and their rate."""
    path = Path(task["path"])
    if task.get("source") is not None:
        corpus = _corpus(task["path"], task["version"])
        return corpus.mono(corpus.recordings[int(task["source"])]), corpus.rate_hz
    if path.suffix.lower() in {".wav", ".flac"}:
        with open_sound(path) as file:
            return read_mono(file, 0, int(file.frames)), int(file.samplerate)
    return load(path, RECORDING_RATE_HZ)[0], RECORDING_RATE_HZ


@lru_cache(maxsize=2)
def _corpus(folder: str, _version: int) -> Corpus:
    """Open a corpus; another version of its manifest is opened anew."""
    return Corpus.open(Path(folder))


def _palette() -> bytes:
    at = np.linspace(0, len(_COLOURS) - 1, 256)
    table = np.asarray(_COLOURS, np.float64)
    channels = [np.interp(at, np.arange(len(_COLOURS)), table[:, one]) for one in range(3)]
    return np.stack(channels, axis=1).round().astype(np.uint8).tobytes()
