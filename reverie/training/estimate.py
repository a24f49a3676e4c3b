"""What a training takes in time, from a few real steps, before the first one or instead of it."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from reverie.corpus.corpus import Corpus
from reverie.corpus.inspection import enough
from reverie.frames.codec import Codec
from reverie.frames.contract import Representation
from reverie.frames.full_band.codec import FullBandCodec
from reverie.frames.representation import stand_in_representation
from reverie.models.architectures import ModelBuilder, build_model
from reverie.models.contract import FrameModel
from reverie.progress import duration
from reverie.remote.cache import GIGABYTES
from reverie.runs.ending import limits, why_ended
from reverie.runs.memory import GIB, clear_memory_errors
from reverie.runs.progress import Progress
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.runs.states import list_checkpoints, read_progress
from reverie.training.decoder import decoder_fit_seconds
from reverie.training.device import training_device
from reverie.training.gradients import gradients_of
from reverie.training.judging import judgements_left
from reverie.training.optimiser import RmsProp
from reverie.training.pace import Pace, Trial
from reverie.training.preflight import Needs, plan, smaller
from reverie.training.pretrained import Pretrained
from reverie.training.sequences import WHOLE, Batch, Sequences, Share
from reverie.training.splits import shortness, split_sequences
from reverie.training.step import initial_model, random_generator
from reverie.training.threads import set_threads

LEAST_STEPS, MOST_STEPS, MOST_SECONDS = 3, 20, 1.0
"""Of a trial, besides the first, cold step."""
TRIAL_WEIGHTS = 1 << 20
"""So many are moved by an optimiser in a trial, and stand for all."""


@dataclass(frozen=True)
class Estimate:
    """What a training takes from where it is to its end."""

    needs: Needs
    """Parameters, memory and disk."""
    steps_per_epoch: int
    step_seconds: float
    """Time for one step."""
    epoch_seconds: float
    """Time for one epoch, held-out music included."""
    seconds: float | None
    """Time in all, by epochs and minutes; None where neither sets an end. Patience may end it
    sooner."""
    lines: tuple[str, ...]
    """The same for a person, and what is worth knowing of the corpus."""


def estimate(
    corpus: Corpus,
    recipe: Recipe,
    run_folder: Path,
    builder: ModelBuilder = build_model,
    pretrained: Pretrained | None = None,
) -> Estimate:
    """Work out what a training would take; nothing is written, and a run is not begun.

    A model of the recipe's sizes takes a few steps on frames of the recipe's sizes. Where a run of
    this corpus and recipe lies in `run_folder`, the estimate is for the rest of it.

    Args:
        corpus: to learn from.
        recipe: of the run.
        run_folder: where it would be kept, or is.
        builder: builds the model.
        pretrained: the model that it would be begun from.

    Raises:
        ReverieError: corpus, recipe and run do not fit each other or this machine.
    """
    if pretrained is not None:
        pretrained.require_fitting(recipe, corpus)
    recipe = recipe.for_channels(corpus.channels)
    train_set, held_out_set = split_sequences(corpus, recipe)
    needs = plan(recipe, corpus.rate_hz, run_folder, builder)
    state, is_begun = Progress(), pretrained is not None
    if Run.exists(run_folder):
        run = Run.open(run_folder, builder=builder)
        run.check_continues(recipe, corpus, pretrained.parent if pretrained else None)
        recipe, is_begun = recipe.with_codebooks(run.recipe.frames.n_codebooks), True
        if found := list_checkpoints(run.folder):
            state = read_progress(found[-1])
    set_threads(recipe)
    training, device = recipe.training, training_device(recipe)
    with clear_memory_errors("training", smaller(recipe)):
        representation = stand_in_representation(recipe.frames, corpus.rate_hz)
        model = initial_model(recipe, representation, builder).to(device)
        trial = time_steps(model, representation.to(device), train_set, held_out_set, recipe)
        before = 0.0 if is_begun else _seconds_before(representation, recipe, device)
    steps = math.ceil(len(train_set) / training.batch_size)
    pace = Pace(training, steps, trial, judgements=partial(judgements_left, training))
    found = forecast(needs, recipe, steps, pace, state, before)
    notes = corpus_notes(corpus, train_set, held_out_set)
    lines = (*found.lines, *notes)
    return Estimate(needs, steps, found.step_seconds, found.epoch_seconds, found.seconds, lines)


def time_steps(
    model: FrameModel,
    representation: Representation,
    train_set: Sequences,
    held_out_set: Sequences,
    recipe: Recipe,
    share: Share = WHOLE,
    clock: Callable[[], float] = time.perf_counter,
) -> Trial:
    """Time steps of training, changing nothing; the first, cold one is left out.

    Args:
        model: on the device to train on.
        representation: of its frames, there too.
        train_set: sequences to learn from.
        held_out_set: sequences to measure by.
        recipe: of the run.
        share: of each batch, which this process learns from.
        clock: tells the time in seconds.
    """
    training, rng = recipe.training, random_generator(model.device, 0, 0, 0)
    gradients = gradients_of(model)
    times: list[float] = []
    frames: Tensor | None = None
    began = clock()
    for batch in _endless(train_set, recipe, share):
        started = clock()
        samples, mask, beat, *_ = batch.to(model.device)
        frames = representation.analyse(samples)
        model.zero_grad(set_to_none=True)
        gradients(frames, rng, mask, beat).item()  # a GPU is waited for
        times.append(clock() - started)
        warm = len(times) - 1
        if warm >= LEAST_STEPS and (warm >= MOST_STEPS or clock() - began > MOST_SECONDS):
            break
    model.zero_grad(set_to_none=True)
    assert frames is not None
    with torch.inference_mode():
        started = clock()
        model(frames[:, :-1])[0].sum().item()
        forward_seconds = clock() - started
    step_seconds = sum(times[1:]) / len(times[1:]) + _optimiser_seconds(model, recipe, clock)
    # Whole batches are measured, one in so many: as long as shares of all of them.
    batches = math.ceil(len(held_out_set) / training.batch_size)
    return Trial(step_seconds, batches * forward_seconds)


def _seconds_before(representation: Representation, recipe: Recipe, device: torch.device) -> float:
    """How long frames learn what they need before the first step; that counts as training."""
    if recipe.training.minutes or not isinstance(representation, Codec | FullBandCodec):
        return 0.0  # the minutes are for all of it
    return decoder_fit_seconds(representation, recipe, device)


def forecast(
    needs: Needs,
    recipe: Recipe,
    steps: int,
    pace: Pace,
    state: Progress,
    before_seconds: float = 0.0,
) -> Estimate:
    """The estimate for what is left of a training.

    Args:
        needs: what it takes besides time.
        recipe: of the run.
        steps: in one epoch.
        pace: how fast it goes.
        state: how far it is.
        before_seconds: until the first step.
    """
    training = recipe.training
    sizes = (
        f"It fits: {recipe.model.architecture}, {needs.parameters / 1e6:.1f} M parameters; "
        f"memory {needs.memory_bytes / GIB:.1f} of {needs.memory_available_bytes / GIB:.1f} GiB; "
        f"disk {needs.disk_bytes / GIB:.2f} of {needs.disk_available_bytes / GIB:.1f} GiB"
    )
    each = f"{steps} step{'' if steps == 1 else 's'} an epoch, about {_short(pace.epoch_seconds)}"
    if why_ended(training, state):
        said = f"{each}; the training is over."
        return Estimate(needs, steps, pace.step_seconds, pace.epoch_seconds, 0.0, (sizes, said))
    seconds = before_seconds + pace.remaining(state)
    said = f"{each}; to go: {limits(training, state)}"
    known = math.isfinite(seconds)
    if known:
        ends = time.strftime("%d %b %H:%M", time.localtime(time.time() + seconds))
        most = "at most" if training.patience_epochs else "about"
        said = f"{said}; {most} {duration(seconds)}, until {ends}"
    return Estimate(
        needs,
        steps,
        pace.step_seconds,
        pace.epoch_seconds,
        seconds if known else None,
        (sizes, said),
    )


def corpus_notes(corpus: Corpus, train_set: Sequences, held_out_set: Sequences) -> Iterator[str]:
    """What is worth knowing before training on a corpus, a line each."""
    found = enough(corpus)
    if found.tone != "good":
        yield found.text
    if corpus.is_larger_than_cache:
        yield (
            f"The cache of this machine is smaller than {corpus.url}, so recordings are fetched "
            f"again and again. Set {GIGABYTES} to more than {corpus.stored_bytes / 1e9:.3g}."
        )
    for kind, sequences in (("training", train_set), ("held-out", held_out_set)):
        if said := shortness(sequences, kind):
            yield said


def _endless(train_set: Sequences, recipe: Recipe, share: Share) -> Iterator[Batch]:
    """Batches as training reads them, but of few recordings, since each is checked when it is first
    read, and its beats are tracked; over and over."""
    while True:
        order = np.random.default_rng([recipe.training.seed, 1, 0])
        size = recipe.training.batch_size
        yield from train_set.batches(size, order, share=share, side_by_side=True)


def _optimiser_seconds(model: FrameModel, recipe: Recipe, clock: Callable[[], float]) -> float:
    """Time to move the weights once, reckoned from a few that are nobody's."""
    total = sum(parameter.numel() for parameter in model.parameters())
    few = torch.zeros(min(total, TRIAL_WEIGHTS), device=model.device).requires_grad_()
    optimiser = RmsProp(
        {"few": few},
        set(),
        0.0,
        decay=recipe.training.weight_decay,
        ema_decay=recipe.training.ema_decay,
    )
    times: list[float] = []
    for _ in range(2):
        few.grad = torch.zeros_like(few)
        started = clock()
        optimiser.step()
        few[0].item()
        times.append(clock() - started)
    return times[-1] * total / few.numel()


def _short(seconds: float) -> str:
    """`0.04 s`, `2.3 s`, `48 s`, `3 min 20 s`."""
    return f"{seconds:.2g} s" if seconds < 10 else duration(seconds)
