"""An older commit beside the working tree: start-up, training and generation, in turns.

    python benchmarks/versions.py [COMMIT] [--rounds 5]

Each figure is of a fresh process of one tree, then of the other. Both train on one corpus and
generate from one run, which the older commit makes, from the demo's recordings unless others are
given. Training is the epochs of the trees' own `train` between the first, which is cold, and the
last, which measures the held-out loss. Generation is samples from a run's stream of the same
prompts: no clip is judged, drawn or written. "First sound" is from the start of the process.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import timing

ROOT = Path(__file__).resolve().parent.parent
BEFORE_THE_API = "efd32d4"
"""The commit before `import reverie` gave an API."""

Columns = dict[str, list[float]]
"""Seconds by tree, a number a round."""

TRAIN = """
import json, math, statistics, sys
from itertools import pairwise
from pathlib import Path
from reverie.corpus.corpus import Corpus
from reverie.training.recipe import load_recipe
from reverie.training.train import train
try:
    from reverie.training.splits import split_sequences
except ImportError:  # before 26 November 2026
    from reverie.training.sequences import split_sequences

corpus, out, name, epochs, *assignments = sys.argv[1:]
recipe = load_recipe(name, [
    "training.keep_epochs=[]", "training.preview_every_epochs=0",
    f"training.held_out_every_epochs={epochs}", f"training.epochs={epochs}", *assignments])
sequences, _ = split_sequences(Corpus.open(Path(corpus)), recipe)
run = train(Path(corpus), recipe, Path(out), quiet=True)
ends = [json.loads(line)["seconds"] for line in run.metrics.read_text().splitlines()]
seconds = statistics.median(end - start for start, end in pairwise(ends[:-1]))
print(json.dumps({"step": seconds / math.ceil(len(sequences) / recipe.training.batch_size)}))
"""

OPEN = """
import json, sys, time
from itertools import islice
from pathlib import Path
import numpy as np, torch
{imports}

folder, clips, seconds, began = Path(sys.argv[1]), *map(float, sys.argv[2:])
run, clips, seconds = Run.open(folder), int(clips), int(seconds)
checkpoint, settings = run.find_checkpoint(), run.recipe.generation
draws, rng = np.random.default_rng(0), torch.Generator().manual_seed(0)
"""

PLAY = """
samples = next(blocks).shape[-1]
first = time.time() - began
start, count = time.perf_counter(), 0
for block in islice(blocks, max(1, seconds * run.rate_hz // samples)):
    count += block.shape[1]
rate = (time.perf_counter() - start) * run.rate_hz / (count * clips)
print(json.dumps({"first": first, "second": rate}))
"""

GENERATE_NOW = (
    OPEN.format(
        imports="""
from reverie.generation.prompts import choose_prompts
from reverie.generation.stream import stream_of
from reverie.runs.run import Run
"""
    )
    + """
_, prompts = choose_prompts(run, "held-out", clips, draws)
blocks = iter(stream_of(run, run.load(checkpoint), prompts, settings, rng))
"""
    + PLAY
)

GENERATE_BEFORE = (
    OPEN.format(
        imports="""
from reverie.generation.seeds import choose_seeds
from reverie.generation.stream import continue_samples
from reverie.training.run import Run
"""
    )
    + """
_, prompts = choose_seeds(run, "held-out", clips, draws)
blocks = continue_samples(
    run.load_model(checkpoint), run.representation(), prompts, settings.method, rng, settings,
    run.recipe.training.sequence_frames, (seconds + 10) * run.rate_hz)
"""
    + PLAY
)


class Tree:
    """One version of the package: its folder, whose `reverie` the processes import."""

    def __init__(self, folder: Path, elsewhere: Path) -> None:
        self.folder = folder
        self.elsewhere = elsewhere
        """The folder that processes run in, which holds no `reverie`."""
        self.has_api = (folder / "reverie" / "api").is_dir()
        loaded = Path(self.python("-c", "import reverie; print(reverie.__file__)").strip())
        if not loaded.resolve().is_relative_to(folder.resolve()):
            raise SystemExit(f"{folder} was asked for, and {loaded} was imported.")

    def python(self, *words: str) -> str:
        """Run Python with the tree's package; what it prints."""
        command = [sys.executable, *words]
        path = {**os.environ, "PYTHONPATH": str(self.folder)}
        done = subprocess.run(
            command, check=False, cwd=self.elsewhere, env=path, stdout=subprocess.PIPE, text=True
        )
        if done.returncode:
            raise SystemExit(f"{self.folder}: {words[-1]} ended with status {done.returncode}.")
        return done.stdout

    def figures(self, script: str, *words: str) -> dict[str, float]:
        """What a script prints last."""
        return json.loads(self.python("-c", script, *words).splitlines()[-1])

    def wall_seconds(self, *words: str) -> float:
        """Seconds that a process takes in all."""
        began = time.perf_counter()
        self.python(*words)
        return time.perf_counter() - began

    def generate(self, run: Path, clips: int, seconds: int) -> dict[str, float]:
        """Seconds until the first sound, and for each second of sound."""
        script = GENERATE_NOW if self.has_api else GENERATE_BEFORE
        return self.figures(script, str(run), str(clips), str(seconds), str(time.time()))


@contextmanager
def worktree(commit: str, folder: Path) -> Iterator[Path]:
    """Hold a commit's files in a folder, while this lasts."""
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(folder), commit], check=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True)


