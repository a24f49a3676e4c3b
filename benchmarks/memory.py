"""Peak memory of training, each architecture in a process of its own, and what is foretold.

python benchmarks/memory.py [--batch 32] [--architectures bilinear baseline] [--hidden 2048]
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import before_torch  # noqa: F401
import torch
from ours import RATE_HZ, paper_recipe, training_step
from timing import keep, machine, peak_gib, show, start

from reverie.frames.transforms import frame_spec
from reverie.models.settings import Architecture
from reverie.training.preflight import GIB, estimate_needs

STEPS = 2


def measure(architecture: str, chosen: argparse.Namespace) -> dict[str, float]:
    """Foretold and real peak, in GiB, of this process."""
    recipe = paper_recipe(
        chosen, f"model.architecture={architecture}", f"model.precision={chosen.precision}"
    )
    needs = estimate_needs(recipe, RATE_HZ, Path.cwd())
    width = frame_spec(recipe.frames, RATE_HZ).width
    step = training_step(
        recipe, torch.randn(chosen.batch, recipe.prompt_frames(RATE_HZ) + 1, width)
    )
    for _ in range(STEPS):
        step()
    return {
        "parameters": needs.parameters,
        "foretold_gib": needs.memory_bytes / GIB,
        "peak_gib": peak_gib(),
    }


def main() -> None:
    parser = start(__doc__)
    parser.add_argument("--architectures", nargs="+", default=list(get_args(Architecture)))
    parser.add_argument("--hop-samples", type=int, default=4000)
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
