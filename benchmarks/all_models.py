"""A training step of each architecture at paper scale, and what the paper's training would take.

    python benchmarks/all_models.py [--device cuda] [--batch 64] [--precision float32]

A step is forward, backward and RMSprop with the paper's dropout, on the processor or on a GPU. The
share is of a bare product of the same type on the same device, in the same call; float32 on a GPU
is without TF32, as torch leaves it. An epoch is 300 sequences, as the paper's 20 songs give.
"""

import dataclasses
import math
from typing import get_args

import before_torch  # noqa: F401
import torch
from ours import RATE_HZ, paper_recipe, step_operations, training_step, without_values
from timing import BARE_SIZE, bare_product, in_turns, keep, machine, show, start

from reverie.frames.transforms import frame_spec
from reverie.models.settings import Architecture, Precision
from reverie.training.device import training_device
from reverie.training.gradients import PlainGradients

DTYPES = {"bfloat16": torch.bfloat16, "float32": torch.float32}


def main() -> None:
    parser = start(__doc__)
    parser.add_argument("--architectures", nargs="+", default=list(get_args(Architecture)))
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--precision", default="bfloat16", choices=get_args(Precision))
    parser.add_argument("--hop-samples", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--sequences", type=int, default=300, help="of an epoch")
    chosen = parser.parse_args()
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    base = paper_recipe(
        chosen,
        f"training.device={chosen.device}",
        f"model.precision={chosen.precision}",
    )
    device, width = training_device(base), frame_spec(base.frames, RATE_HZ).width
    print(f"{machine(device)}\n", flush=True)
    epochs = base.training.epochs
    rows: list[list[str]] = []
    figures: list[dict[str, object]] = []
    for name in chosen.architectures:
        model = dataclasses.replace(base.model, architecture=name)
        recipe = dataclasses.replace(base, model=model)
        frames = torch.randn(chosen.batch, recipe.prompt_frames(RATE_HZ) + 1, width, device=device)
        bare, flops = bare_product(BARE_SIZE[device.type], DTYPES[chosen.precision], device)
        programs = {"bare": bare, "step": training_step(recipe, frames)}
        if device.type == "cuda":
            written = training_step(recipe, frames, PlainGradients)
            programs["without a graph"] = written
        times = in_turns(programs, chosen.rounds)
        del programs
        needed = step_operations(recipe)
        rate, top = needed / times["step"].median, flops / times["bare"].fastest
        epoch = math.ceil(chosen.sequences / chosen.batch) * times["step"].median
        rows.append(
            [
                name,
                f"{sum(one.numel() for one in without_values(recipe).parameters()) / 1e6:.1f} M",
                f"{1e3 * times['step'].median:.1f}",
                f"{1e3 * times['step'].fastest:.1f} to {1e3 * times['step'].slowest:.1f}",
                f"{rate / 1e9:.0f}",
                f"{rate / top:.0%}",
                f"{epoch:.2f}",
                f"{epochs * epoch / 60:.1f}",
            ]
        )
        if "without a graph" in times:
            rows[-1].insert(4, f"{1e3 * times['without a graph'].median:.1f}")
        seconds = {program: one.seconds for program, one in times.items()}
        figures.append({"architecture": name, "seconds": seconds, "operations": needed})
    headings = ["architecture", "parameters", "a step in ms", "range"]
    headings += ["without a graph"] if device.type == "cuda" else []
    headings += ["GFLOP/s", "of the bare product", "s an epoch", f"min for {epochs} epochs"]
    show(rows, headings)
    keep(chosen.json, {"machine": machine(device), "figures": figures})


if __name__ == "__main__":
    main()
