"""Rows of the library: what a list says of a corpus, and what is a folder of clips."""

from pathlib import Path
from typing import Any

from reverie.corpus.manifest import MANIFEST, read_manifest
from reverie.corpus.ours import clip_hash
from reverie.errors import ReverieError


def corpus_version(folder: Path) -> object:
    """Return what changes when the corpus in `folder` does."""
    try:
        facts = (folder / MANIFEST).stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size


def corpus_row(folder: Path) -> dict[str, Any]:
    """Tell of the corpus in `folder`."""
    try:
        manifest = read_manifest(folder)
    except ReverieError as error:
        return {"recordings": 0, "seconds": 0.0, "rate_hz": 0, "channels": 0, "source": "",
                "train": 0, "held_out": 0, "refused": 0, "problem": error.problem}  # fmt: skip
    held_out = len(manifest.recordings.of_split("held-out"))
    return {
        "recordings": len(manifest.recordings),
        "seconds": round(manifest.recordings.seconds, 3),
        "rate_hz": manifest.rate_hz,
        "channels": int(manifest.recordings.column("channels").max()),
        "source": manifest.source,
        "train": len(manifest.recordings) - held_out,
        "held_out": held_out,
        "refused": len(manifest.refused),
        "problem": "",
    }


def is_clip_folder(folder: Path, sounds: list[str], names: set[str]) -> bool:
    """Return whether Reverie made the first of the `sounds` in `folder`, which has `names`."""
    for sound in sorted(sounds)[:1]:
        beside = f"{sound.rpartition('.')[0]}.json"
        return beside in names and clip_hash(folder / beside) is not None
    return False
