"""What a corpus of many recordings costs before the first step of a training.

    python benchmarks/corpus_size.py [--recordings 1000 10000 100000 1000000] [--folder KEPT]

The corpora are simulated: a true manifest and table, and sparse shards of the right sizes, which
hold silence and take no room on the disk. Each recording has 198 s at 16 kHz, so a million are
55 000 hours. Each call is a process of its own, as a person starts it; what is told is the time on
the clock, the time of the processors and the most memory.
"""

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from reverie.corpus.manifest import MANIFEST, Manifest, write_manifest
from reverie.corpus.recording import Recording, corpus_hash
from reverie.corpus.recordings import Recordings
from reverie.corpus.sample import write_sample
from reverie.corpus.shards import FOLDER, SAMPLE_BYTES, shard_path

RATE_HZ, SECONDS = 16000, 198
SAMPLES = RATE_HZ * SECONDS
IN_SHARD = (1 << 30) // (SAMPLE_BYTES * SAMPLES)
"""Recordings in a shard of the usual size."""

OPEN = """
import sys
from pathlib import Path
from reverie.corpus.corpus import Corpus
Corpus.open(Path(sys.argv[1]))
"""
DRY_RUN = """
import sys
from reverie.cli.app import app
app(["train", sys.argv[1], "--dry-run", "--out", sys.argv[2]])
"""
FIRST_STEP = """
import os, sys
import reverie
reverie.train(sys.argv[1], "paper", sys.argv[2], hidden=64, on_step=lambda step: os._exit(0))
"""
SIMULATE = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from corpus_size import simulate
simulate(Path(sys.argv[1]), int(sys.argv[2]))
"""
CALLS = {"open": OPEN, "train --dry-run": DRY_RUN, "to the first step": FIRST_STEP}


class Cost(NamedTuple):
    """What a process took."""

    seconds: float
    processor_seconds: float
    megabytes: int


def recordings(count: int) -> Iterator[Recording]:
    """So many recordings, of which a fifth is held out."""
    silence = hashlib.sha256(bytes(SAMPLE_BYTES * SAMPLES)).hexdigest()
    for number in range(count):
        yield Recording(
            path=f"archive/box {number // 500:04d}/tape {number:07d} side A.flac",
            content_hash=silence,
            codec="flac",
            seconds=float(SECONDS),
            source_rate_hz=44100,
            source_channels=2,
            channels=1,
            loudness_lufs=-18.5,
            peak_dbfs=-1.02,
            rms_dbfs=-22.13,
            split="held-out" if number % 5 == 2 else "train",
            shard=number // IN_SHARD,
            offset_samples=number % IN_SHARD * SAMPLES,
            samples=SAMPLES,
            notes=(),
            sounding_start=number % 16000 // 1600 * 1600,
            sounding_end=SAMPLES - number % 32000 // 1600 * 1600,
        )


def simulate(folder: Path, count: int) -> None:
    """Write a corpus of so many recordings."""
    (folder / FOLDER).mkdir(parents=True)
    for shard in range(-(-count // IN_SHARD)):
        with shard_path(folder, shard).open("wb") as file:
            file.truncate(IN_SHARD * SAMPLE_BYTES * SAMPLES)
    every = Recordings.of(recordings(count))
    told = ((one.content_hash, one.path, one.split) for one in recordings(count))
    content_hash = corpus_hash(RATE_HZ, told)
    manifest = Manifest(
        created_by="benchmarks/corpus_size.py",
        source=str(folder),
        rate_hz=RATE_HZ,
        settings={},
        ignored=0,
        refused=(),
        content_hash=content_hash,
        recordings=every,
        sample=write_sample(folder, every, RATE_HZ, content_hash),
    )
    write_manifest(folder, manifest)


def cost(script: str, *words: str) -> Cost:
    """What a process that runs `script` takes."""
    began = time.monotonic()
    command = [sys.executable, "-c", script, *words]
    with Path(os.devnull).open("wb") as nothing:
        said = [(os.POSIX_SPAWN_DUP2, nothing.fileno(), 1)]
        child = os.posix_spawn(sys.executable, command, os.environ, file_actions=said)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{command} failed")
    processors = usage.ru_utime + usage.ru_stime
    return Cost(time.monotonic() - began, processors, usage.ru_maxrss >> 10)


def table(folder: Path, counts: list[int]) -> Iterator[str]:
    """A line of the table for each number of recordings and each call."""
    yield "| recordings | hours | table | call | seconds | of the processors | memory |"
    yield "|---|---|---|---|---|---|---|"
    for count in counts:
        corpus = folder / str(count)
        if not (corpus / MANIFEST).exists():
            # In a process of its own, because memory counts from what the parent had at most.
            cost(SIMULATE, str(corpus), str(count))
        (stored,) = corpus.glob("recordings-*.sqlite")
        about = f"{count:,} | {count * SECONDS / 3600:,.0f} | {stored.stat().st_size / 1e6:.1f} MB"
        for name, script in CALLS.items():
            with tempfile.TemporaryDirectory() as run:
                took = cost(script, str(corpus), f"{run}/run")
            yield (
                f"| {about} | {name} | {took.seconds:.1f} | {took.processor_seconds:.1f} | "
                f"{took.megabytes} MB |"
            )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--recordings", type=int, nargs="+", default=[1000, 10_000, 100_000, 1_000_000]
    )
    parser.add_argument("--folder", type=Path, help="keep the corpora here")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for line in table(told.folder or Path(temporary), told.recordings):
            print(line, flush=True)


if __name__ == "__main__":
    main()
