"""Which held-out recordings choose a model's checkpoint, and which give the prompts of its clips.

They are kept apart, so that no checkpoint is chosen by what it is then heard on.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reverie.corpus.corpus import Corpus
from reverie.corpus.recordings import Recordings
from reverie.errors import ReverieError
from reverie.runs.run import Run
from reverie.training.sequences import Sequences
from reverie.training.step import measure

RULE = (
    "Of the checkpoints that clips are made at, the one with the lowest loss on the selection "
    "recordings; of equal ones the earliest. Prompts come from the other held-out recordings."
)


@dataclass(frozen=True)
class HeldOut:
    """The held-out recordings, parted."""

    selection: Recordings
    prompts: Recordings


def part_held_out(corpus: Corpus) -> HeldOut:
    """Part the held-out recordings by their content, the smaller half for selection.

    Raises:
        ReverieError: there are fewer than two.
    """
    held_out = corpus.of_split("held-out")
    if len(held_out) < 2:
        raise ReverieError(
            f"{corpus.folder} has {len(held_out)} held-out recordings and an experiment needs two: "
            "one to choose checkpoints by, one to take prompts from.",
            _remedy(corpus),
        )
    half, hashes = len(held_out) // 2, [one.content_hash for one in held_out]
    order = np.array(sorted(range(len(held_out)), key=hashes.__getitem__))
    return HeldOut(held_out.take(order[:half]), held_out.take(order[half:]))


def _remedy(corpus: Corpus) -> str:
    """What gives a corpus two held-out recordings."""
    count = len(corpus.recordings) - len(corpus.recordings.parts())
    if count < 3:
        return "Prepare three recordings at least."
    fraction = (count - 2) * 100 // count / 100
    return f"Prepare more recordings, or these with `train_fraction={fraction:g}`."


def selection_loss(run: Run, checkpoint: Path, corpus: Corpus, held_out: HeldOut) -> float:
    """The mean loss of `checkpoint` on the selection recordings.

    Raises:
        ReverieError: they are all shorter than one sequence.
    """
    recipe, representation = run.recipe, run.representation()
    sequences = Sequences(
        corpus,
        held_out.selection,
        representation.spec,
        recipe.sequence_frames(corpus.rate_hz),
        step_frames=recipe.model.step_frames,
        trim_silence_db=recipe.training.trim_silence_db,
    )
    if not len(sequences):
        raise ReverieError(
            "the held-out recordings to choose checkpoints by are shorter than one sequence "
            f"({sequences.length_samples / corpus.rate_hz:.1f} s).",
            "Prepare longer ones, or lower training.sequence_seconds.",
        )
    return measure(run.load_model(checkpoint), representation, sequences, recipe)[0]
