"""One training step: ours, torch.nn.LSTM, Keras, and the bare product as the ceiling.

    python benchmarks/train_step.py [--architecture baseline] [--batch 64] [--keras]
    python benchmarks/train_step.py --sweep batch

A step is forward, backward and RMSprop. Ours has the paper's dropout; torch's goes without. The
programs run in turns; a rate is that of the operations that the model needs (forward, the gradient
of each weight, and of each input but the frame itself), whatever a program really did.
`--sweep batch`, `hidden` or `steps` changes one size at a time.
"""

import argparse

import before_torch  # noqa: F401
import torch
from ours import RATE_HZ, paper_recipe, step_bytes, step_operations, training_step
from rivals import TorchModel, keras_step, torch_step
from timing import BARE_SIZE, Program, Times, bare_product, in_turns, keep, machine, show, start

from reverie.frames.transforms import frame_spec

SWEEPS = {"batch": [1, 5, 32, 64], "hidden": [512, 1024, 2048, 4096], "steps": [10, 40, 160]}


def measure(chosen: argparse.Namespace) -> tuple[dict[str, Times], dict[str, int], int]:
    """Times of every program, the operations that each is credited with, and bytes of a step."""
    architecture = f"model.architecture={chosen.architecture}"
    bf16_recipe = paper_recipe(chosen, architecture, "model.precision=bfloat16")
    float32_recipe = paper_recipe(chosen, architecture, "model.precision=float32")
    width = frame_spec(bf16_recipe.frames, RATE_HZ).width
    frames = torch.randn(chosen.batch, bf16_recipe.prompt_frames(RATE_HZ) + 1, width)
    bf16, flops = bare_product(BARE_SIZE["cpu"], torch.bfloat16)
    float32, _ = bare_product(BARE_SIZE["cpu"], torch.float32)
    bare = {"bfloat16": "bare product, bfloat16", "float32": "bare product, float32"}
    programs: dict[str, Program] = {bare["bfloat16"]: bf16, bare["float32"]: float32}
    programs["reverie, bfloat16"] = training_step(bf16_recipe, frames)
    if not chosen.quick:
        programs["reverie, float32"] = training_step(float32_recipe, frames)
        if chosen.architecture in ("baseline", "bilinear"):
            for name, autocast in (("float32", False), ("autocast", True)):
                rival = TorchModel(chosen.architecture, width, chosen.hidden)
                programs[f"torch.nn.LSTM, {name}"] = torch_step(rival, frames, autocast=autocast)
        if chosen.keras:
            programs["Keras 3, float32"] = keras_step(width, chosen.hidden, frames)
    credited = dict.fromkeys(programs, step_operations(bf16_recipe))
    credited |= dict.fromkeys(bare.values(), flops)
    return in_turns(programs, chosen.rounds), credited, step_bytes(bf16_recipe)


def main() -> None:
    parser = start(__doc__)
    parser.add_argument("--architecture", default="baseline")
    parser.add_argument("--hop-samples", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument(
        "--keras", action="store_true", help="time Keras too (pip install '.[keras]')"
    )
    parser.add_argument("--quick", action="store_true", help="bfloat16 and its ceiling only")
    parser.add_argument("--sweep", choices=list(SWEEPS))
    chosen = parser.parse_args()
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    print(machine(), flush=True)
    figures: list[dict[str, object]] = []
    for size in SWEEPS[chosen.sweep] if chosen.sweep else [None]:
        if size is not None:
            setattr(chosen, chosen.sweep, size)
        times, credited, moved = measure(chosen)
        print(
            f"\n{chosen.architecture}, D = {2 * chosen.hop_samples}, H = {chosen.hidden}, "
            f"batch {chosen.batch}, T = {chosen.steps}\n"
        )
        ours = times["reverie, bfloat16"]
        ceiling = {
            "bfloat16": times["bare product, bfloat16"],
            "float32": times["bare product, float32"],
        }
        rows: list[list[str]] = []
        for name, found in times.items():
            rate, best = (credited[name] / one / 1e9 for one in (found.median, found.fastest))
            kind = "float32" if name.endswith("float32") else "bfloat16"
            top = credited[f"bare product, {kind}"] / ceiling[kind].fastest / 1e9
            rows.append(
                [
                    name,
                    f"{1e3 * found.median:.0f}",
                    f"{1e3 * found.fastest:.0f} to {1e3 * found.slowest:.0f}",
                    f"{rate:.0f}",
                    f"{best:.0f}",
                    f"{best / top:.0%}",
                    f"{ours.times_faster_than(found):.1f}",
                ]
            )
            figures.append(
                {
                    "program": name,
                    **{
                        key: getattr(chosen, key)
                        for key in ("architecture", "batch", "hidden", "steps")
                    },
                    "seconds": found.seconds,
                    "operations": credited[name],
                    "bytes": moved,
                }
            )
        show(
            rows,
            [
                "program",
                "median, ms",
                "range",
                "GFLOP/s",
                "at its fastest",
                "of the ceiling",
                "ours is faster",
            ],
        )
    keep(chosen.json, {"machine": machine(), "figures": figures})


if __name__ == "__main__":
    main()
