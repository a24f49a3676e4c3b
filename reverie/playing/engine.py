"""The engine: makes music in time, and does between two blocks what is asked of it.

The studio's player and `reverie play` are the same engine with other listeners.
"""

import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue

import numpy as np
import torch
from numpy.typing import NDArray

from reverie.api.stream import Stream
from reverie.audio.channels import from_public
from reverie.garbage import leave_what_is_loaded
from reverie.playing.keeper import keep
from reverie.playing.pace import Pace
from reverie.playing.performance import Performance

MOST_WAITING = 4
"""Pieces of work that take long."""
CLIPS = ("clips", "played")
"""Where in a run what is kept goes."""
_SWITCH_SECONDS = 0.00005
"""A thread that reads a prompt or draws a picture gives way to the music so often: each
of a block's many small products waits for it."""

Action = Callable[[], None]
Task = Callable[[], Action]
"""What takes long; it returns what is to be done between two blocks afterwards."""
Write = Callable[[NDArray[np.float32]], None]
"""Takes a block [C, S], at the rate of the stream that plays."""


def prepare_process() -> None:
    """Set this process up for music alone: one thread makes it, and others give way."""
    torch.set_num_threads(1)
    sys.setswitchinterval(_SWITCH_SECONDS)
    leave_what_is_loaded()


class Engine:
    """Endless music, made as far ahead of a listener as its pace says.

    Args:
        stream: what plays first.
        write: takes the music.
        follow: called before each block, so that it can say how much was heard; None where others
            say it.
    """

    def __init__(self, stream: Stream, write: Write, follow: Action | None = None) -> None:
        self.performance = Performance(stream)
        self.pace = self._new_pace()
        self._write, self._follow = write, follow
        self._actions: SimpleQueue[Action | None] = SimpleQueue()
        self._slow: deque[Task] = deque()
        self._work: SimpleQueue[Task] = SimpleQueue()

    def ask(self, action: Action | None) -> None:
        """Let something be done between two blocks, from any thread; None ends the music."""
        self._actions.put(action)

    def ask_slowly(self, work: Task) -> bool:
        """Let something be done beside the music, once that is as far ahead as may be.

        Returns:
            whether it will be; False where too much waits already.
        """
        if len(self._slow) >= MOST_WAITING:
            return False
        self.pace.is_deep = True
        self._slow.append(work)
        return True

    def ask_beside(self, work: Task) -> None:
        """Let something be done at once, beside the music."""
        threading.Thread(target=lambda: self.ask(work()), daemon=True).start()

    def run(self) -> None:
        """Make music until it is ended."""
        threading.Thread(target=self._do_slowly, daemon=True).start()
        while True:
            if self._follow is not None:
                self._follow()
            wait = self.pace.wait_seconds(self.performance.made_seconds, time.monotonic())
            if wait is not None and wait <= 0:
                self._make_block()
                wait = 0.0
            elif self.pace.is_deep and self._slow:
                self._work.put(self._slow.popleft())
            try:
                action = self._actions.get(timeout=wait) if wait != 0 else (
                    self._actions.get_nowait()
                )  # fmt: skip
            except Empty:
                continue
            if action is None:
                return
            action()

    def go_over(self, stream: Stream) -> float:
        """Continue with another stream; the one before fades out.

        Returns:
            the seconds of music before it.
        """
        at, before = self.performance.made_seconds, self.pace
        self.performance.go_over(stream)
        self.pace = self._new_pace()
        self.pace.follow(before.played_seconds, before.since, is_moving=before.is_moving)
        return at

    def clip_writer(self, run_folder: Path, seconds: float) -> Callable[[], tuple[Path, float]]:
        """Return what writes the newest music that was heard as a clip, of the run that plays now.

        Args:
            run_folder: the run's.
            seconds: how much, at most.

        Returns:
            a function that any thread may call, and that returns where the clip is and how long.
            It raises a `ReverieError` where there is no music yet, or it cannot be written.
        """
        stream, folder = self.performance.stream, run_folder.joinpath(*CLIPS)
        until = self.performance.sample_at(self.pace.played_at(time.monotonic()))

        def write() -> tuple[Path, float]:
            clip = stream.keep(seconds, until_sample=until)
            assert clip.provenance is not None
            return keep(from_public(clip.samples), clip.provenance, folder), clip.seconds

        return write

    def _make_block(self) -> None:
        self._write(self.performance.next_block())
        self.pace.note_block(self.performance.made_seconds, time.monotonic())

    def _do_slowly(self) -> None:
        torch.set_num_threads(1)
        while True:
            finish = self._work.get()()
            self.ask(lambda finish=finish: self._finish(finish))

    def _finish(self, finish: Action) -> None:
        finish()
        self.pace.is_deep = bool(self._slow)

    def _new_pace(self) -> Pace:
        return Pace(self.performance.block_seconds, self.performance.lookahead_seconds)
