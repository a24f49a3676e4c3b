"""A stream, as scripts hold it."""

import dataclasses
import math
import sys
import threading
from collections.abc import Iterator
from functools import partial
from types import EllipsisType
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from reverie.api.clip import Clip
from reverie.api.keywords import PathLike, Settings, dotted, path_of, prompt_names
from reverie.audio.channels import as_public
from reverie.audio.provenance import Prompt
from reverie.errors import ReverieError
from reverie.evaluation.clip_verdicts import reference_of
from reverie.generation.folder import add_clip
from reverie.generation.plan import draw_prompts, plan_clips
from reverie.generation.recent import RecentMusic
from reverie.generation.sampling.sampler import missing as missing_calibration
from reverie.generation.settings import GenerationSettings, clip_settings
from reverie.runs.run import Run
from reverie.runs.settings import SamplingSettings
from reverie.settings import build

OF_PROMPT = frozenset({"prompt", "prompt_at_seconds", "seed"})
"""Settings that let the music go over to a prompt."""
CHANGEABLE = (
    frozenset(SamplingSettings.__dataclass_fields__)
    | {"beat", "bpm", "reprise_seconds"}
    | OF_PROMPT
)
KEPT_SECONDS = 120.0
"""How much of the newest music is remembered."""


class Stream:
    """Music without end: an iterator over blocks of float32 samples [S].

    Settings may change while it plays, from any thread; memory does not grow. The newest two
    minutes are remembered, and `keep` makes a clip of their end.

    Args:
        run: whose music.
        settings: how it is generated.
        block_frames: frames in a block, 1 or more; about a second if not given.

    Raises:
        ReverieError: the run has no checkpoint, the prompt does not fit, or a block would be empty.
    """

    def __init__(
        self, run: Run, settings: GenerationSettings, block_frames: int | None = None
    ) -> None:
        self._run, self._settings = run, settings
        self._playing, self._changing = threading.Lock(), threading.Lock()
        if block_frames is not None:
            hop_samples = run.recipe.frames.hop_samples(run.rate_hz)
            most = int(KEPT_SECONDS * run.rate_hz / hop_samples)
            block_frames = _whole(block_frames, "block_frames", 1, most)
        plan = plan_clips(run, settings)
        trained = run.load(plan.checkpoint)
        lacks = missing_calibration(trained.model, settings, trained.calibration)
        self._stream = plan.stream(trained, block_frames)
        provenance = dataclasses.replace(plan.provenance[0], lacks=lacks)
        self._recent = RecentMusic(KEPT_SECONDS, provenance, plan.channels)
        self._prompt = provenance.prompt

    @property
    def rate_hz(self) -> int:
        """Samples per second."""
        return self._run.rate_hz

    @property
    def channels(self) -> int:
        """1 of mono music, 2 of stereo."""
        return self._stream.channels

    @property
    def block_samples(self) -> int:
        """Samples in each block."""
        return self._stream.block_frames * self._stream.hop_samples

    @property
    def total_samples(self) -> int:
        """Samples so far, of all blocks."""
        return self._recent.total_samples

    @property
    def change_at_sample(self) -> int:
        """The first sample that a change made now affects."""
        return self._recent.total_samples + self._stream.lookahead_samples

    @property
    def settings(self) -> GenerationSettings:
        """How the music is generated now."""
        return self._settings

    def update(
        self,
        settings: Settings | None = None,
        *,
        prompt: PathLike | EllipsisType | None = ...,
        **keywords: Any,
    ) -> int:
        """Change settings from the next frame on; a prompt is read while the music goes on.

        Args:
            settings: by name.
            prompt: another one, which fades in over one frame; the same again begins anew from it,
                and None from nothing. See `Run.generate`.
            **keywords: `temperature`, `detail_temperature`, `top_k`, `top_p`, `min_p`, `guidance`,
                `guard`, `beat`, `bpm`, `reprise_seconds`; `prompt_at_seconds`, the place in the
                file at which its prompt begins; and `seed`, which draws another prompt.

        Returns:
            the first sample that differs for it.

        Raises:
            ReverieError: a setting does not fit, or cannot change while the music plays.
        """
        chosen = dotted(GenerationSettings, settings, keywords, "update")
        if fixed := sorted(set(chosen) - CHANGEABLE):
            raise ReverieError(
                f"{fixed[0]} cannot change while the music plays.", "Begin another stream."
            )
        if not isinstance(prompt, EllipsisType):
            chosen["prompt"] = prompt_names(prompt)
        if not OF_PROMPT & set(chosen):
            with self._playing:
                return self._take(chosen)
        with self._changing:  # one prompt after another; blocks are made meanwhile
            changed = self._changed(chosen)
            prompts, music, _ = draw_prompts(self._run, changed)
            voice = self._stream.begin(music, changed)
            with self._playing:
                self._stream.take_over(music, voice)
                self._prompt = prompts[0]
                return self._take(chosen, prompts[0])

    def _take(self, chosen: dict[str, Any], prompt: Prompt | None = None) -> int:
        """Change settings between two blocks, and note it."""
        changed = self._changed(chosen)
        before, after = dataclasses.asdict(self._settings), dataclasses.asdict(changed)
        at = self._recent.total_samples if prompt else self.change_at_sample
        self._stream.settings = self._settings = changed
        differing = {name: value for name, value in after.items() if before[name] != value}
        self._recent.note(at, differing, prompt)
        return at

    def _changed(self, chosen: dict[str, Any]) -> GenerationSettings:
        """The settings with others; a place in a file goes with that file."""
        now: dict[str, Any] = {"prompt": self._settings.prompt, "count": 1}
        if "prompt" in chosen:
            chosen.setdefault("prompt_at_seconds", None)
        changed = clip_settings(self._settings, {**now, **chosen}, "update")
        emptied = {name: None for name, value in chosen.items() if value is None}
        return build(GenerationSettings, {**dataclasses.asdict(changed), **emptied}, "update")

    def reset(self) -> None:
        """Begin again from the prompt, without a fade; random numbers go on."""
        with self._playing:
            self._stream.reset()
            self._recent.note(self._recent.total_samples, {}, self._prompt)

    def keep(
        self,
        seconds: float = 30.0,
        *,
        until_sample: int | None = None,
        out: PathLike | None = None,
    ) -> Clip:
        """Make a clip of the newest music; blocks are made meanwhile.

        Args:
            seconds: how long, a sample or more, and at most two minutes; less if there is less.
            until_sample: the sample it ends before, such as the one that is heard now; the newest
                if not given.
            out: a folder for the clip, under the next number; without it the clip is in memory.

        Returns:
            the clip. Its provenance says which part of the music it is and what was changed.

        Raises:
            ReverieError: there is no music yet, an argument is no such number, or the folder cannot
                be written.
        """
        longest = self._seconds_of(seconds)
        if until_sample is not None:
            until_sample = _whole(until_sample, "until_sample", 0, sys.maxsize)
        with self._playing:
            samples, first = self._recent.last(longest, until_sample)
            provenance = self._recent.provenance_of(first, samples.shape[1])
        if not samples.shape[1]:
            raise ReverieError("there is no music yet.", "Let it play a while.")
        reference = partial(reference_of, self._run)
        if out is None:
            return Clip(lambda: samples, self.rate_hz, provenance, reference=reference)
        path = add_clip(path_of(out, "out"), samples, provenance)
        return Clip(lambda: samples, self.rate_hz, provenance, path, reference)

    def _seconds_of(self, given: object) -> float:
        """Read the length of a clip; what is remembered is the longest.

        Raises:
            ReverieError: it is no number, or less than a sample.
        """
        seconds = math.nan
        if isinstance(given, SupportsFloat) and not isinstance(given, bool | np.ndarray):
            seconds = float(given)
        if not seconds * self.rate_hz >= 1:
            raise ReverieError(f"seconds is {given!r}.", "Give the seconds to keep, such as 30.")
        return min(seconds, KEPT_SECONDS)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        return self

    def __next__(self) -> NDArray[np.float32]:
        """Generate the next block: float32 [S] of mono music, [2, S] of stereo."""
        with self._playing:
            samples = next(self._stream)[0].numpy()
            self._recent.append(samples)
        return as_public(samples)


def _whole(given: object, name: str, least: int, most: int) -> int:
    """Read an argument as a whole number.

    Raises:
        ReverieError: it is none, or not `least` to `most`.
    """
    if isinstance(given, bool) or not isinstance(given, SupportsIndex):
        raise ReverieError(f"{name} is of the kind {type(given).__name__}.", "Give a whole number.")
    whole = given.__index__()
    if not least <= whole <= most:
        raise ReverieError(f"{name} is {whole}.", f"Give a whole number from {least} to {most}.")
    return whole
