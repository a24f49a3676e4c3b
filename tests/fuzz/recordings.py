"""Mutated recordings: each is decoded, or refused with a reason, in bounded time and memory.

    python -m tests.fuzz.recordings --count 10000 --seed 0 [--keep FOLDER]

The recordings are small and of every kind that PyAV can make. They go the way that `reverie
prepare` sends them, through a worker process that must live on; which mutant comes when depends
on the seed alone.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from reverie.corpus.pool import Job, Pool
from tests.audio.kinds import KINDS
from tests.audio.making import music
from tests.fuzz.mutations import mutated

SECONDS = 0.6

MOST_SECONDS = 20.0
"""Time that one mutant may take; a whole one takes a hundredth of a second."""

MOST_PCM_BYTES = 64 << 20
"""What may be stored of a file of some 50 kB."""

MOST_MEMORY_BYTES = 3 << 29
"""What the worker may hold at most: Python, its libraries, and a recording's limit."""

CRASHED = "refused, as it crashed the worker"
"""FFmpeg's decoders have faults of their own; that is what the worker is for."""

RATE_HZ = 16000

MEMORY_LOOKED_AT_EVERY = 20


@dataclass
class Outcome:
    """What came of all mutants: how many of each kind of end, and those that ended badly."""

    counts: Counter[str] = field(default_factory=Counter[str])
    failures: list[str] = field(default_factory=list[str])
    slowest_seconds: float = 0.0
    most_pcm_bytes: int = 0
    most_memory_bytes: int = 0


def seeds(folder: Path) -> dict[str, bytes]:
    """A whole file of each kind, by name."""
    made: dict[str, bytes] = {}
    for kind in KINDS:
        if not kind.ffmpeg:
            sound = music(SECONDS, rate_hz=kind.rate_hz, channels=kind.channels)
            path = kind.make(folder / f"seed{kind.suffix}", sound)
            made[kind.name] = path.read_bytes()
            path.unlink()
    joined = {f"joined-{name}": 2 * made[name] for name in ("flac.ogg", "flac.flac", "aac.m4a")}
    return made | joined


def fuzz(count: int, seed: int, *, first: int = 0, keep: Path | None = None) -> Outcome:
    """Try `count` mutants.

    Args:
        count: how many.
        seed: of what is drawn.
        first: the number of the first of them.
        keep: where mutants that end badly are kept.
    """
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = seeds(folder)
        names, others = list(whole), list(whole.values())

        def jobs() -> Iterator[Job]:
            for number in range(first, first + count):
                rng = np.random.default_rng([seed, number])
                kind = names[number % len(names)]
                data, told = mutated(whole[kind], rng, others)
                path = folder / f"{number}-{told}-{kind}"
                path.write_bytes(data)
                pcm, keep = folder / f"{number}.pcm", bool(rng.integers(2))
                yield Job(number, path, pcm, RATE_HZ, 1 + number % 2, keep)

        with Pool(1) as pool:
            began = time.monotonic()
            for job, answer in pool.run(jobs()):
                took = time.monotonic() - began
                if job.number % MEMORY_LOOKED_AT_EVERY == 0:
                    outcome.most_memory_bytes = max(outcome.most_memory_bytes, held_bytes())
                stored = job.pcm.stat().st_size if job.pcm.exists() else 0
                end = judged(answer, took, stored)
                outcome.counts[end] += 1
                outcome.slowest_seconds = max(outcome.slowest_seconds, took)
                outcome.most_pcm_bytes = max(outcome.most_pcm_bytes, stored)
                if end not in {"decoded", "refused", CRASHED}:
                    outcome.failures.append(f"{job.path.name}: {end}: {answer}")
                    if keep is not None:
                        keep.mkdir(exist_ok=True)
                        (keep / job.path.name).write_bytes(job.path.read_bytes())
                job.path.unlink()
                job.pcm.unlink(missing_ok=True)
                began = time.monotonic()
    if outcome.most_memory_bytes > MOST_MEMORY_BYTES:
        outcome.failures.append(f"{outcome.most_memory_bytes} bytes of memory held")
    return outcome


def held_bytes() -> int:
    """The most memory that a process of ours has held, where the system tells."""
    most = 0
    for child in psutil.Process().children():
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{child.pid}/status").read_text("ascii").splitlines():
                if line.startswith("VmHWM"):
                    most = max(most, 1024 * int(line.split()[1]))
    return most


def judged(answer: Mapping[str, object], seconds: float, stored_bytes: int) -> str:
    """How a mutant ended, in a word or some."""
    reason = str(answer.get("unusable", ""))
    if "crashed" in reason:
        return CRASHED
    if seconds > MOST_SECONDS:
        return "took too long"
    if stored_bytes > MOST_PCM_BYTES:
        return "took too much of the disk"
    if "analysed" in answer:
        return "decoded"
    # A reason that names a Python exception was not thought of.
    return "refused" if reason and "Error:" not in reason else "ended without a reason"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    began = time.monotonic()
    outcome = fuzz(asked.count, asked.seed, first=asked.first, keep=asked.keep)
    minutes = (time.monotonic() - began) / 60
    print(
        f"{asked.count} mutants in {minutes:.1f} minutes, the slowest in "
        f"{outcome.slowest_seconds:.1f} s; at most {outcome.most_pcm_bytes / 1e6:.1f} MB stored "
        f"and {outcome.most_memory_bytes / 1e6:.0f} MB held"
    )
    for end, count in outcome.counts.most_common():
        print(f"{count:7} {end}")
    print(*outcome.failures, sep="\n")
    sys.exit(1 if outcome.failures else 0)


if __name__ == "__main__":
    main()
