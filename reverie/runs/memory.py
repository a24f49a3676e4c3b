"""How much memory a process may still take, and what is said where it is refused.

A container's limit is the smallest of its control group and of those around it, in either version
of Linux's control groups; a shell's (`ulimit -v`) is on addresses, used or not.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import torch

from reverie.errors import ReverieError, is_memory_error

ROOT = Path("/")
GIB = 1 << 30


@contextmanager
def clear_memory_errors(doing: str, remedy: str) -> Generator[None, None, None]:
    """Turn a refusal of memory into a `ReverieError`.

    Args:
        doing: what is done, for the message: "training", "opening the run".
        remedy: what takes less.

    Raises:
        ReverieError: memory was refused inside.
    """
    try:
        yield
    except (MemoryError, OSError, RuntimeError) as error:
        if not is_memory_error(error):
            raise
        raise ReverieError(
            f"{doing} takes more memory than this process may have.", remedy
        ) from error


def require_memory(needed_bytes: int, what: str) -> None:
    """Refuse, by a `ReverieError`, what takes more memory than the processor has free.

    Args:
        needed_bytes: at its peak.
        what: takes them, for the message.
    """
    free = available_memory(torch.device("cpu"))
    if needed_bytes > free:
        raise ReverieError(
            f"{what} takes {needed_bytes / GIB:.1f} GiB of memory and {free / GIB:.1f} GiB are "
            "free.",
            "Close other programs, or choose another run.",
        )


def available_memory(device: torch.device, root: Path = ROOT) -> int:
    """Bytes that this process may still take on `device`, all limits on it considered.

    Args:
        device: whose memory.
        root: of the file system in which Linux tells of control groups.
    """
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return max(0, min([psutil.virtual_memory().available, *_group_limits(root), *_own_limits()]))


def _own_limits() -> Iterator[int]:
    """What the limits of this process leave: of its addresses, and of its data."""
    try:
        import resource  # noqa: PLC0415 -- not on Windows
    except ImportError:
        return
    held = psutil.Process().memory_info()
    for name, used in (("RLIMIT_AS", held.vms), ("RLIMIT_DATA", getattr(held, "data", 0))):
        kind = getattr(resource, name, None)
        limit = resource.RLIM_INFINITY if kind is None else resource.getrlimit(kind)[0]
        if limit != resource.RLIM_INFINITY:
            yield limit - used


def _group_limits(root: Path) -> Iterator[int]:
    """What each control group around this process leaves."""
    mounted = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines() or ["0::/", "1:memory:/"]:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            for folder in _around(mounted, path):
                used = _number(folder / "memory.current") - _reclaimable(folder, "inactive_file")
                for name in ("memory.max", "memory.high"):
                    if (limit := _limit(folder / name)) is not None:
                        yield limit - used
        elif "memory" in controllers.split(","):
            for folder in _around(mounted / "memory", path):
                used = _number(folder / "memory.usage_in_bytes")
                used -= _reclaimable(folder, "total_inactive_file")
                if (limit := _limit(folder / "memory.limit_in_bytes")) is not None:
                    yield limit - used


def _around(mounted: Path, path: str) -> Iterator[Path]:
    """The group at `path`, and those that it lies in, as far as they are to be seen.

    Inside a container the path is often that outside of it, and only the root is there.
    """
    parts = [part for part in path.split("/") if part not in ("", "..")]
    for count in range(len(parts), -1, -1):
        folder = mounted.joinpath(*parts[:count])
        if folder.is_dir():
            yield folder


def _limit(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdecimal() else None


def _number(path: Path) -> int:
    return _limit(path) or 0


def _reclaimable(folder: Path, name: str) -> int:
    """Bytes of files that are kept only until something else wants the room."""
    for line in _text(folder / "memory.stat").splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.strip().isdecimal():
            return int(value)
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""
