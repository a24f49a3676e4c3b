"""The sequences of a corpus's two splits, and what is to be said of them."""

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.frames.transforms import frame_spec
from reverie.runs.settings import Recipe
from reverie.terminal import printable
from reverie.training.sequences import Sequences

MOST_NAMED = 3
MOST_HELD_OUT = 20_000
"""Held-out sequences that a training is measured by at most, 17 hours, spread over all of them:
more tell nothing more, and would take longer to measure than an epoch to learn."""


def shortness(sequences: Sequences, kind: str) -> str:
    """What is said of recordings shorter than a sequence, or nothing if there are none.

    Args:
        sequences: which.
        kind: of recordings: "training" or "held-out".
    """
    count, seconds = len(sequences.recordings), sequences.length_samples / sequences.corpus.rate_hz
    said: list[str] = []
    if sequences.short:
        said.append(
            f"{len(sequences.short)} of {count} {kind} recordings are shorter than a sequence "
            f"({seconds:.1f} s): each is taken whole, as a shorter sequence."
        )
    if sequences.unused:
        names = ", ".join(printable(one.path) for one in sequences.unused[:MOST_NAMED])
        more = (
            f" and {len(sequences.unused) - MOST_NAMED} more"
            if len(sequences.unused) > MOST_NAMED
            else ""
        )
        said.append(
            f"{len(sequences.unused)} of {count} {kind} recordings are too short to be used: "
            f"{names}{more}."
        )
    return " ".join(said)


def split_sequences(corpus: Corpus, recipe: Recipe) -> tuple[Sequences, Sequences]:
    """The sequences to train on, and the held-out ones.

    Raises:
        ReverieError: either has none.
    """
    training, steps = recipe.training, recipe.sequence_frames(corpus.rate_hz)
    spec = frame_spec(recipe.frames, corpus.rate_hz)
    held_out = corpus.of_split("held-out")
    if not held_out:
        raise ReverieError(
            f"{corpus.folder} holds {len(corpus.recordings)} recording and none is held out.",
            "Prepare at least two recordings: one to learn from, one to be tested and seeded with.",
        )
    train_set = Sequences(
        corpus,
        corpus.of_split("train"),
        spec,
        steps,
        training.sequence_starts,
        step_frames=recipe.model.step_frames,
        most=training.max_sequences,
        gain_db=training.gain_db,
        transpose_semitones=training.transpose_semitones,
        trim_silence_db=training.trim_silence_db,
        beat=recipe.model.beat,
        beat_dropout=training.beat_dropout,
    )
    held_out_set = Sequences(
        corpus,
        held_out,
        spec,
        steps,
        step_frames=recipe.model.step_frames,
        most=min(training.max_sequences or MOST_HELD_OUT, MOST_HELD_OUT),
        trim_silence_db=training.trim_silence_db,
        beat=recipe.model.beat,
    )
    for name, found in (("training", train_set), ("held-out", held_out_set)):
        if not found.whole:
            seconds = found.length_samples / corpus.rate_hz
            raise ReverieError(
                f"no {name} recording of {corpus.folder} is as long as one sequence "
                f"({seconds:.1f} s).",
                "Add longer ones, or lower training.sequence_seconds.",
            )
    return train_set, held_out_set
