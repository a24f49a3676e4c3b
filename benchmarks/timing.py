"""What the benchmarks share: programs timed in turns, ceilings, and a table of the result."""

import argparse
import json
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import before_torch  # noqa: F401
import torch

from reverie.models.products import plain_product
from reverie.training.allocator import keep_freed_memory
from reverie.training.device import CPU
from reverie.training.preflight import GIB

BARE_SIZE = {"cpu": 2048, "cuda": 8192}
"""Of the bare product that is the ceiling."""

Program = Callable[[], object]


@dataclass(frozen=True)
class Times:
    """Seconds of one program, a number a round."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def fastest(self) -> float:
        return min(self.seconds)

    @property
    def slowest(self) -> float:
        return max(self.seconds)

    def times_faster_than(self, other: "Times") -> float:
        """The median over rounds of how many times as long `other` took in the same round."""
        ratios = [b / a for a, b in zip(self.seconds, other.seconds, strict=True)]
        return statistics.median(ratios)


def in_turns(programs: Mapping[str, Program], rounds: int, warm_up: int = 2) -> dict[str, Times]:
    """Run the programs one after another, `rounds` times, after `warm_up` rounds not counted."""
    found: dict[str, list[float]] = {name: [] for name in programs}
    for turn in range(warm_up + rounds):
        for name, program in programs.items():
            began = time.perf_counter()
            program()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            if turn >= warm_up:
                found[name].append(time.perf_counter() - began)
    return {name: Times(tuple(seconds)) for name, seconds in found.items()}


def bare_product(size: int, dtype: torch.dtype, device: torch.device = CPU) -> tuple[Program, int]:
    """A square matrix product that does nothing else, and its floating-point operations.

    float32 by the faster of torch's libraries, as the engine chooses it.
    """
    a, b = (torch.randn(size, size).to(device, dtype) for _ in range(2))
    return lambda: plain_product(a, b), 2 * size**3


def start(description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that all benchmarks have."""
    keep_freed_memory()
    torch.manual_seed(0)
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hidden", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=9, help="rounds that are counted")
    parser.add_argument("--threads", type=int, default=0, help="0 takes all processors")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    return parser


def peak_gib() -> float:
    """The most memory that this process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        # What the system counts for `getrusage` begins at what the parent process held.
        (peak,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1024 / GIB
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / GIB


def machine(device: torch.device = CPU) -> str:
    """The processor or GPU, threads and versions."""
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, torch {torch.__version__}"
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        flags = next(line for line in lines if line.startswith("flags")).split()
        name = next(line for line in lines if line.startswith("model name")).split(":")[1].strip()
    except (OSError, StopIteration):
        flags, name = [], platform.processor()
    told = [one for one in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if one in flags]
    return (
        f"{name} ({', '.join(told)}), {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}, Python {platform.python_version()}"
    )


def show(rows: list[list[str]], headings: list[str]) -> None:
    """Print a table in Markdown."""
    print("| " + " | ".join(headings) + " |")
    print("|" + "---|" * len(headings))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


def keep(path: Path | None, figures: object) -> None:
    """Write the figures as JSON, where a file was asked for."""
    if path:
        path.write_text(json.dumps(figures, indent=2) + "\n")