def measure(trees: dict[str, Tree], chosen: argparse.Namespace, folder: Path) -> dict[str, Columns]:
    """Every figure of every tree, a number a round."""
    old = next(iter(trees.values()))
    recordings = chosen.recordings or old.folder / "reverie" / "demo" / "recordings"
    corpus, run = folder / "corpus", folder / "run"
    prepare = ["prepare", str(recordings.resolve()), "--out", str(corpus), "--quiet"]
    old.python("-m", "reverie", *prepare)

    def trained(tree: Tree) -> float:
        # What the commit trains first is the run that both generate from.
        with tempfile.TemporaryDirectory(dir=folder) as out:
            place = str(run if tree is old and not run.exists() else Path(out) / "run")
            words = [str(corpus), place, chosen.recipe, str(chosen.epochs), *chosen.set]
            return tree.figures(TRAIN, *words)["step"]

    programs: dict[str, Callable[[Tree], dict[str, float]]] = {
        "start": lambda tree: {
            "`reverie --version`, s": tree.wall_seconds("-m", "reverie", "--version"),
            "`import reverie`, s": tree.wall_seconds("-c", "import reverie"),
        },
        "train": lambda tree: {"a training step, s": trained(tree)},
    }
    for clips in chosen.clips:
        programs[f"{clips}"] = lambda tree, clips=clips: {
            f"{clips} at once, first sound, s"
            if name == "first"
            else f"{clips} at once, a second of sound, s": seconds
            for name, seconds in tree.generate(run, clips, chosen.seconds).items()
        }
    found: dict[str, Columns] = {}
    for turn in range(chosen.rounds):
        for program in programs.values():
            # Who goes first changes, since the machine may get slower or faster on the way.
            for name in list(trees)[:: 1 if turn % 2 == 0 else -1]:
                for row, seconds in program(trees[name]).items():
                    columns = found.setdefault(row, {tree: [] for tree in trees})
                    columns[name].append(seconds)
    return found


def table(found: dict[str, Columns]) -> list[list[str]]:
    """Medians and ranges, and what the working tree takes where the commit takes 1."""
    rows: list[list[str]] = []
    for row, columns in found.items():
        old, new = (timing.Times(tuple(seconds)) for seconds in columns.values())
        ratios = timing.Times(tuple(b / a for a, b in zip(old.seconds, new.seconds, strict=True)))
        rows.append([row, *(_range(times, ".3g") for times in (old, new)), _range(ratios, ".2f")])
    return rows


def _range(times: timing.Times, form: str) -> str:
    return f"{times.median:{form}} ({times.fastest:{form}} to {times.slowest:{form}})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commit", nargs="?", default=BEFORE_THE_API)
    parser.add_argument("--rounds", type=int, default=5, help="fresh processes of each figure")
    parser.add_argument("--recordings", type=Path, help="a folder in place of the demo's")
    parser.add_argument("--recipe", default="codes")
    parser.add_argument("--epochs", type=int, default=5, help="at least 3")
    parser.add_argument("--set", nargs="+", default=[], help="settings both versions know")
    parser.add_argument("--clips", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--seconds", type=int, default=30, help="of sound, of each clip")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as temporary,
        worktree(chosen.commit, Path(temporary) / "commit") as checkout,
    ):
        folder = Path(temporary) / "work"
        folder.mkdir()
        trees = {chosen.commit: Tree(checkout, folder), "working tree": Tree(ROOT, folder)}
        found = measure(trees, chosen, folder)
    print(f"{timing.machine()}\n", flush=True)
    timing.show(table(found), ["", *trees, "working tree to commit"])
    timing.keep(chosen.json, {"machine": timing.machine(), "figures": found})


if __name__ == "__main__":
    main()
