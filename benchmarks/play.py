"""Audio seconds a second of a trained run, as `reverie generate` makes them, the sound included.

    python benchmarks/play.py RUN [--clips 1 16] [--seconds 60]

A second of each clip at a time, as it streams to disk: the frames alone, then frames and sound
together, in turns. What a speaker could not wait for is the slowest second.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import before_torch  # noqa: F401
import numpy as np
import torch
from timing import Times, keep, machine, show, start
from torch import Tensor

from reverie.generation.context import begin_context
from reverie.generation.prompts import choose_prompts
from reverie.generation.sampling.sampler import make_sampler
from reverie.generation.stream import BLOCK_SAMPLES, stream_of
from reverie.runs.run import Run


def streams(run: Run, clips: int) -> dict[str, Iterator[Tensor]]:
    """Frames alone and sound, each a chunk of about a second at a time."""
    checkpoint = run.find_checkpoint()
    settings, representation = run.recipe.generation, run.representation()
    spec, steps = representation.spec, run.recipe.training.sequence_frames
    _, prompts = choose_prompts(run, "held-out", clips, np.random.default_rng(0))
    many = max(1, BLOCK_SAMPLES // spec.hop_samples)

    @torch.inference_mode()
    def frames() -> Iterator[Tensor]:
        trained, rng = run.load(checkpoint), torch.Generator().manual_seed(0)
        codebook_info = representation.codebook_info
        levels = None if codebook_info is None else codebook_info.levels
        sampler = make_sampler(trained.model.head, settings, rng, trained.calibration, levels)
        context = begin_context(
            trained.model, representation.analyse(prompts.samples), settings.method, steps
        )
        while True:
            block: list[Tensor] = []
            for _ in range(many):
                block.append(sampler(*context.predict()))
                context.append(block[-1].unsqueeze(1))
            yield torch.stack(block, dim=1)

    rng = torch.Generator().manual_seed(0)
    sound = stream_of(run, run.load(checkpoint), prompts, settings, rng)
    return {"frames alone": frames(), "frames and sound": sound}


def measure(run: Run, chosen: argparse.Namespace, clips: int) -> tuple[dict[str, Times], float]:
    """Seconds of each chunk, and those from asking until the first one is heard."""
    programs = streams(run, clips)
    found: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(chosen.seconds + 1):
        for name, stream in programs.items():
            began = time.perf_counter()
            next(stream)
            found[name].append(time.perf_counter() - began)
    first = found["frames and sound"][0]
    return {name: Times(tuple(seconds[1:])) for name, seconds in found.items()}, first


def main() -> None:
    parser = start(__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--clips", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--seconds", type=int, default=60, help="chunks of about one")
    chosen = parser.parse_args()
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    run = Run.open(chosen.run)
    spec = run.representation().spec
    chunk = max(1, BLOCK_SAMPLES // spec.hop_samples) * spec.hop_samples / run.rate_hz
    print(
        f"{machine()}\n{run.recipe.model.architecture}, H = {run.recipe.model.hidden}\n", flush=True
    )
    rows: list[list[str]] = []
    figures: list[dict[str, object]] = []
    for clips in chosen.clips:
        times, first = measure(run, chosen, clips)
        rows += [
            [
                f"{clips}, {name}",
                f"{clips * chunk * len(one.seconds) / sum(one.seconds):.1f}",
                f"{1e3 * one.median:.0f}",
                f"{1e3 * one.slowest:.0f}",
                f"{first:.2f}" if name != "frames alone" else "",
            ]
            for name, one in times.items()
        ]
        figures += [
            {"clips": clips, "program": name, "seconds": one.seconds, "chunk_seconds": chunk}
            for name, one in times.items()
        ]
    show(rows, ["clips", "audio s/s", "a second, ms", "slowest, ms", "first heard after, s"])
    keep(chosen.json, {"machine": machine(), "figures": figures})


if __name__ == "__main__":
    main()
