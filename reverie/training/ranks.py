"""The processes that train one run together, each a rank: which of them is this, and what they say
to each other.

`torchrun` starts them, or a program that has made torch's process group already. Gradients go
through that group, by NCCL between GPUs and by Gloo between processors. What else ranks agree on
goes through a group of its own, by Gloo, so that it never waits for a GPU.

Letters: R ranks.
"""

import itertools
import os
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar, cast

import torch
from torch import distributed

from reverie.errors import ReverieError
from reverie.launch import launched_processes
from reverie.terminal import silence
from reverie.training.device import CPU
from reverie.training.sequences import Share

LONGEST_WAIT = timedelta(days=1)
"""For the first rank, while it alone fits frames, or makes clips and judges them."""
LAUNCHED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""What `torchrun` tells each process that it starts."""
LOST = ("gloo", "nccl", "connection closed", "connection reset")
"""Words of torch's errors where another process is gone."""
SHARED_DISK = (
    "Give all ranks the same command, and put the corpus and the run on a file system that all "
    "machines share, under the same paths."
)

Made = TypeVar("Made")
_joinings = itertools.count()
_collectives = cast(Any, distributed)  # torch annotates them in part


@dataclass(frozen=True)
class Ranks:
    """The ranks of a training, as one of them sees them; by default it is alone."""

    device: torch.device = CPU
    """Where this one trains."""
    rank: int = 0
    """Of this process, from 0."""
    count: int = 1
    """R."""
    on_machine: int = 1
    """Ranks on this machine."""
    talk: Any = None
    """The process group for all but gradients."""

    @property
    def is_first(self) -> bool:
        """Whether this is the rank that writes and prints."""
        return self.rank == 0

    @property
    def is_alone(self) -> bool:
        """Whether there is no other."""
        return self.count == 1

    @property
    def share(self) -> Share:
        """Its share of each batch."""
        return Share(self.rank, self.count)

    def sum(self, *numbers: float) -> list[float]:
        """Add up each of `numbers` over all ranks, in double precision."""
        if self.is_alone:
            return list(numbers)
        told = torch.tensor(numbers, dtype=torch.float64)
        _collectives.all_reduce(told, group=self.talk)
        return cast(Any, told).tolist()

    def any(self, wish: bool) -> bool:
        """Whether any rank has the wish."""
        return self.sum(wish)[0] > 0

    def gather(self, value: Made) -> list[Made]:
        """Return what every rank gave, in their order; tensors in it are on the processor."""
        if self.is_alone:
            return [value]
        found: list[Any] = [None] * self.count
        _collectives.all_gather_object(found, value, group=self.talk)
        return found

    def from_first(self, make: Callable[[], Made]) -> Made:
        """Have the first rank alone `make` something that can be pickled; all return it."""
        if self.is_alone:
            return make()
        told: list[Any] = [make() if self.is_first else None]
        _collectives.broadcast_object_list(told, src=0, group=self.talk)
        return told[0]

    def first_before_others(self, make: Callable[[], Made]) -> Made:
        """`make` something on every rank; the others begin when the first one has it."""
        if not self.is_first:
            self.wait()
        made = make()
        if self.is_first:
            self.wait()
        return made

    def wait(self) -> None:
        """Wait until all ranks are here."""
        self.sum(0)

    def require_same(self, what: str, value: object) -> None:
        """Refuse, by a `ReverieError`, to go on where ranks have different values of something."""
        (host, wanted), *others = self.gather((socket.gethostname(), value))
        for rank, (other_host, found) in enumerate(others, 1):
            if found != wanted:
                raise ReverieError(
                    f"rank {rank} on {other_host} has another {what} than rank 0 on {host}.",
                    SHARED_DISK,
                )


ALONE = Ranks()


