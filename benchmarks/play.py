"""Seconds of sound a second that a trained run makes, and how soon the first is heard.

    python benchmarks/play.py RUN [--clips 1 16] [--seconds 30]

A second of each clip at a time, as it streams to disk, in turns: frames alone, frames and sound,
the same without guidance, and the bare steps of torch's LSTM over as many states, which draw
nothing and make no sound. What a speaker could not wait for is the slowest second; 1 s of sound a
second is real time. The first sound is the first frame's, from asking for it, of a run that lies
in memory and has not played yet; with its prompt at hand, with one still to be chosen, and from
the start of a process.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import before_torch  # noqa: F401
import numpy as np
import torch
from timing import Times, keep, machine, show, start
from torch import Tensor

from reverie.generation.prompt_music import PromptMusic
from reverie.generation.prompts import choose_prompts
from reverie.generation.stream import GUIDANCE, LEAST_BLOCK_SAMPLES, Stream, stream_of
from reverie.runs.run import Run
from reverie.runs.settings import GenerationDefaults

COLD = """
import sys, time
from pathlib import Path
import numpy as np, torch
from reverie.generation.prompts import choose_prompts
from reverie.generation.stream import stream_of
from reverie.runs.run import Run
run = Run.open(Path(sys.argv[1]))
_, prompt = choose_prompts(run, "held-out", int(sys.argv[2]), np.random.default_rng(0))
trained = run.load(run.find_checkpoint())
rng = torch.Generator().manual_seed(0)
next(stream_of(run, trained, prompt, run.recipe.generation, rng, 1))
print(time.time() - float(sys.argv[3]))
"""


def prompts_of(run: Run, clips: int) -> PromptMusic:
    """Held-out music to go on from."""
    return choose_prompts(run, "held-out", clips, np.random.default_rng(0))[1]


def begun(run: Run, prompts: PromptMusic, settings: GenerationDefaults, frames: int = 0) -> Stream:
    """A stream of the run's newest checkpoint, loaded anew."""
    rng, trained = torch.Generator().manual_seed(0), run.load(run.find_checkpoint())
    return stream_of(run, trained, prompts, settings, rng, frames or None)


def frames_alone(stream: Stream) -> Iterator[Tensor]:
    """What a stream draws, without its sound."""
    voice = stream._voice
    while True:
        with torch.inference_mode():
            block: list[Tensor] = []
            for _ in range(stream.block_frames):
                block.append(stream._sampler(*voice.context.predict()))
                voice.context.append(block[-1].unsqueeze(1), stream._next_beat(voice))
        yield torch.stack(block, dim=1)


def bare_lstm(run: Run, states: int, frames: int) -> Iterator[Tensor]:
    """Steps of `torch.nn.LSTM` as wide as the run's model, in float32."""
    features = run.representation().spec.codebook_dim or run.representation().spec.width
    lstm = torch.nn.LSTM(features, run.recipe.model.hidden, batch_first=True).eval()
    state, frame = None, torch.randn(states, 1, features)
    while True:
        with torch.inference_mode():
            for _ in range(frames):
                _, state = lstm(frame, state)
        yield frame


def programs_of(run: Run, clips: int) -> dict[str, Iterator[Tensor]]:
    """Everything that is compared, each a chunk of about a second at a time."""
    prompts, settings = prompts_of(run, clips), run.recipe.generation
    sound = begun(run, prompts, settings)
    programs: dict[str, Iterator[Tensor]] = {
        "frames alone": frames_alone(begun(run, prompts, settings)),
        "frames and sound": sound,
    }
    states = clips
    if settings.guidance:
        plain = replace(settings, guidance=0.0)
        programs["frames and sound, no guidance"] = begun(run, prompts, plain)
        states *= 1 + GUIDANCE.states
    name = f"bare `torch.nn.LSTM`, {states} states"
    programs[name] = bare_lstm(run, states, sound.block_frames)
    return programs


def measure(run: Run, chosen: argparse.Namespace, clips: int) -> dict[str, Times]:
    """Seconds of each chunk but the first."""
    programs = programs_of(run, clips)
    found: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(chosen.seconds + 1):
        for name, program in programs.items():
            began = time.perf_counter()
            next(program)
            found[name].append(time.perf_counter() - began)
    return {name: Times(tuple(seconds[1:])) for name, seconds in found.items()}


def first_sounds(run: Run, chosen: argparse.Namespace, clips: int) -> dict[str, Times]:
    """Seconds until the first frame is heard."""
    at_hand: list[float] = []
    choosing: list[float] = []
    cold: list[float] = []
    prompts, settings = prompts_of(run, clips), run.recipe.generation
    for _ in range(chosen.rounds):
        rng, trained = torch.Generator().manual_seed(0), run.load(run.find_checkpoint())
        began = time.perf_counter()
        next(stream_of(run, trained, prompts, settings, rng, 1))
        at_hand.append(time.perf_counter() - began)
        began = time.perf_counter()
        prompts_of(run, clips)
        choosing.append(at_hand[-1] + time.perf_counter() - began)
        words = [sys.executable, "-c", COLD, str(chosen.run), str(clips), str(time.time())]
        done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
        cold.append(float(done.stdout))
    return {
        "in memory, prompt at hand": Times(tuple(at_hand)),
        "in memory, prompt to choose": Times(tuple(choosing)),
        "from the start of a process": Times(tuple(cold)),
    }


def main() -> None:
    parser = start(__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--clips", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--seconds", type=int, default=30, help="chunks of about one")
    chosen = parser.parse_args()
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    run = Run.open(chosen.run)
    hop = run.representation().spec.hop_samples
    chunk = max(1, max(run.rate_hz, LEAST_BLOCK_SAMPLES) // hop) * hop / run.rate_hz
    model = run.recipe.model
    print(f"{machine()}\n{model.architecture}, H = {model.hidden}\n", flush=True)
    rows: list[list[str]] = []
    heard: list[list[str]] = []
    figures: list[dict[str, object]] = []
    for clips in chosen.clips:
        for name, one in measure(run, chosen, clips).items():
            rate, second = clips * chunk / one.median, 1e3 / chunk
            milliseconds = [f"{second * seconds:.0f}" for seconds in (one.median, one.slowest)]
            rows.append([f"{clips}, {name}", f"{rate:.1f}", *milliseconds])
            figures.append({"clips": clips, "program": name, "seconds": one.seconds})
        for name, one in first_sounds(run, chosen, clips).items():
            span = f"{one.fastest:.3f} to {one.slowest:.3f}"
            heard.append([f"{clips}, {name}", f"{one.median:.3f}", span])
            figures.append({"clips": clips, "first": name, "seconds": one.seconds})
    show(rows, ["clips", "sound s/s", "a second of all, ms", "slowest, ms"])
    print()
    show(heard, ["first sound of", "after, s", "range"])
    keep(chosen.json, {"machine": machine(), "chunk_seconds": chunk, "figures": figures})


if __name__ == "__main__":
    main()
