"""Train at an URL: in a folder of this machine, from which each whole checkpoint is sent.

Sending has a thread of its own, so that a slow store slows nothing down. What cannot be sent is
said, stays here, and is sent with the next checkpoint, or by the same command later.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from reverie.errors import ReverieError
from reverie.remote.lease import RENEW_SECONDS, Lease, TakenOverError, writing
from reverie.remote.places import Place, place_at
from reverie.runs.at_url import pull_run, send_run
from reverie.terminal import echo
from reverie.training.observers import Observer, Start


class RunSender(Observer):
    """Sends a run to its URL while it is trained.

    Args:
        place: of the run.
        lease: the right to write there.
    """

    def __init__(self, place: Place, lease: Lease) -> None:
        self._place, self._lease = place, lease
        self._wake, self._ended = threading.Event(), threading.Event()
        self._problem: ReverieError | None = None
        self._thread = threading.Thread(target=self._work, name="sending", daemon=True)
        self._thread.start()

    def on_start(self, start: Start) -> None:
        """Send what the run is."""
        del start
        self._wake.set()

    def on_checkpoint(self, checkpoint: Path) -> None:
        """Send a checkpoint."""
        del checkpoint
        self._wake.set()

    def close(self) -> None:
        """Send the rest, and wait for that; what cannot be sent is said on stderr."""
        self._ended.set()
        self._wake.set()
        self._thread.join()
        if self._problem is None:
            self._place.mark_unsent(False)
            return
        echo(
            f"{self._place.url} does not have all of the run: {self._problem.problem}",
            "The same command sends it. Until then it lies on this machine, in "
            f"{self._place.home}.",
            err=True,
        )

    def _work(self) -> None:
        """Send whenever there is something new, until the end, and say now and then who writes."""
        while True:
            is_new = self._wake.wait(RENEW_SECONDS)
            self._wake.clear()
            ended = self._ended.is_set()
            try:
                self._lease.check()
                if is_new:
                    send_run(self._place, self._lease.check, at_end=ended)
                    self._problem = None
            except TakenOverError as error:
                self._problem = error
                echo(f"{error} Training goes on.", err=True)
                return
            except (OSError, ReverieError) as error:
                first = self._problem is None
                self._problem = error if isinstance(error, ReverieError) else _as_ours(error)
                if first and not ended:
                    echo(
                        f"not sent: {self._problem.problem} Training goes on, and the next "
                        "checkpoint is sent with what is missing.",
                        err=True,
                    )
            if ended:
                return


@contextmanager
def run_at(url: str) -> Generator[tuple[Path, RunSender]]:
    """Give the folder in which a run at an URL is trained, and what sends it, until its end.

    Raises:
        ReverieError: another process writes there, or the store does not answer.
    """
    place = place_at(url)
    with writing(place) as lease:
        pull_run(place)
        place.mark_unsent(True)
        sender = RunSender(place, lease)
        try:
            yield place.folder, sender
        finally:
            sender.close()


def _as_ours(error: OSError) -> ReverieError:
    return ReverieError(f"{error}.", "Call again.")
