"""Corpora as older versions wrote them, and tables that were changed by hand."""

import dataclasses
import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

from reverie.corpus.manifest import MANIFEST, read_manifest

NEWER = ("sounding_start", "sounding_end")


def as_version_3(folder: Path) -> dict[str, Any]:
    """Turn a corpus into one of version 3, which listed its recordings in the manifest."""
    recordings = [dataclasses.asdict(one) for one in read_manifest(folder).recordings]
    told = json.loads((folder / MANIFEST).read_text())
    for name in ("sample", "recordings"):
        del told[name]
    listed = [{k: v for k, v in one.items() if k not in NEWER} for one in recordings]
    manifest = told | {"format_version": 3, "recordings": listed}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    for path in folder.glob("recordings-*.sqlite"):
        path.unlink()
    return manifest


def forge(folder: Path, *changes: str) -> None:
    """Change the table of a corpus by SQL, so that its hash is right nevertheless."""
    told = json.loads((folder / MANIFEST).read_text())
    table = folder / told["recordings"]["file"]
    connection = sqlite3.connect(table)
    for change in changes:
        connection.execute(change)
    connection.commit()
    connection.close()
    told["recordings"]["sha256"] = hashlib.sha256(table.read_bytes()).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(told))
