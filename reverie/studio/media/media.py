"""Waveforms, pictures and verdicts of sounds, kept until the sound changes."""

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from reverie.corpus.manifest import MANIFEST
from reverie.storage import own_folder
from reverie.studio.media.workers import Workers

MOST_KEPT_BYTES = 512 << 20
_PRUNED_AFTER = 500
"""Results after which the folder's size is looked at."""


@dataclass(frozen=True)
class Sound:
    """A sound: a file, or a recording of a corpus."""

    path: Path
    """The file, or the corpus's folder."""
    source: int | None = None
    """Which recording of the corpus."""

    def version(self) -> tuple[int, int]:
        """Return what changes when the sound does.

        Raises:
            OSError: it is gone.
        """
        facts = (self.path if self.source is None else self.path / MANIFEST).stat()
        return facts.st_mtime_ns, facts.st_size

    def task(self, **more: Any) -> dict[str, Any]:
        """Return the part of a task that names the sound."""
        return {
            "path": str(self.path), "source": self.source, "version": self.version()[0], **more,
        }  # fmt: skip


class Media:
    """What is known of sounds, kept in a folder.

    Args:
        state: of the studio.
    """

    def __init__(self, state: Path) -> None:
        self._folder = own_folder(state / "sounds")
        self._workers = Workers()
        self._made = 0

    def end(self) -> None:
        """End the processes that read sounds."""
        self._workers.end()

    def peaks(self, sound: Sound, count: int) -> bytes:
        """Return a waveform as JSON.

        Raises:
            Problem: the sound cannot be read.
        """
        return self._result(sound, {"kind": "peaks", "count": count})

    def picture(self, sound: Sound) -> Path:
        """Return the file of a spectrogram.

        Raises:
            Problem: the sound cannot be read.
        """
        path = self._place(sound, {"kind": "picture"}, ".png")
        if not path.is_file():
            temporary = self._temporary(path)
            self._workers.ask(sound.task(kind="picture", out=str(temporary)))
            self._keep(temporary, path)
        return path

    def health(self, sound: Sound, corpus: Path | None) -> dict[str, Any]:
        """Return the verdict on a clip.

        Raises:
            Problem: the clip cannot be read.
        """
        return cast(dict[str, Any], json.loads(self._result(sound, _judging("health", corpus))))

    def copying(self, sound: Sound, corpus: Path) -> dict[str, Any]:
        """Return what a clip repeats of the training recordings.

        Raises:
            Problem: the clip cannot be judged.
        """
        told = json.loads(self._result(sound, _judging("copy", corpus)))
        return cast(dict[str, Any], told)

    def judged(self, kind: str, sound: Sound, corpus: Path | None) -> dict[str, Any] | None:
        """Return the `health` or the `copy` of a clip if it was judged before."""
        with contextlib.suppress(OSError, ValueError):
            content = self._place(sound, _judging(kind, corpus), ".json").read_bytes()
            return cast(dict[str, Any], json.loads(content))
        return None

    def _result(self, sound: Sound, task: Mapping[str, Any]) -> bytes:
        path = self._place(sound, task, ".json")
        with contextlib.suppress(FileNotFoundError):
            return path.read_bytes()
        content = json.dumps(self._workers.ask(sound.task(**task))).encode()
        temporary = self._temporary(path)
        temporary.write_bytes(content)
        self._keep(temporary, path)
        return content

    def _place(self, sound: Sound, task: Mapping[str, Any], suffix: str) -> Path:
        told = [os.fsencode(sound.path).hex(), sound.source, *sound.version(), dict(task)]
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
        return self._folder / digest[:2] / f"{digest[2:34]}{suffix}"

    def _temporary(self, path: Path) -> Path:
        path.parent.mkdir(exist_ok=True)
        return path.with_name(f".{path.name}.{secrets.token_hex(4)}.{os.getpid()}.partial")

    def _keep(self, temporary: Path, path: Path) -> None:
        temporary.replace(path)
        self._made += 1
        if self._made % _PRUNED_AFTER == 0:
            self._prune()

    def _prune(self) -> None:
        """Remove the oldest results beyond what may be kept."""
        files = [(entry.stat(), entry) for entry in self._folder.glob("*/*") if entry.is_file()]
        total = sum(facts.st_size for facts, _ in files)
        for facts, entry in sorted(files, key=lambda one: one[0].st_mtime):
            if total <= MOST_KEPT_BYTES:
                break
            total -= facts.st_size
            entry.unlink(missing_ok=True)


def _judging(kind: str, corpus: Path | None) -> dict[str, Any]:
    """Return the task of judging a clip by a corpus."""
    if corpus is None:
        return {"kind": kind, "corpus": None}
    return {"kind": kind, "corpus": [str(corpus), (corpus / MANIFEST).stat().st_mtime_ns]}
