"""Music that frames are fitted to: all that is trained on, or the corpus's sample of it."""

from collections.abc import Iterator

import torch
from torch import Tensor

from reverie.audio.channels import with_channels
from reverie.corpus.corpus import Corpus
from reverie.corpus.recordings import Recordings
from reverie.corpus.sample import STRETCH_SECONDS, STRETCHES, WHOLE_SECONDS, spread_evenly
from reverie.corpus.sounding import all_sounding
from reverie.frames.transforms import frame_spec
from reverie.progress import ProgressBar
from reverie.runs.settings import Recipe

EXCERPT_SAMPLES = 1 << 20
LEAST_FRAMES = 4
"""Frames that a stretch of a sample has at least: longer ones are fitted to all music."""


def music_to_fit(corpus: Corpus, recipe: Recipe, *, quiet: bool = True) -> Iterator[Tensor]:
    """Yield the music that frames are fitted to, in pieces [1, C, S].

    That is all that sounds of what is trained on, up to five hours; of more, half an hour that is
    spread over it evenly. So it takes as long for any corpus.

    Args:
        corpus: to train on.
        recipe: of the run.
        quiet: show no progress.

    Raises:
        ReverieError: samples are damaged.
    """
    train = corpus.of_split("train")
    channels, below_db = recipe.frames.n_channels, recipe.training.trim_silence_db
    least = frame_spec(recipe.frames, corpus.rate_hz).samples_for(LEAST_FRAMES)
    if train.seconds <= WHOLE_SECONDS or least > STRETCH_SECONDS * corpus.rate_hz:
        yield from excerpts(corpus, train, channels, below_db)
    elif corpus.sample is not None:
        for stretch in corpus.stretches():
            yield torch.as_tensor(with_channels(stretch, channels)).unsqueeze(0)
    else:
        yield from _stretches(corpus, train, channels, below_db, quiet=quiet)


def excerpts(
    corpus: Corpus, recordings: Recordings, channels: int, trim_silence_db: float = 0.0
) -> Iterator[Tensor]:
    """All that sounds of `recordings`, in pieces [1, C, S] that fit in memory."""
    for recording, first, last in zip(
        recordings, *all_sounding(corpus, recordings, trim_silence_db), strict=True
    ):
        pcm = corpus.pcm(recording)[:, first:last]
        for start in range(0, pcm.shape[1], EXCERPT_SAMPLES):
            piece = with_channels(pcm[:, start : start + EXCERPT_SAMPLES], channels)
            yield torch.as_tensor(piece).unsqueeze(0)


def _stretches(
    corpus: Corpus, recordings: Recordings, channels: int, below_db: float, *, quiet: bool
) -> Iterator[Tensor]:
    """The sample of a corpus that an older version prepared, which has none."""
    size = round(STRETCH_SECONDS * corpus.rate_hz)
    places = spread_evenly(
        *all_sounding(corpus, recordings, below_db, quiet=quiet), size, STRETCHES
    )
    with ProgressBar("Sampling", len(places), "stretches", quiet=quiet) as work:
        for one in places:
            pcm = corpus.pcm(recordings[one.recording])[:, one.start : one.start + size]
            yield torch.as_tensor(with_channels(pcm, channels)).unsqueeze(0)
            work.advance()
