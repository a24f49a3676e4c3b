"""The engine's loss curve beside that of the plain LSTM, on real music.

    python benchmarks/loss_curves.py CORPUS --recipe desk --out docs/loss-desk.svg
    python benchmarks/loss_curves.py CORPUS --recipe paper --steps 60 --out docs/loss-paper.svg

The same recipe is trained three ways from the same weights, with the same sequences and the same
dropout: by the engine in bfloat16, by the engine in float32, and step by step with autograd in
float32 (`Lstm.reference`). A point is the mean loss of an epoch, or with `--steps` of one step.
"""

import argparse
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import before_torch  # noqa: F401
import numpy as np
import torch
from timing import keep, machine, show, start

from reverie.corpus.corpus import Corpus
from reverie.frames.contract import Representation
from reverie.frames.representation import fit_representation
from reverie.models.architectures import build_model
from reverie.models.lstm import Lstm
from reverie.pages.chart import Line, line_chart
from reverie.runs.settings import Recipe
from reverie.storage import write_text
from reverie.training.excerpts import excerpts
from reverie.training.optimiser import build_optimiser, set_learning_rate
from reverie.training.recipe import load_recipe
from reverie.training.sequences import Sequences
from reverie.training.splits import split_sequences
from reverie.training.step import train_step

WAYS = {
    "engine, bfloat16": ("bfloat16", Lstm.forward),
    "engine, float32": ("float32", Lstm.forward),
    "plain LSTM, float32": ("float32", Lstm.reference),
}


def losses(recipe: Recipe, sequences: Sequences, representation: Representation) -> Iterator[float]:
    """The loss of each step."""
    rng = torch.Generator().manual_seed(0)
    model = build_model(recipe.model, representation.spec, rng, representation.codebook_info)
    optimiser = build_optimiser(model, recipe)
    order, step = np.random.default_rng(0), 0
    for _ in range(recipe.training.epochs):
        for samples, *_ in sequences.batches(recipe.training.batch_size, order):
            set_learning_rate(optimiser, recipe, 0.0, step)
            step += 1
            yield train_step(model, optimiser, representation.analyse(samples), rng, recipe)


def draw(curves: Mapping[str, Sequence[float]], recipe: str, unit: str, out: Path) -> None:
    """One picture of all ways; the plain one in dots, since they would hide each other."""
    lines = [
        Line(name, list(range(1, len(curve) + 1)), curve, dots=name.startswith("plain"))
        for name, curve in curves.items()
    ]
    last = ", ".join(f"{name} {curve[-1]:.4f}" for name, curve in curves.items())
    alt = f"Training loss of the recipe {recipe} by {unit}; at the end {last}."
    write_text(out, line_chart(lines, unit, "training loss", alt, alone=True))


def main() -> None:
    parser: argparse.ArgumentParser = start(__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--recipe", default="desk")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.FIELD=VALUE")
    parser.add_argument("--steps", type=int, help="so many steps; by default all epochs")
    parser.add_argument("--out", type=Path, required=True, help="the picture")
    chosen = parser.parse_args()
    print(machine(), flush=True)
    corpus = Corpus.open(chosen.corpus)
    curves: dict[str, list[float]] = {}
    taken: dict[str, float] = {}
    for name, (precision, forward) in WAYS.items():
        recipe = load_recipe(chosen.recipe, [*chosen.set, f"model.precision={precision}"])
        sequences, _ = split_sequences(corpus, recipe)
        channels, below_db = recipe.frames.n_channels, recipe.training.trim_silence_db
        heard = excerpts(corpus, corpus.of_split("train"), channels, below_db)
        representation = fit_representation(recipe.frames, corpus.rate_hz, heard)
        Lstm.forward, before = forward, Lstm.forward
        began = time.perf_counter()
        found = list(islice(losses(recipe, sequences, representation), chosen.steps))
        taken[name] = (time.perf_counter() - began) / len(found)
        Lstm.forward = before
        each = 1 if chosen.steps else -(-len(sequences) // recipe.training.batch_size)
        curves[name] = [statistics.mean(found[at : at + each]) for at in range(0, len(found), each)]
    plain = curves["plain LSTM, float32"]
    rows = [
        [
            name,
            f"{1e3 * taken[name]:.0f}",
            f"{curve[0]:.5f}",
            f"{curve[-1]:.5f}",
            f"{max(abs(one / other - 1) for one, other in zip(curve, plain, strict=True)):.1e}",
        ]
        for name, curve in curves.items()
    ]
    show(rows, ["way", "a step, ms", "first loss", "last loss", "furthest from the plain one"])
    draw(curves, chosen.recipe, "step" if chosen.steps else "epoch", chosen.out)
    keep(chosen.json, {"machine": machine(), "curves": curves, "step_seconds": taken})


if __name__ == "__main__":
    main()
