"""Peak memory of training, each architecture in a process of its own, and what is foretold.

python benchmarks/memory.py [--batch 32] [--architectures bilinear baseline] [--hidden 2048]
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import torch
from timing import keep, machine, peak_gib, show, start

from reverie.frames.settings import build_frames
from reverie.models.architectures import build_model
from reverie.models.settings import Architecture
from reverie.training.loop import train_step
from reverie.training.optimiser import build_optimiser, set_learning_rate
from reverie.training.preflight import GIB, measure_needs
from reverie.training.recipe import load_recipe

STEPS = 2


def measure(architecture: str, chosen: argparse.Namespace) -> dict[str, float]:
    """Foretold and real peak, in GiB, of this process."""
    recipe = load_recipe(
        "paper",
        [
            f"model.architecture={architecture}",
            f"model.hidden={chosen.hidden}",
            f"model.precision={chosen.precision}",
            f"training.batch_size={chosen.batch}",
        ],
    )
    needs = measure_needs(recipe, Path.cwd())
    transform = build_frames(recipe.frames)
    model = build_model(recipe.model, transform, torch.Generator().manual_seed(0))
    optimiser = build_optimiser(model, recipe)
    set_learning_rate(optimiser, recipe, 0.0)
    rng = torch.Generator().manual_seed(1)
    frames = torch.randn(chosen.batch, recipe.seed_frames + 1, transform.width, generator=rng)
    for _ in range(STEPS):
        train_step(model, optimiser, frames, rng, recipe)
    return {
        "parameters": needs.parameters,
        "foretold_gib": needs.memory_bytes / GIB,
        "peak_gib": peak_gib(),
    }


def main() -> None:
    parser = start(__doc__)
    parser.add_argument("--architectures", nargs="+", default=list(get_args(Architecture)))
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--precision", choices=["bfloat16", "float32"], default="bfloat16")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        print(json.dumps(measure(chosen.inside, chosen)))
        return
    print(machine(), flush=True)
    figures: dict[str, dict[str, float]] = {}
    for architecture in chosen.architectures:
        command = [sys.executable, __file__, *sys.argv[1:], "--inside", architecture]
        told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        figures[architecture] = json.loads(told)
    show(
        [
            [
                name,
                f"{found['parameters'] / 1e6:.1f} M",
                f"{found['peak_gib']:.2f}",
                f"{found['foretold_gib']:.2f}",
            ]
            for name, found in figures.items()
        ],
        [f"architecture, batch {chosen.batch}", "parameters", "peak, GiB", "foretold, GiB"],
    )
    keep(chosen.json, {"machine": machine(), "figures": figures})


if __name__ == "__main__":
    main()
