"""Clips to take away."""

from pathlib import Path

import numpy as np

from reverie.audio.provenance import Sidecar, write_sidecar
from reverie.audio.tags import tags_of
from reverie.audio.writing.formats import Format
from reverie.audio.writing.writer import AudioWriter
from tests.audio.test_loops import pulse
from tests.audio.told import made


def clip(path: Path, seconds: float = 4.0, format_: Format = "wav16", bpm: float = 120) -> Path:
    """A clip of Reverie with a pulse, and the JSON beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    about = made(run="runs/gone")
    with AudioWriter(path, 16000, format_, tags=tags_of(about)) as writer:
        writer.write(pulse(bpm, seconds)[None])
    write_sidecar(path, Sidecar(about))
    return path


def stereo(path: Path, samples: int = 16000) -> Path:
    """A sound of others in two channels."""
    rng = np.random.default_rng(0)
    with AudioWriter(path, 44100, "wav24", channels=2) as writer:
        writer.write(rng.uniform(-0.5, 0.5, (2, samples)).astype(np.float32))
    return path
