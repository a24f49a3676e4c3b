"""Begin a run, or continue one: the first rank makes its folder and fits its frames, for all."""

import dataclasses
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import torch

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.frames.codec import Codec
from reverie.frames.contract import Representation
from reverie.frames.full_band.codec import FullBandCodec
from reverie.frames.representation import fit_representation
from reverie.models.architectures import ModelBuilder
from reverie.runs.continuing import require_free
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.training.decoder import fit_decoder
from reverie.training.excerpts import music_to_fit
from reverie.training.pretrained import Pretrained
from reverie.training.ranks import SHARED_DISK, Ranks

SEEN_SECONDS = 60.0
"""Within which a network disk shows one machine what another wrote."""


def begin_run(
    folder: Path,
    recipe: Recipe,
    corpus: Corpus,
    pretrained: Pretrained | None,
    builder: ModelBuilder,
) -> Run:
    """Begin a run, or continue the one that is there.

    Raises:
        ReverieError: another run or other files are there, or the disk refuses.
    """
    if pretrained is None:
        return Run.create(folder, recipe, corpus, builder)
    if not Run.exists(folder):
        require_free(folder, begun_from_another=True)
        pretrained.copy_into(folder)
    return Run.create(folder, recipe, corpus, builder, pretrained.parent)


def with_frames(
    run: Run, corpus: Corpus, device: torch.device, stop: threading.Event, *, quiet: bool
) -> Run | None:
    """Return a run whose frames have learnt what they need of the training split.

    Args:
        run: whose frames.
        corpus: to learn from.
        device: for what is fitted in steps.
        stop: any thread may set it.
        quiet: show no progress.

    Returns:
        the run with its frames; None if it was stopped before.

    Raises:
        ReverieError: samples are damaged, or the disk refuses.
    """
    if run.parent is not None or run.statistics.exists():
        return run
    fitted = _fitted(run.recipe, corpus, device, stop, quiet=quiet)
    return None if fitted is None else run.keep_frames(fitted)


def _fitted(
    recipe: Recipe, corpus: Corpus, device: torch.device, stop: threading.Event, *, quiet: bool
) -> Representation | None:
    music = music_to_fit(corpus, recipe, quiet=quiet)
    fitted = fit_representation(recipe.frames, corpus.rate_hz, music)
    if isinstance(fitted, FullBandCodec):
        return fit_decoder(fitted, corpus, recipe, device, stop, quiet=quiet)
    if isinstance(fitted, Codec) and fitted.decoder:
        return fit_decoder(fitted, corpus, recipe, device, stop, quiet=quiet)
    return fitted


def begun_by_first(
    ranks: Ranks,
    begin: Callable[[], tuple[Run, bool]],
    folder: Path,
    builder: ModelBuilder,
) -> tuple[Run, bool]:
    """Have the first rank `begin` a run; the others open it once its frames are there.

    Args:
        ranks: which train it.
        begin: gives the run, and whether it goes on to training.
        folder: of the run.
        builder: builds its model.

    Raises:
        ReverieError: this machine does not see what the first rank's wrote.
    """
    if ranks.is_first:
        run, goes_on = begin()
        ranks.from_first(lambda: (run.recipe, run.frames_sha256, goes_on))
        return run, goes_on
    recipe, frames_sha256, goes_on = ranks.from_first(_nothing)
    return _seen(folder, recipe, frames_sha256 if goes_on else None, builder), goes_on


def _nothing() -> tuple[Recipe, str | None, bool]:
    raise AssertionError("only the first rank makes it")


def _seen(folder: Path, recipe: Recipe, frames_sha256: str | None, builder: ModelBuilder) -> Run:
    """Open the run that another machine may have written."""
    ends = time.monotonic() + SEEN_SECONDS
    while True:
        try:
            run = Run.open(folder, builder=builder)
            is_whole = frames_sha256 is None or run.statistics.exists()
            if run.frames_sha256 == frames_sha256 and is_whole:
                return dataclasses.replace(run, recipe=recipe)
            problem = f"{folder} on {socket.gethostname()} is not the run that rank 0 trains."
        except ReverieError as error:
            problem = f"{socket.gethostname()} does not see the run of rank 0: {error.problem}"
        if time.monotonic() > ends:
            raise ReverieError(problem, SHARED_DISK)
        time.sleep(0.1)
