"""Training by several processes: their throughput, what they send, and what follows for more.

    python benchmarks/ranks.py CORPUS [--recipe codes] [--ways 1x2 2x1] [--rounds 3] [--seconds 10]

A way is RANKSxTHREADS. Each figure is of a training of its own, forked, of real steps; the ways
take turns, so that what else the machine does meets all alike, and ratios are those of a round.
Sent bytes are what the system counts on the sockets of rank 0. Each `--link NAME RANKS
BYTES_A_SECOND LATENCY_SECONDS STEP_SECONDS` adds a row on paper: R ranks in a ring send
2 (R - 1) / R of the gradient in 2 (R - 1) messages, and nothing hides behind the arithmetic.
"""

import argparse
import json
import os
import socket
import statistics
import struct
import tempfile
import threading
import time
from pathlib import Path
from shutil import copytree

import before_torch  # noqa: F401
import torch
import torch._dynamo  # pyright: ignore -- data parallelism loads it, in each process but for this
from timing import keep, machine, show
from torch import distributed
from torch._C._distributed_c10d import FileStore

from reverie.corpus.corpus import Corpus
from reverie.frames.transforms import frame_spec
from reverie.models.architectures import meta_model
from reverie.runs.settings import Recipe
from reverie.training.observers import Observer, Step
from reverie.training.recipe import load_recipe
from reverie.training.train import train

WARM_STEPS = 3
SENT_BYTES_AT = 200
"""Of `tcpi_bytes_sent` in Linux's `struct tcp_info`."""


class Timer(Observer):
    """Times steps and counts what is sent in them, then stops the training."""

    def __init__(self, path: Path, seconds: float, stop: threading.Event) -> None:
        self._path, self._seconds, self._stop = path, seconds, stop
        self._steps, self._began, self._sent = 0, 0.0, 0

    def on_step(self, step: Step) -> None:
        del step
        self._steps += 1
        if self._steps == WARM_STEPS:
            self._began, self._sent = time.perf_counter(), sent_bytes()
        steps, seconds = self._steps - WARM_STEPS, time.perf_counter() - self._began
        if steps > 0 and seconds >= self._seconds:
            told = {"steps_a_second": steps / seconds, "bytes": (sent_bytes() - self._sent) / steps}
            self._path.write_text(json.dumps(told))
            self._stop.set()


def sent_bytes() -> int:
    """What this process has sent on all of its TCP sockets that are open."""
    total = 0
    for name in Path("/proc/self/fd").iterdir():
        try:
            if not str(name.readlink()).startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(name.name))) as one:
                if one.family in (socket.AF_INET, socket.AF_INET6):
                    told = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
                    total += struct.unpack_from("Q", told, SENT_BYTES_AT)[0]
        except OSError:
            continue  # closed since
    return total


def measured(
    way: tuple[int, int], corpus: Path, recipe: Recipe, begun: Path, seconds: float
) -> dict[str, float]:
    """Train in so many processes of so many threads for some seconds."""
    ranks, threads = way
    with tempfile.TemporaryDirectory() as folder:
        run, told, store = (Path(folder) / name for name in ("run", "told", "store"))
        copytree(begun, run)
        children: list[int] = []
        for rank in range(ranks):
            child = os.fork()
            if not child:
                status = 1
                try:
                    torch.set_num_threads(threads)
                    if ranks > 1:
                        distributed.init_process_group(
                            "gloo", store=FileStore(str(store), ranks), rank=rank, world_size=ranks
                        )
                    stop = threading.Event()
                    timer = Timer(told, seconds, stop)
                    train(corpus, recipe, run, observers=[timer], stop=stop, quiet=True)
                    status = 0
                finally:
                    os._exit(status)
            children.append(child)
        ended = [os.waitpid(child, 0)[1] for child in children]
        if any(ended):
            raise SystemExit("a rank failed")
        return json.loads(told.read_text())


def begin(corpus: Path, recipe: Recipe, folder: Path) -> Path:
    """A run whose frames are fitted, before its first step."""
    child = os.fork()
    if not child:
        try:
            stop = threading.Event()
            timer = Timer(folder / "told", 0.0, stop)
            train(corpus, recipe, folder / "run", observers=[timer], stop=stop, quiet=True)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    for checkpoint in (folder / "run" / "checkpoints").iterdir():
        checkpoint.rename(folder / checkpoint.name)
    return folder / "run"


def reckoned(
    name: str, ranks: int, a_second: float, latency: float, step: float, gradient: int
) -> list[str]:
    """A row: what ranks send, how long that takes, and how much faster than one they are."""
    sent = 2 * (ranks - 1) / ranks * gradient
    seconds = sent / a_second + 2 * (ranks - 1) * latency
    speedup = ranks * step / (step + seconds)
    row = [name, str(ranks), f"{sent / 1e6:.0f}", f"{1e3 * step:.0f}", f"{1e3 * seconds:.1f}"]
    return [*row, f"{speedup:.2f}", f"{speedup / ranks:.0%}"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--recipe", default="codes")
    parser.add_argument("--set", dest="assignments", nargs="*", default=[])
    parser.add_argument("--ways", nargs="+", default=["1x2", "2x1"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--link", nargs=5, action="append", default=[])
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    chosen = parser.parse_args()
    still = ["training.judge_every_epochs=0", "training.preview_every_epochs=0"]
    recipe = load_recipe(chosen.recipe, [*still, "training.keep_epochs=[]", *chosen.assignments])
    corpus = Corpus.open(chosen.corpus)
    spec = frame_spec(recipe.for_channels(corpus.channels).frames, corpus.rate_hz)
    gradient = 4 * sum(one.numel() for one in meta_model(recipe.model, spec).parameters())
    ways = {one: (int(one.split("x")[0]), int(one.split("x")[1])) for one in chosen.ways}
    print(f"{machine()}\n\n{chosen.recipe}: a gradient of {gradient / 1e6:.1f} MB\n", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        begun = begin(chosen.corpus, recipe, Path(folder))
        rounds = [
            {
                name: measured(way, chosen.corpus, recipe, begun, chosen.seconds)
                for name, way in ways.items()
            }
            for _ in range(chosen.rounds)
        ]
    rows: list[list[str]] = []
    first = chosen.ways[0]
    for name, (ranks, threads) in ways.items():
        rate = statistics.median(one[name]["steps_a_second"] for one in rounds)
        ratios = sorted(
            one[name]["steps_a_second"] / one[first]["steps_a_second"] for one in rounds
        )
        sent = statistics.median(one[name]["bytes"] for one in rounds)
        ratio = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        rows.append([str(ranks), str(threads), f"{rate:.2f}", ratio, f"{sent / 1e6:.2f}"])
    show(rows, ["ranks", "threads each", "steps/s", f"to {first}", "MB sent a step, rank 0"])
    if chosen.link:
        print()
        links = [
            reckoned(name, int(ranks), float(rate), float(latency), float(step), gradient)
            for name, ranks, rate, latency, step in chosen.link
        ]
        headings = ["on paper", "ranks", "MB sent", "ms a step", "ms sending", "times faster"]
        show(links, [*headings, "of the most"])
    keep(chosen.json, {"machine": machine(), "gradient_bytes": gradient, "rounds": rounds})


if __name__ == "__main__":
    main()
