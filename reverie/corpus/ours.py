"""Recognise Reverie's own folders, and its clips by the provenance beside them or inside.

A model must not learn from its own clips or be evaluated against them.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from reverie.audio.formats import is_audio_name
from reverie.audio.provenance import generated_sha256
from reverie.audio.reading.inside import has_mark
from reverie.corpus.foreign import first_bytes, known_sha256
from reverie.corpus.manifest import MANIFEST
from reverie.corpus.recording import FORMAT as CORPUS_FORMAT

MOST_BYTES = 1 << 20
"""Most bytes to read of JSON; only a corpus's manifest is larger."""

CORPUS, BEGUN = "a corpus of Reverie", "a corpus of Reverie that was begun"
RUN, DEMO = "a run of Reverie", "a demo of Reverie"
EXPERIMENT, TEST = "an experiment of Reverie", "a listening test of Reverie"
EVALUATION = "an evaluation of Reverie"
"""Names of Reverie's folders in messages."""

_MARKS = {
    "config.json": {"reverie-run": RUN},
    "experiment.json": {"reverie-experiment": EXPERIMENT},
    "test.json": {"reverie-listening-test": TEST},
}
_DEMO = {"recordings", "corpus", "run", "clips", "index.html", "timings.json", ".lock"}
_EVALUATION = {"report.html", "evaluation.json"}
CLIP = "a clip made by Reverie"


def folder_of_ours(folder: Path, names: Iterable[str]) -> str | None:
    """Return which of Reverie's folders `folder` is; None if it is another folder.

    Args:
        folder: any folder.
        names: its entries.
    """
    there = set(names)
    if MANIFEST in there and _is_manifest(folder / MANIFEST):
        return CORPUS
    if {"journal.jsonl", "shards"} <= there or {"portions", "shards"} <= there:
        return BEGUN
    for name, formats in _MARKS.items():
        if name in there:
            kind = formats.get(str(_object(folder / name).get("format")))
            if kind:
                return kind
    # These files do not identify themselves, so nothing else may lie beside them.
    if {"timings.json", "corpus"} <= there <= _DEMO:
        return DEMO
    if there == _EVALUATION:
        return EVALUATION
    return None


def is_own_clip(sound: Path) -> bool:
    """Whether the provenance beside `sound`, or the tags in it, name it a clip.

    Tags stay with a clip that another program renamed or converted.
    """
    return is_clip_beside(sound) or has_mark(sound)


def is_clip_beside(sound: Path) -> bool:
    """Whether the provenance beside `sound`, or beside the file it links to, names it a clip.

    A clip that was changed since is still a clip, unless the provenance belongs to another file
    of the same stem.
    """
    real = Path(os.path.realpath(sound)) if sound.is_symlink() else sound
    return any(
        _is_of(beside, audio)
        for audio in dict.fromkeys([sound, real])
        for beside in (audio.with_suffix(".json"), audio.with_name(f"{audio.name}.json"))
    )


def clip_hashes(folder: Path) -> set[str]:
    """Return the SHA-256 of each clip that JSON in `folder` and below describes."""
    hashes: set[str] = set()
    for parent, _, names in os.walk(folder):
        digests = (clip_hash(Path(parent, name)) for name in names if name.endswith(".json"))
        hashes |= {digest for digest in digests if digest}
    return hashes


def clip_hash(beside: Path) -> str | None:
    """Return the SHA-256 of the clip that the JSON `beside` describes; None if there is none."""
    return generated_sha256(_object(beside))


def _is_of(beside: Path, sound: Path) -> bool:
    digest = clip_hash(beside)
    if digest is None or digest == known_sha256(sound):
        return digest is not None
    siblings = (
        sibling
        for sibling in sound.parent.iterdir()
        if sibling.stem == sound.stem and sibling.name != sound.name and is_audio_name(sibling.name)
    )
    return not any(known_sha256(sibling) == digest for sibling in siblings)


def _is_manifest(path: Path) -> bool:
    """Whether a manifest is a corpus's, by its beginning, because it may be large."""
    return f'"{CORPUS_FORMAT}"'.encode() in first_bytes(path, 1 << 12)


def _object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file of any program; empty if there is none."""
    try:
        read: object = json.loads(first_bytes(path, MOST_BYTES + 1))
    except (ValueError, RecursionError):
        return {}
    return cast(dict[str, Any], read) if isinstance(read, dict) else {}
