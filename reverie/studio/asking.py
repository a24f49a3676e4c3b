"""Short commands that the server waits for: an estimate, the making of a listening test."""

import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from reverie.search_path import python_command, python_environment
from reverie.studio.jobs.supervisor import RUN
from reverie.studio.problems import Problem

PATIENCE_SECONDS = 180.0
_LAST_CHARACTERS = 500
_LOOK_SECONDS = 0.2


class Asking:
    """Runs one short command at a time.

    Args:
        folder: where commands run: the studio's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._one = threading.Lock()

    def ask(self, words: Sequence[str], unwanted: threading.Event | None = None) -> str:
        """Run `reverie` with `words`, and return what it prints.

        Args:
            words: after its name.
            unwanted: once it is set, nobody waits any more, and what runs is ended.

        Raises:
            Problem: it fails, takes too long, is unwanted, or another is still being asked.
        """
        unwanted, until = unwanted or threading.Event(), time.monotonic() + PATIENCE_SECONDS
        while not self._one.acquire(timeout=_LOOK_SECONDS):
            if unwanted.is_set() or time.monotonic() > until:
                raise Problem(503, "The studio is busy.", "Try again in a minute.")
        try:
            done = self._run(words, unwanted)
        finally:
            self._one.release()
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["It failed."]
            said = lines[-1].removeprefix("reverie: ")[:_LAST_CHARACTERS]
            raise Problem(422, said, "Change the settings.")
        return done.stdout.decode("utf-8", "replace")

    def _run(
        self, words: Sequence[str], unwanted: threading.Event
    ) -> subprocess.CompletedProcess[bytes]:
        command, until = [*python_command(RUN), *words], time.monotonic() + PATIENCE_SECONDS
        with subprocess.Popen(
            command,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=python_environment(),
            start_new_session=True,
        ) as process:
            while True:
                try:
                    printed, told = process.communicate(timeout=_LOOK_SECONDS)
                except subprocess.TimeoutExpired:
                    if unwanted.is_set() or time.monotonic() > until:
                        process.kill()
                        raise Problem(
                            503, "That takes too long.", "Use the terminal for it."
                        ) from None
                else:
                    return subprocess.CompletedProcess(command, process.returncode, printed, told)
