"""What is done of a task on a node of a cluster."""

import platform
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from reverie import __version__
from reverie.execution.task import Done, Task, perform
from reverie.storage import is_held

SEEN_WITHIN_SECONDS = 30.0
"""A network disk shows a new file so late, at the latest."""
LOCK_SECONDS = 180.0
"""A file system frees the locks of a machine that is gone within so long: NFS within 90 s."""
LOCK_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Mark:
    """A file by which a node sees that it has the folder of the work."""

    path: str
    text: str = f"reverie {__version__}\n"
    remedy: str = (
        "Put recordings, corpus and `out` on a disk that all nodes have under the same path."
    )
    """For a node that does not see it."""


@dataclass(frozen=True)
class Answer:
    """What a node says of a task."""

    done: Done | None
    """None where the node cannot do any."""
    node: str
    """Its name."""
    processor: str
    problem: str = ""
    """Why it cannot."""
    remedy: str = ""


def perform_there(task: Task, mark: Mark) -> Answer:
    """Do a task on this node, if this node can do any.

    The folder that the task holds may still be locked by a node that was lost; it is waited for.
    """
    name, processor = socket.gethostname(), _processor()
    if mark.text != Mark(mark.path).text:
        other = mark.text.strip()
        return Answer(
            None, name, processor,
            f"the node {name} has reverie {__version__}, and this machine {other}.",
            "Install the same version on all.",
        )  # fmt: skip
    if not _is_seen(mark):
        return Answer(
            None, name, processor,
            f"the node {name} does not see {Path(mark.path).parent}.",
            mark.remedy,
        )  # fmt: skip
    if task.holds is not None:
        wait_until_free(task.holds)
    return Answer(perform(task), name, processor)


def wait_until_free(folder: Path) -> None:
    """Wait while a folder is held, as long as a file system may keep a lock of a lost machine."""
    until = time.monotonic() + LOCK_SECONDS
    while is_held(folder) and time.monotonic() < until:
        time.sleep(LOCK_POLL_SECONDS)


def _is_seen(mark: Mark) -> bool:
    until = time.monotonic() + SEEN_WITHIN_SECONDS
    while True:
        try:
            return Path(mark.path).read_text(encoding="utf-8") == mark.text
        except OSError:
            if time.monotonic() > until:
                return False
            time.sleep(0.5)


def _processor() -> str:
    """The kind of processor, in its maker's words."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except (OSError, ValueError):
        pass
    return platform.processor() or platform.machine()
