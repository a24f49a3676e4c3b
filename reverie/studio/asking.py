"""Short commands that the server waits for: an estimate, the making of a listening test."""

import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from reverie.search_path import python_command, python_environment
from reverie.studio.jobs.supervisor import RUN
from reverie.studio.problems import Problem

PATIENCE_SECONDS = 180.0
_LAST_CHARACTERS = 500


class Asking:
    """Runs one short command at a time.

    Args:
        folder: where commands run: the studio's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._one = threading.Lock()

    def ask(self, words: Sequence[str]) -> str:
        """Run `reverie` with `words`, and return what it prints.

        Raises:
            Problem: it fails, takes too long, or another is still being asked.
        """
        if not self._one.acquire(timeout=PATIENCE_SECONDS):
            raise Problem(503, "The studio is busy.", "Try again in a minute.")
        try:
            done = subprocess.run(
                [*python_command(RUN), *words],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=python_environment(),
                timeout=PATIENCE_SECONDS,
                check=False,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise Problem(503, "That takes too long.", "Use the terminal for it.") from None
        finally:
            self._one.release()
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["It failed."]
            said = lines[-1].removeprefix("reverie: ")[:_LAST_CHARACTERS]
            raise Problem(422, said, "Change the settings.")
        return done.stdout.decode("utf-8", "replace")