@contextmanager
def process_group(device: torch.device) -> Generator[Ranks]:
    """Inside, this process trains together with the others that were started for it, if any.

    Ranks but the first print nothing. Where one of them fails, one alone tells why: the one that
    failed, or of those that lost it whoever notices first.

    Args:
        device: of which kind each rank trains; of several GPUs each rank of a machine takes one.

    Raises:
        ReverieError: the others cannot be reached, ended without a word, or there are too few GPUs.
    """
    is_ours = not distributed.is_available() or not distributed.is_initialized()
    if _number_of_processes() == 1:
        yield Ranks(device)
        return
    if is_ours:
        _meet(device)
    ranks = Ranks(device, distributed.get_rank(), distributed.get_world_size())
    silence(not ranks.is_first)
    told_key, failed = f"reverie told {next(_joinings)}", True
    try:
        ranks = replace(ranks, talk=_collectives.new_group(backend="gloo", timeout=LONGEST_WAIT))
        yield _placed(ranks)
        failed = False
    except BaseException as error:
        silence(not _is_first_to_tell(told_key))
        if isinstance(error, RuntimeError) and _is_lost(error):
            raise ReverieError(
                "another process of this training ended without a word: it was killed, or its "
                "machine or the network failed.",
                "Give the same command again: it resumes from the newest checkpoint.",
            ) from error
        raise
    finally:
        # NCCL would wait for what a lost rank never sends.
        if not failed or distributed.get_backend() == "gloo":
            with suppress(RuntimeError):
                distributed.destroy_process_group(None if is_ours else ranks.talk)


def _number_of_processes() -> int:
    """R, from torch's process group if there is one, or else from what a launcher says."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_world_size()
    return launched_processes()


def _meet(device: torch.device) -> None:
    """Make torch's process group of the processes that `torchrun` started."""
    missing = [name for name in LAUNCHED if not os.environ.get(name)]
    if missing:
        raise ReverieError(
            f"WORLD_SIZE says that {os.environ['WORLD_SIZE']} processes train together, and "
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set.",
            "Start them with torchrun, or unset WORLD_SIZE to train with one process.",
        )
    try:
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    except (RuntimeError, ValueError) as error:
        where = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        reason = (str(error).strip().splitlines() or ["no reason is given"])[0]
        raise ReverieError(
            f"the other processes of this training cannot be reached by {where}: {reason}.",
            "Start as many as WORLD_SIZE says, and let their machines reach each other.",
        ) from error


def _placed(ranks: Ranks) -> Ranks:
    """Find out which ranks share this machine, and take a GPU of its own for this one."""
    hosts = ranks.gather(socket.gethostname())
    host = hosts[ranks.rank]
    ranks, device = replace(ranks, on_machine=hosts.count(host)), ranks.device
    if device.type == "mps":
        raise ReverieError(
            "several processes cannot train on Apple's GPUs.", "Set training.device=cpu."
        )
    if device.type != "cuda":
        return ranks
    # A launcher that gives each process a GPU of its own shows it that one alone.
    index = hosts[: ranks.rank].count(host) % torch.cuda.device_count()
    torch.cuda.set_device(index)
    taken = ranks.gather((host, str(cast(Any, torch.cuda).get_device_properties(index).uuid)))
    if len(set(taken)) < ranks.count:
        raise ReverieError(
            f"{ranks.on_machine} processes on {host} would share {torch.cuda.device_count()} GPUs.",
            "Start as many as there are GPUs (torchrun --nproc-per-node), or set "
            "training.device=cpu.",
        )
    return replace(ranks, device=torch.device("cuda", index))


def _is_first_to_tell(key: str) -> bool:
    """Whether no other rank tells why the training ends; True where nobody can be asked."""
    try:
        store = cast(Any, distributed.distributed_c10d)._get_default_store()
        return store.add(key, 1) == 1
    except (RuntimeError, ValueError):
        return True


def _is_lost(error: RuntimeError) -> bool:
    """Whether an error of torch says that another process is gone."""
    said = str(error).lower()
    return isinstance(error, distributed.DistError) or any(word in said for word in LOST)
