"""Read the sound files of a test, and refuse those that changed since the test was made."""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from reverie.audio.channels import MOST_CHANNELS
from reverie.errors import ReverieError, os_reason
from reverie.listening.design.stimuli import Stimuli
from reverie.storage import open_plain

_BYTES_A_SAMPLE, _HEADER_BYTES = 2, 4096
_SHARED = 32
"""Number of recently read sounds that stay in memory, shared by simultaneous requests."""


class SoundChanged(Exception):  # noqa: N818
    """A sound is missing, or has changed since the test was made."""


class Sounds:
    """Read the sounds of a test, and refuse changed ones.

    Each read verifies a digest of the whole file, because modification times can be set or be too
    coarse.

    Args:
        folder: of the files.
        stimuli: the sounds, with their digests.

    Attributes:
        faults: the known faults of sounds, by token.
    """

    def __init__(self, folder: Path, stimuli: Stimuli) -> None:
        self._folder = folder
        self._digests = {stimulus.token: stimulus.sha256 for stimulus in stimuli.stimuli}
        samples = MOST_CHANNELS * round(stimuli.rate_hz * stimuli.seconds)
        self._most_bytes = samples * _BYTES_A_SAMPLE + _HEADER_BYTES
        self._shared: dict[str, bytes] = {}
        self._seen: dict[str, tuple[int, ...]] = {}
        self.faults: dict[str, str] = {}

    def read(self, token: str) -> bytes:
        """Return the bytes of a sound.

        Raises:
            KeyError: the test has no such sound.
            SoundChanged: it is missing or has changed.
        """
        digest = self._digests[token]
        try:
            content, seen = self._content(token)
        except OSError as error:
            why = os_reason(error)
        except ReverieError:
            why = "it is not a plain file"
        else:
            if sha256(content).hexdigest() == digest:
                self.faults.pop(token, None)
                self._seen[token] = seen
                return self._share(token, content)
            why = "its content is not what the test was made with"
        self._seen.pop(token, None)
        self.faults[token] = why
        raise SoundChanged(why)

    def check_all(self) -> dict[str, str]:
        """Check every sound, and return the faults by token.

        A file whose size and times are those of its last read is not read again.
        """
        for token in self._digests:
            try:
                found = os.lstat(self._path(token))
                if self._seen.get(token) == _signature(found):
                    continue
            except OSError:
                pass  # reading it reports why
            with suppress(SoundChanged):
                self.read(token)
        return self.faults

    def report(self) -> str:
        """Describe the faults of the sounds in one sentence without full stop; empty for none."""
        if not self.faults:
            return ""
        token, why = next(iter(self.faults.items()))
        return (
            f"{len(self.faults)} of {len(self._digests)} sounds are not those that the test was "
            f"made with: {self._path(token)} ({why})" + (", …" if len(self.faults) > 1 else "")
        )

    def _path(self, token: str) -> Path:
        return self._folder / f"{token}.wav"

    def _content(self, token: str) -> tuple[bytes, tuple[int, ...]]:
        with open_plain(self._path(token), "rb") as file:
            status = os.fstat(file.fileno())
            return file.read(min(status.st_size, self._most_bytes)), _signature(status)

    def _share(self, token: str, content: bytes) -> bytes:
        """Return the bytes as one copy shared by all requests."""
        content = self._shared.pop(token, content)
        self._shared[token] = content
        while len(self._shared) > _SHARED:
            del self._shared[next(iter(self._shared))]
        return content


def _signature(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
