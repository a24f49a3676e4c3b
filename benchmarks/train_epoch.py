"""Time epochs of a recipe on a corpus: seconds, audio seconds a second, peak memory.

python benchmarks/train_epoch.py CORPUS [--recipe desk] [--epochs 5] [--set section.field=value]
"""

import argparse
import json
import statistics
import tempfile
from itertools import pairwise
from pathlib import Path

from timing import peak_gib

from reverie.corpus.corpus import Corpus
from reverie.runs.metrics import read_metrics
from reverie.training.preflight import GIB, estimate_needs
from reverie.training.recipe import load_recipe
from reverie.training.splits import split_sequences
from reverie.training.train import train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--recipe", default="desk")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--set", action="append", default=[], dest="assignments")
    chosen = parser.parse_args()
    recipe = load_recipe(
        chosen.recipe,
        [
            "training.keep_epochs=[]",
            "training.preview_every_epochs=0",
            f"training.held_out_every_epochs={chosen.epochs}",
            f"training.epochs={chosen.epochs}",
            *chosen.assignments,
        ],
    )
    corpus = Corpus.open(chosen.corpus)
    sequences, _ = split_sequences(corpus, recipe)
    audio_seconds = len(sequences) * sequences.stride_samples / corpus.rate_hz
    with tempfile.TemporaryDirectory() as folder:
        needs = estimate_needs(recipe, corpus.rate_hz, Path(folder))
        run = train(chosen.corpus, recipe, Path(folder) / "run", quiet=True)
        times = [line["seconds"] for line in read_metrics(run.metrics)]
    # The first epoch is cold and the last one measures the held-out loss as well.
    epochs = [after - before for before, after in pairwise(times[:-1])]
    seconds = statistics.median(epochs)
    print(
        json.dumps(
            {
                "recipe": chosen.recipe,
                "set": chosen.assignments,
                "sequences": len(sequences),
                "audio_seconds": round(audio_seconds),
                "epoch_seconds_median": round(seconds, 2),
                "epoch_seconds_fastest": round(min(epochs), 2),
                "epoch_seconds_slowest": round(max(epochs), 2),
                "audio_seconds_per_second": round(audio_seconds / seconds),
                "peak_memory_gib": round(peak_gib(), 2),
                "peak_memory_foretold_gib": round(needs.memory_bytes / GIB, 2),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
