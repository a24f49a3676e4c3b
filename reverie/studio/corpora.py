"""One corpus as the page shows it: each recording, what was refused or left out, and findings."""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from reverie.audio.formats import is_audio_name
from reverie.corpus.choices import CHOSEN
from reverie.corpus.corpus import Corpus
from reverie.corpus.discover import discover
from reverie.corpus.inspection import findings
from reverie.corpus.leaks import Leak, kept_leaks
from reverie.corpus.manifest import MANIFEST, Manifest, read_manifest
from reverie.corpus.recording import Recording
from reverie.studio.home import Home
from reverie.terminal import printable

MOST_OPEN = 8


class Corpora:
    """The corpora looked at last.

    Args:
        home: the studio's folder.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._read: OrderedDict[Path, tuple[int, Manifest]] = OrderedDict()
        self._lock = threading.Lock()

    def manifest(self, folder: Path) -> Manifest:
        """Return the manifest of the corpus in `folder`, read again if it has changed.

        Raises:
            ReverieError: there is none, or it is damaged.
        """
        try:
            version = (folder / MANIFEST).stat().st_mtime_ns
        except OSError:
            version = 0
        with self._lock:
            kept = self._read.pop(folder, None)
            if kept is None or kept[0] != version:
                kept = version, read_manifest(folder)
            self._read[folder] = kept
            while len(self._read) > MOST_OPEN:
                self._read.popitem(last=False)
        return kept[1]

    def detail(self, folder: Path) -> dict[str, Any]:
        """Return everything about a corpus, but for its recordings.

        Raises:
            ReverieError: there is none, or it is damaged.
        """
        manifest = self.manifest(folder)
        corpus = Corpus(folder, manifest)
        leaks = kept_leaks(corpus)
        chosen = [one.name for one in manifest.left_out if one.what == CHOSEN]
        return {
            "path": self._home.name(folder),
            "source": self._home.name(Path(manifest.source)),
            "rate_hz": manifest.rate_hz,
            "channels": corpus.channels,
            "seconds": round(manifest.recordings.seconds, 3),
            "settings": manifest.settings,
            "refused": [
                {"path": printable(one.path), "reason": one.reason} for one in manifest.refused
            ],
            "left_out": [{"path": one.name, "what": one.what} for one in manifest.left_out],
            "unticked": chosen,
            "ignored": manifest.ignored,
            "findings": [
                {"tone": one.tone, "text": one.text} for one in findings(corpus, leaks or [])
            ],
            "leaks": None if leaks is None else [_leak(leak) for leak in leaks],
        }

    def recordings(self, folder: Path) -> list[dict[str, Any]]:
        """Return a row for each recording in use, in the order of their numbers.

        Raises:
            ReverieError: there is no corpus, or it is damaged.
        """
        manifest = self.manifest(folder)
        hold_out = set(_names(manifest, "hold_out"))
        train_on = set(_names(manifest, "train_on"))
        return [
            _row(number, recording, hold_out, train_on)
            for number, recording in enumerate(manifest.recordings)
        ]

    def files(self, folder: Path) -> list[dict[str, Any]]:
        """Return a row for each recording in a folder that is not prepared.

        Raises:
            ReverieError: it cannot be searched.
        """
        found = discover(folder, folder / ".none")
        return [
            {"path": file.path, "name": self._home.name(folder / file.path), "bytes": file.bytes}
            for file in found.files
            if is_audio_name(file.path)
        ]


def _row(
    number: int, recording: Recording, hold_out: set[str], train_on: set[str]
) -> dict[str, Any]:
    chosen = "held-out" if recording.path in hold_out else ""
    return {
        "source": number,
        "path": recording.part_of or recording.path,
        "part": recording.path if recording.part_of else "",
        "split": recording.split,
        "chosen": "train" if recording.path in train_on else chosen,
        "seconds": recording.seconds,
        "codec": recording.codec,
        "rate_hz": recording.source_rate_hz,
        "channels": recording.source_channels,
        "loudness": recording.loudness_lufs,
        "peak": recording.peak_dbfs,
        "notes": list(recording.notes),
        "ticked": True,
    }


def _names(manifest: Manifest, field: str) -> tuple[str, ...]:
    value = manifest.settings.get(field)
    return value if isinstance(value, tuple) else ()


def _leak(leak: Leak) -> dict[str, Any]:
    return {
        "held_out": leak.held_out,
        "training": leak.training,
        "seconds": leak.seconds,
        "held_out_offset_seconds": leak.held_out_offset_seconds,
        "training_offset_seconds": leak.training_offset_seconds,
    }
