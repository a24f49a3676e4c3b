"""Training beside other work: threads that spin, that sleep, and that wait as Reverie has them.

    python benchmarks/busy.py [--busy 0 1 3] [--recipe codes] [--rounds 5] [--seconds 10]

Each figure is of a process of its own, which takes training steps for some seconds; the three ways
take turns, so that what else the machine does meets all alike. Ratios are those of a round. Beside
them run as many processes as are asked for that do nothing but take a processor.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import before_torch  # noqa: F401
import torch
from ours import RATE_HZ, training_step
from timing import keep, machine, show

from reverie.frames.transforms import frame_spec
from reverie.threads import ASLEEP, CHOSEN_BY
from reverie.training.recipe import load_recipe

WAYS = {"spinning": {"GOMP_SPINCOUNT": "300000"}, "asleep": ASLEEP, "as Reverie": {}}
"""What GNU's OpenMP does where it is told nothing; asleep at once; and as Reverie chooses it."""


def steps_a_second(recipe_name: str, assignments: list[str], seconds: float) -> float:
    """Training steps of a recipe on random frames, in this process."""
    recipe = load_recipe(recipe_name, assignments)
    spec = frame_spec(recipe.frames, RATE_HZ)
    shape = (recipe.training.batch_size, recipe.prompt_frames(RATE_HZ) + 1, spec.width)
    frames = torch.randint(spec.codebook_size, shape) if spec.codebook_size else torch.randn(shape)
    step = training_step(recipe, frames)
    step()
    began, steps = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        step()
        steps += 1
    return steps / (time.perf_counter() - began)


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Inside, so many processes take a processor each."""
    started = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for one in started:
            one.kill()
            one.wait()


def measured(chosen: argparse.Namespace, waiting: dict[str, str]) -> float:
    """Steps a second in a process whose threads wait so."""
    environment = {name: value for name, value in os.environ.items() if name not in CHOSEN_BY}
    words = [sys.executable, __file__, "--inside", "--recipe", chosen.recipe]
    words += ["--seconds", str(chosen.seconds), "--set", *chosen.assignments]
    told = subprocess.run(words, env=environment | waiting, check=True, capture_output=True)
    return float(told.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 1, 3])
    parser.add_argument("--recipe", default="codes")
    parser.add_argument("--set", dest="assignments", nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        print(steps_a_second(chosen.recipe, chosen.assignments, chosen.seconds))
        return
    print(f"{machine()}\n", flush=True)
    figures: list[dict[str, object]] = []
    rows: list[list[str]] = []
    for count in chosen.busy:
        with busy_processes(count):
            load = os.getloadavg()[0]
            rounds = [
                [measured(chosen, way) for way in WAYS.values()] for _ in range(chosen.rounds)
            ]
        row = [str(count), f"{load:.1f}"]
        row += [f"{statistics.median(one):.2f}" for one in zip(*rounds, strict=True)]
        for rival in range(2):
            ratios = sorted(one[2] / one[rival] for one in rounds)
            row.append(f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
        rows.append(row)
        figures.append({"busy": count, "load": load, "rounds": rounds})
    headings = ["busy beside", "load before", *(f"{way}, steps/s" for way in WAYS)]
    show(rows, [*headings, "Reverie to spinning", "Reverie to asleep"])
    keep(chosen.json, {"machine": machine(), "recipe": chosen.recipe, "figures": figures})


if __name__ == "__main__":
    main()
