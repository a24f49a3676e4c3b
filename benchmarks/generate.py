"""Generation by the paper's rolling window: ours, re-feeding, and GRUV's growing sequence.

    python benchmarks/generate.py [--clips 1 16] [--hidden 2048]

Each figure is of one new frame for every clip. `re-feeding` is what the paper does: the last T
frames through `torch.nn.LSTM` from a zero state. `growing` is GRUV's way: everything so far, fed
whole; it is timed at 2 T frames, where a clip as long as its prompt ends, and grows without bound.
The ceiling is the time to read the weights that one frame takes from memory.
"""

import argparse
import time

import before_torch  # noqa: F401
import torch
from rivals import TorchModel
from timing import Program, Times, in_turns, keep, machine, show, start

from reverie.frames.fourier import FourierFrames
from reverie.generation.context import begin_context
from reverie.models.architectures import build_model
from reverie.models.settings import ModelSettings, Precision


def ours(chosen: argparse.Namespace, precision: Precision, clips: int) -> tuple[Program, float]:
    """The next frame of `clips` clips, and the seconds from asking until the first one."""
    settings = ModelSettings(
        architecture=chosen.architecture, hidden=chosen.hidden, precision=precision
    )
    model = build_model(settings, FourierFrames(chosen.hop_samples).spec, torch.Generator())
    prompt = torch.randn(clips, chosen.steps + model.step_frames - 1, 2 * chosen.hop_samples)
    # The first time weights are rounded and laid out as well.
    began = time.perf_counter()
    context = begin_context(model, prompt, "rolling", chosen.steps)

    @torch.inference_mode()
    def next_frame() -> None:
        context.append(context.predict().output.unsqueeze(1))

    next_frame()
    return next_frame, time.perf_counter() - began


def feeding(chosen: argparse.Namespace, clips: int, frames: int) -> Program:
    """The next frame from `frames` frames fed to torch's LSTM from a zero state."""
    model = TorchModel(chosen.architecture, 2 * chosen.hop_samples, chosen.hidden).eval()
    heard = torch.randn(clips, frames, 2 * chosen.hop_samples)

    def step() -> None:
        with torch.inference_mode():
            model(heard, last=1)

    return step


def needed(chosen: argparse.Namespace) -> tuple[int, int]:
    """Weights of the model, and floating-point operations of a clip's next frame.

    Recurrent weights meet T states, all others the new frame alone.
    """
    with torch.device("meta"):
        settings = ModelSettings(architecture=chosen.architecture, hidden=chosen.hidden)
        model = build_model(settings, FourierFrames(chosen.hop_samples).spec, None)
    weights = operations = 0
    for name, one in model.named_parameters():
        weights += one.numel()
        if one.dim() > 1:
            states = chosen.steps if "layer1.weight_hidden" in name or "layer2" in name else 1
            operations += 2 * states * one.numel()
    return weights, operations


def reading(weights: int, bytes_each: int) -> Program:
    """Read as many bytes as the model has weights."""
    return torch.zeros(weights * bytes_each // 4).sum


def main() -> None:
    parser = start(__doc__)
    parser.add_argument("--architecture", default="baseline")
    parser.add_argument("--hop-samples", type=int, default=4000)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--clips", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--rate-hz", type=int, default=16000)
    chosen = parser.parse_args()
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    print(machine(), flush=True)
    seconds_each = chosen.hop_samples / chosen.rate_hz
    figures: list[dict[str, object]] = []
    weights, operations = needed(chosen)
    for clips in chosen.clips:
        bf16, first16 = ours(chosen, "bfloat16", clips)
        float32, first32 = ours(chosen, "float32", clips)
        programs: dict[str, Program] = {"reverie, bfloat16": bf16, "reverie, float32": float32}
        if chosen.architecture in ("baseline", "bilinear"):
            programs["re-feeding torch.nn.LSTM"] = feeding(chosen, clips, chosen.steps)
            programs["growing (GRUV), at 2 T"] = feeding(chosen, clips, 2 * chosen.steps)
        programs["reading the weights, bfloat16"] = reading(weights, 2)
        programs["reading the weights, float32"] = reading(weights, 4)
        times: dict[str, Times] = in_turns(programs, chosen.rounds)
        print(
            f"\n{chosen.architecture}, D = {2 * chosen.hop_samples}, H = {chosen.hidden}, "
            f"T = {chosen.steps}, {clips} clips at once; first frame after "
            f"{first16:.2f} s in bfloat16, {first32:.2f} s in float32\n"
        )
        show(
            [
                [
                    name,
                    f"{1e3 * found.median:.1f}",
                    f"{1e3 * found.fastest:.1f} to {1e3 * found.slowest:.1f}",
                    f"{clips * seconds_each / found.median:.0f}",
                    f"{times['reverie, bfloat16'].times_faster_than(found):.1f}",
                ]
                for name, found in times.items()
            ],
            ["program", "a frame, ms", "range", "audio seconds a second", "ours is faster"],
        )
        figures += [
            {
                "program": name,
                "clips": clips,
                "seconds": found.seconds,
                "operations": clips * operations,
                "bytes": weights * (2 if name.endswith("bfloat16") else 4),
            }
            for name, found in times.items()
        ]
    keep(chosen.json, {"machine": machine(), "figures": figures})


if __name__ == "__main__":
    main()
