"""A stream, as scripts hold it."""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.api.keywords import Settings, dotted
from reverie.errors import ReverieError
from reverie.generation.plan import plan_clips
from reverie.generation.settings import GenerationSettings, clip_settings
from reverie.runs.run import Run
from reverie.runs.settings import SamplingSettings

CHANGEABLE = frozenset(SamplingSettings.__dataclass_fields__) | {"prompt", "prompt_at_seconds"}


class Stream:
    """Music without end: an iterator over blocks of float32 samples [S].

    Settings may change while it plays, from any thread; memory does not grow.

    Args:
        run: whose music.
        settings: how it is generated.
        block_frames: frames in a block, 1 or more; about a second if not given.

    Raises:
        ReverieError: the run has no checkpoint, or the prompt does not fit.
    """

    def __init__(
        self, run: Run, settings: GenerationSettings, block_frames: int | None = None
    ) -> None:
        self._run, self._settings = run, settings
        self._lock = threading.Lock()
        batch = plan_clips(run, settings)
        self._stream = batch.stream(run.load(batch.checkpoint), block_frames)

    @property
    def rate_hz(self) -> int:
        """Samples per second."""
        return self._run.rate_hz

    @property
    def block_samples(self) -> int:
        """Samples in each block."""
        return self._stream.block_frames * self._stream.hop_samples

    @property
    def settings(self) -> GenerationSettings:
        """How the music is generated now."""
        return self._settings

    def change(self, settings: Settings | None = None, **keywords: Any) -> None:
        """Change settings from the next frame on.

        Another prompt fades in over one frame; the same prompt again begins anew from it.

        Args:
            settings: by name.
            **keywords: `temperature`, `detail_temperature`, `top_k`, `top_p`, `min_p`, `guard`,
                `prompt`, `prompt_at_seconds`.

        Raises:
            ReverieError: a setting does not fit, or cannot change while the music plays.
        """
        chosen = dotted(GenerationSettings, settings, keywords, "change")
        if fixed := sorted(set(chosen) - CHANGEABLE):
            raise ReverieError(
                f"{fixed[0]} cannot change while the music plays.", "Begin another stream."
            )
        with self._lock:
            changed = clip_settings(self._settings, chosen)
            if {"prompt", "prompt_at_seconds"} & set(chosen):
                self._stream.prompt = plan_clips(self._run, changed).samples
            self._stream.settings = changed
            self._settings = changed

    def reset(self) -> None:
        """Begin again from the prompt, without a fade; random numbers go on."""
        with self._lock:
            self._stream.reset()

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        return self

    def __next__(self) -> NDArray[np.float32]:
        """Generate the next block: float32 [S]."""
        with self._lock:
            return next(self._stream)[0].numpy()
