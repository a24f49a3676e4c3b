"""Choose prompts: the music that a clip continues. Each ends with sound, not with silence.

Letters: B clips, S samples.
"""

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reverie.audio.channels import with_channels
from reverie.audio.provenance import Prompt
from reverie.corpus.corpus import Split
from reverie.corpus.recordings import Recordings
from reverie.corpus.sounding import all_sounding
from reverie.errors import ReverieError
from reverie.frames.transforms import frame_spec
from reverie.generation.prompt_beat import PromptBeat, around, prompt_beat
from reverie.generation.prompt_files import read_prompts
from reverie.generation.prompt_music import PromptMusic
from reverie.generation.silence import Sounding
from reverie.remote.places import as_given
from reverie.runs.run import Run
from reverie.terminal import printable

NOTHING = "nothing"
SPLITS: dict[str, Split] = {"held-out": "held-out", "training": "train"}


def choose_prompts(
    run: Run,
    source: str | Sequence[str],
    count: int,
    rng: np.random.Generator,
    among: Collection[str] = (),
    at_seconds: float | None = None,
) -> tuple[list[Prompt], PromptMusic]:
    """Take `count` prompts.

    Args:
        run: names the corpus, and says how much its model has learnt to hear at once.
        source: `held-out`, `training`, `nothing` (as little silence as the model needs to begin),
            or the path of an audio file, or several, which take turns: of each its loudest
            coherent stretch.
        count: B.
        rng: chooses recordings and places, where training would; a recording comes again only when
            all have been. A place that would have the prompt end in silence is moved to where the
            sound before it ends, or to the next sound.
        among: paths of the recordings that may be chosen; empty for all of the split.
        at_seconds: where in the files prompts begin instead.

    Returns:
        where they lie, and their music.

    Raises:
        ReverieError: nothing is long enough or sounds, or the corpus is gone or another.
    """
    spec = frame_spec(run.recipe.frames, run.rate_hz)
    if not isinstance(source, str) or source not in {NOTHING, *SPLITS}:
        files = [source] if isinstance(source, str) else source
        return _from_files([Path(one) for one in files], run, count, at_seconds)
    if at_seconds is not None:
        raise ReverieError(
            "`prompt_at_seconds` is a place in a file of your own, and none is given.",
            "Give one as `prompt`.",
        )
    if source == NOTHING:
        samples = spec.samples_for(run.recipe.model.step_frames - 1)
        music = PromptMusic(torch.zeros(count, spec.channels, samples))
        return [Prompt("", 0.0, 0.0)] * count, music
    return _drawn(run, source, count, rng, among)


def _named(recordings: Recordings, source: str, among: Collection[str]) -> Recordings:
    """Return those recordings of a split that are named, or all if none is.

    Raises:
        ReverieError: the split has none of those named.
    """
    if not among:
        return recordings
    named = recordings.take(np.array([one.path in among for one in recordings], bool))
    if not named:
        raise ReverieError(
            f"the corpus has no {source} recording {' or '.join(map(printable, among))}.",
            "Name some as `reverie inspect` does in `prompt_recordings`.",
        )
    return named


