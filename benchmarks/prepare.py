"""How fast `reverie prepare` is, beside ffmpeg doing the same conversion of the same files.

    python benchmarks/prepare.py FOLDER [--rounds 5] [--processes 2]

Both turn every recording into mono 16-bit samples at 16 kHz with as many processes, in turns, so
that both meet the same neighbours on a shared machine. ffmpeg only converts; prepare also checks,
measures, hashes, looks for duplicates and starts Python. Needs an `ffmpeg` on the path.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from reverie.audio.formats import is_audio_name
from reverie.corpus.corpus import Corpus

SAMPLED_SECONDS = 0.02
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


def run(command: list[str], stdin: bytes = b"") -> tuple[float, float, float]:
    """Run a command: its wall seconds, the CPU seconds, and the peak memory in MB of all of it."""
    # Python may keep its compiled modules, as it does for a person.
    surroundings = {key: one for key, one in os.environ.items() if key != NO_BYTECODE}
    before = os.times()
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=surroundings,
    )
    peak = [0]
    watcher = threading.Thread(target=watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    process.communicate(stdin)
    wall = time.perf_counter() - began
    watcher.join()
    if process.returncode:
        sys.exit(f"{command[0]} failed with status {process.returncode}")
    after = os.times()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return wall, cpu, peak[0] / 2**20


def watch(pid: int, peak: list[int]) -> None:
    """Note the largest sum of the memory of a process and its children until it ends."""
    try:
        parent = psutil.Process(pid)
        while parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
            used = 0
            for one in [parent, *parent.children(recursive=True)]:
                try:
                    used += one.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            peak[0] = max(peak[0], used)
            time.sleep(SAMPLED_SECONDS)
    except psutil.NoSuchProcess:
        return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    files = sorted(one for one in asked.folder.rglob("*") if is_audio_name(one.name))
    names = b"\0".join(os.fsencode(one.absolute()) for one in files)
    results: dict[str, list[tuple[float, float, float]]] = {"ffmpeg": [], "reverie prepare": []}
    seconds = 0.0
    # The first round warms the disk's cache and is left out.
    for _ in range(1 + asked.rounds):
        with tempfile.TemporaryDirectory() as folder:
            convert = (
                'ffmpeg -v error -nostdin -y -i "$1" -ac 1 -ar 16000 -c:a pcm_s16le '
                f'"{folder}/$(basename "$1").wav"'
            )
            command = ["xargs", "-0", "-n1", f"-P{asked.processes}", "sh", "-c", convert, "sh"]
            results["ffmpeg"].append(run(command, names))
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "corpus"
            command = [sys.executable, "-m", "reverie", "prepare", str(asked.folder)]
            command += ["--out", str(out), "--processes", str(asked.processes), "--quiet"]
            results["reverie prepare"].append(run(command))
            seconds = Corpus.open(out).seconds
    print(f"{len(files)} files, {seconds:.0f} s of sound, {asked.processes} processes, "
          f"median of {asked.rounds} rounds")  # fmt: skip
    print(f"{'':16}{'wall s':>9}{'range':>16}{'CPU s':>8}{'sound s/s':>11}{'peak MB':>9}")
    medians: dict[str, float] = {}
    for name, (_, *runs) in results.items():
        walls = [one[0] for one in runs]
        medians[name] = statistics.median(walls)
        cpu = statistics.median(one[1] for one in runs)
        peak = max(one[2] for one in runs)
        spread = f"{min(walls):.2f}-{max(walls):.2f}"
        speed = seconds / medians[name]
        print(f"{name:16}{medians[name]:9.2f}{spread:>16}{cpu:8.2f}{speed:11.0f}{peak:9.0f}")
    print(f"speed relative to ffmpeg: {medians['ffmpeg'] / medians['reverie prepare']:.2f}")


if __name__ == "__main__":
    main()
