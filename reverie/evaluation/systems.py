"""The clips to judge: a folder of audio is one system, whoever made it.

Letters: S samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from reverie.audio.decode import decode
from reverie.audio.folders import audio_in, names_of
from reverie.audio.source import Unreadable
from reverie.audio.spectrogram import as_float
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation.embedding import SHORTEST_SECONDS
from reverie.records import read_json

LONGEST_SECONDS = 120.0
"""So much of a clip is judged."""


@dataclass(frozen=True)
class Loaded:
    """A clip that can be judged."""

    name: str
    """Its path within the system's folder."""
    wave: NDArray[np.float32]
    """[S], at the corpus's rate."""
    seed: NDArray[np.float32] | None = None
    """[S], what it goes on from, where its provenance tells."""
    frame_samples: int | None = None
    """How far apart the frames that it was made of begin, where its provenance tells."""


@dataclass(frozen=True)
class Broken:
    """A file that cannot be judged, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class System:
    """What one folder holds."""

    name: str
    clips: tuple[Loaded, ...]
    broken: tuple[Broken, ...] = ()


def read_systems(folders: Sequence[Path], corpus: Corpus) -> list[System]:
    """Each folder, or single file, as one system.

    Raises:
        ReverieError: one of them is missing or holds no audio, or none holds a clip that can be
            judged.
    """
    found: list[System] = []
    for folder, name in zip(folders, names_of(folders), strict=True):
        found.append(_read(folder, name, corpus))
    if not any(system.clips for system in found):
        every = [f"{one.name}: {one.reason}" for system in found for one in system.broken]
        raise ReverieError(
            f"none of the {len(every)} clips can be judged ({every[0]}).",
            "Give folders of audio that plays, a second long or more.",
        )
    return found


def _read(folder: Path, name: str, corpus: Corpus) -> System:
    files = audio_in(folder)
    root = folder.parent if folder.is_file() else folder
    clips: list[Loaded] = []
    broken: list[Broken] = []
    for path in files:
        label = path.relative_to(root).as_posix()
        try:
            clips.append(_load(path, label, corpus))
        except Unreadable as error:
            broken.append(Broken(label, str(error)))
    return System(name, tuple(clips), tuple(broken))


def _load(path: Path, label: str, corpus: Corpus) -> Loaded:
    """Raises: Unreadable: it cannot be judged."""
    if not path.stat().st_size:
        raise Unreadable("the file is empty")
    most, count = round(LONGEST_SECONDS * corpus.rate_hz), 0
    pieces: list[NDArray[np.float32]] = []
    for piece in decode(path, corpus.rate_hz):
        pieces.append(piece)
        count += len(piece)
        if count >= most:
            break
    wave = np.concatenate(pieces)[:most] if pieces else np.empty(0, np.float32)
    if not np.isfinite(wave).all():
        raise Unreadable("some of its samples are not numbers")
    if len(wave) < SHORTEST_SECONDS * corpus.rate_hz:
        raise Unreadable(
            f"{len(wave) / corpus.rate_hz:.1f} s are too short to judge; "
            f"it takes {SHORTEST_SECONDS:g} s"
        )
    made = _provenance(path)
    return Loaded(label, wave, _seed(made, corpus), _whole(made.get("frame_samples")))


def _provenance(path: Path) -> dict[str, Any]:
    """What lies beside a clip of ours; empty for any other."""
    told = path.with_suffix(".json")
    try:
        made: object = read_json(told, "how a clip was made") if told.is_file() else {}
    except ReverieError:
        return {}
    return cast(dict[str, Any], made) if isinstance(made, dict) else {}


def _seed(made: dict[str, Any], corpus: Corpus) -> NDArray[np.float32] | None:
    seed = made.get("seed")
    if made.get("corpus_hash") != corpus.content_hash or not isinstance(seed, dict):
        return None
    told = cast(dict[str, Any], seed)
    recording = next((one for one in corpus.recordings if one.path == told.get("recording")), None)
    offset, seconds = told.get("offset_seconds"), told.get("seconds")
    if recording is None or not isinstance(offset, float) or not isinstance(seconds, float):
        return None
    if seconds < SHORTEST_SECONDS:
        return None
    begin, size = round(offset * corpus.rate_hz), round(seconds * corpus.rate_hz)
    return as_float(corpus.pcm(recording)[begin : begin + size])


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and value > 1 else None