def _drawn(
    run: Run, source: str, count: int, rng: np.random.Generator, among: Collection[str]
) -> tuple[list[Prompt], PromptMusic]:
    """Draw prompts from a split of the corpus: where they lie, and their music."""
    spec = frame_spec(run.recipe.frames, run.rate_hz)
    length_samples = spec.samples_for(run.recipe.prompt_frames(run.rate_hz))
    seconds = length_samples / run.rate_hz
    corpus = run.open_corpus()
    recordings = _named(corpus.of_split(SPLITS[source]), source, among)
    firsts, ends = all_sounding(corpus, recordings, run.recipe.training.trim_silence_db)
    long_enough = ends - firsts >= length_samples
    recordings, firsts = recordings.take(long_enough), firsts[long_enough]
    lasts = ends[long_enough] - length_samples
    if not recordings:
        raise ReverieError(
            f"no {source} recording is as long as a prompt ({seconds:.1f} s).",
            "Give a longer file as `prompt`.",
        )
    prompts: list[Prompt] = []
    pieces: list[Tensor] = []
    beats: list[PromptBeat] = []
    order: list[int] = []
    sounds: dict[int, Sounding] = {}
    silent: set[int] = set()
    while len(prompts) < count:
        order = order or [int(one) for one in rng.permutation(len(recordings)) if one not in silent]
        if not order:
            raise ReverieError(
                f"every {source} recording is silent where a prompt could end.",
                "Give a file that sounds as `prompt`.",
            )
        index = order.pop(0)
        chosen, first, last = recordings[index], int(firsts[index]), int(lasts[index])
        wave = corpus.mono(chosen)
        if index not in sounds:
            sounds[index] = Sounding.of(wave, run.rate_hz)
        wanted = int(rng.integers(first, last + 1)) + length_samples
        end = sounds[index].end_near(wanted, first + length_samples, last + length_samples)
        if end is None:
            silent.add(index)
            continue
        samples = with_channels(corpus.pcm(chosen)[:, end - length_samples : end], spec.channels)
        prompts.append(_prompt(chosen.path, samples, end, max(wanted - end, 0), run.rate_hz))
        pieces.append(torch.as_tensor(samples))
        if run.recipe.model.beat:
            start = end - length_samples
            heard_from, heard_to = around(start, length_samples, run.rate_hz)
            beats.append(
                prompt_beat(
                    wave[heard_from:heard_to],
                    start - heard_from,
                    run.recipe.prompt_frames(run.rate_hz),
                    spec,
                    run.rate_hz,
                )
            )
    return prompts, _music(torch.stack(pieces), beats)


def _from_files(
    paths: Sequence[Path], run: Run, count: int, at_seconds: float | None
) -> tuple[list[Prompt], PromptMusic]:
    """A prompt of each file in turn: T + K - 1 frames, or as many as the files have."""
    rate_hz = run.rate_hz
    spec = frame_spec(run.recipe.frames, rate_hz)
    stretches = read_prompts(
        paths[:count],
        spec,
        rate_hz,
        most_frames=run.recipe.prompt_frames(run.rate_hz),
        least_frames=run.recipe.model.step_frames,
        at_seconds=at_seconds,
        surroundings=run.recipe.model.beat,
    )
    prompts = [
        _prompt(as_given(one.path), one.samples, one.start + one.samples.shape[1], 0, rate_hz)
        for one in stretches
    ]
    turns = [at % len(stretches) for at in range(count)]
    samples = torch.stack([torch.as_tensor(one.samples) for one in stretches])[turns]
    beats: list[PromptBeat] = []
    if run.recipe.model.beat:
        frames = (samples.shape[-1] - spec.overlap_samples) // spec.hop_samples
        tracked = [
            prompt_beat(one.around, one.start - one.around_start, frames, spec, rate_hz)
            for one in stretches
        ]
        beats = [tracked[at] for at in turns]
    return [prompts[at] for at in turns], _music(samples, beats)


def _music(samples: Tensor, beats: Sequence[PromptBeat]) -> PromptMusic:
    """The music of prompts, with the beat of each, if it was tracked."""
    if not beats:
        return PromptMusic(samples)
    grid = torch.stack([beat.grid for beat in beats])
    return PromptMusic(samples, grid, torch.tensor([beat.rubato for beat in beats]))


def _prompt(
    recording: str, samples: NDArray[np.float32], end: int, silence: int, rate_hz: int
) -> Prompt:
    """The prompt of `samples` [C, S], which end at `end` of their recording, before `silence`."""
    return Prompt(
        recording,
        (end - samples.shape[1]) / rate_hz,
        samples.shape[1] / rate_hz,
        silence / rate_hz,
        hashlib.sha256(samples.tobytes()).hexdigest(),
    )
