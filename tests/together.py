"""Processes that train together, forked so that none need import everything again."""

import importlib
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import distributed
from torch._C._distributed_c10d import FileStore


class Ended(NamedTuple):
    """How one of them ended."""

    status: int
    """Its exit status; negative for a signal."""
    error: str
    """What ended it: the kind of exception, and what it says; empty for none."""
    said: str
    """What it printed."""


class Together:
    """Processes of one group, each a rank.

    Args:
        count: of them.
        folder: for what they say; made.
        work: what each does, given its rank.
        join: whether they make torch's process group before.
    """

    def __init__(
        self, count: int, folder: Path, work: Callable[[int], object], *, join: bool = True
    ) -> None:
        # Data parallelism loads it, and the processes need not each.
        importlib.import_module("torch._dynamo")
        self._folder = folder
        folder.mkdir(parents=True)
        sys.stdout.flush()
        sys.stderr.flush()
        self.processes = [self._start(rank, count, work, join) for rank in range(count)]

    def _start(self, rank: int, count: int, work: Callable[[int], object], join: bool) -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # later Pythons warn of threads
            child = os.fork()
        if child:
            return child
        status, error = 1, ""
        said = os.open(self._folder / f"{rank}.said", os.O_WRONLY | os.O_CREAT)
        for stream in (1, 2):
            os.dup2(said, stream)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        try:
            torch.set_num_threads(1)
            if join:
                store = FileStore(str(self._folder / "store"), count)
                distributed.init_process_group("gloo", store=store, rank=rank, world_size=count)
            work(rank)
            status = 0
        except BaseException as raised:
            error = f"{type(raised).__name__}: {raised}"
            if not isinstance(raised, KeyboardInterrupt):
                traceback.print_exc(file=(self._folder / f"{rank}.trace").open("w"))
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            (self._folder / f"{rank}.error").write_text(error)
            os._exit(status)

    def kill(self, rank: int, number: int = signal.SIGKILL) -> None:
        """Send one of them a signal."""
        os.kill(self.processes[rank], number)

    def ended(self) -> list[Ended]:
        """Wait for all of them."""
        found: list[Ended] = []
        for rank, process in enumerate(self.processes):
            status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
            error = self._folder / f"{rank}.error"
            found.append(
                Ended(
                    status,
                    error.read_text() if error.exists() else "",
                    (self._folder / f"{rank}.said").read_text(),
                )
            )
        return found
