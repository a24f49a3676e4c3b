"""How long `reverie prepare` takes over a sample library: thousands of short files.

    python benchmarks/many_files.py [--files 10000] [--processes 2] [--folder KEPT]

Makes the files (plucked and bowed notes, struck noise and hum of 0.1 to 4 s, as WAV, FLAC, Ogg and
MP3, a hundredth of them another one again in another encoding), prepares them, prepares them again
with nothing new, and looks for leaks. Each call is a process of its own, as a person starts it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.corpus.corpus import Corpus

RATE_HZ = 44100
SHORTEST_SECONDS, LONGEST_SECONDS = 0.1, 4.0
SUFFIXES = ("wav", "flac", "wav", "ogg", "wav", "mp3")
AGAIN_EVERY = 100
"""So many files, one is the one before again, as MP3 at half the level."""


def sound(number: int) -> NDArray[np.float32]:
    """The samples of file `number`, [samples]."""
    rng = np.random.default_rng(number)
    seconds = rng.uniform(SHORTEST_SECONDS, LONGEST_SECONDS)
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    pitch_hz = 55 * 2 ** (rng.integers(0, 60) / 12) * 2 ** (rng.normal(0, 0.05) / 12)
    wave = np.zeros(len(t))
    match number % 4:
        case 0:
            for harmonic in range(1, 9):
                decay = np.exp(-t * rng.uniform(0.5, 3) * harmonic**0.5)
                turn = rng.uniform(0, 2 * np.pi)
                wave += np.sin(2 * np.pi * harmonic * pitch_hz * t + turn) * decay / harmonic
            wave += 0.003 * rng.standard_normal(len(t))
        case 1:
            vibrato = 0.004 * np.sin(2 * np.pi * 5 * t + rng.uniform(0, 6)) / 5
            for harmonic in range(1, 9):
                wave += np.sin(2 * np.pi * harmonic * pitch_hz * (t + vibrato)) / harmonic
            wave *= np.minimum(1, t / 0.1)
            wave += 0.01 * rng.standard_normal(len(t))
        case 2:
            wave = rng.standard_normal(len(t)) * np.exp(-t * rng.uniform(2, 20))
        case _:
            wave = 0.2 * rng.standard_normal(len(t)) + np.sin(2 * np.pi * 50 * t)
    return (0.5 * wave / np.abs(wave).max()).astype(np.float32)


def write(folder: Path, files: int) -> None:
    """Make all files, a thousand to a folder."""
    wave = sound(0)
    for number in range(files):
        again = number % AGAIN_EVERY == AGAIN_EVERY - 1
        wave = 0.5 * wave if again else sound(number)
        suffix = "mp3" if again else SUFFIXES[number % len(SUFFIXES)]
        path = folder / f"{number // 1000:03d}" / f"{number:06d}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, wave, RATE_HZ)


def timed(*words: str) -> tuple[float, float]:
    """Run `reverie` with `words`; the seconds that it took, and those of the processors."""
    began, before = time.perf_counter(), os.times()
    subprocess.run([sys.executable, "-m", "reverie", *words], stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    processors = after.children_user + after.children_system
    processors -= before.children_user + before.children_system
    return time.perf_counter() - began, processors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--files", type=int, default=10000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, help="where the files are made and kept")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        recordings = asked.folder or Path(scratch) / "recordings"
        if not recordings.exists():
            write(recordings, asked.files)
        out = str(Path(scratch) / "corpus")
        prepare = ["prepare", str(recordings), "--out", out, "--min-seconds", "0.1"]
        prepare += ["--processes", str(asked.processes), "--quiet"]
        load = os.getloadavg()[0]
        rows = [
            ("prepare", timed(*prepare)),
            ("prepare again, nothing new", timed(*prepare)),
            ("inspect, with the search for leaks", timed("inspect", out, "--quiet", "--json")),
            ("inspect again", timed("inspect", out, "--quiet", "--json")),
        ]
        corpus = Corpus.open(Path(out))
        same = sum("the same recording" in one.reason for one in corpus.refused)
        print(f"{asked.files} files, {len(corpus.recordings)} used, {same} refused as another one "
              f"again, {corpus.seconds / 60:.0f} min of sound; {asked.processes} processes, "
              f"load before {load:.1f}")  # fmt: skip
        print("| call | seconds | seconds of the processors |\n|---|---|---|")
        for name, (seconds, processors) in rows:
            print(f"| {name} | {seconds:.1f} | {processors:.1f} |")


if __name__ == "__main__":
    main()
