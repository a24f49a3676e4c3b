"""A stream, as scripts hold it."""

import dataclasses
import threading
from collections.abc import Iterator
from types import EllipsisType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from reverie.api.keywords import PathLike, Settings, dotted, prompt_names
from reverie.errors import ReverieError
from reverie.generation.plan import draw_prompts
from reverie.generation.settings import GenerationSettings, clip_settings
from reverie.generation.stream import stream_of
from reverie.runs.run import Run
from reverie.runs.settings import SamplingSettings
from reverie.settings import build

CHANGEABLE = frozenset(SamplingSettings.__dataclass_fields__) | {
    "beat",
    "bpm",
    "prompt",
    "prompt_at_seconds",
}


class Stream:
    """Music without end: an iterator over blocks of float32 samples [S].

    Settings may change while it plays, from any thread; memory does not grow.

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
        if block_frames is not None and block_frames < 1:
            raise ReverieError(f"a block of {block_frames} frames is empty.", "Take 1 or more.")
        _, music, draw_seed = draw_prompts(run, settings)
        trained = run.load(run.find_checkpoint(settings.checkpoint))
        rng = torch.Generator().manual_seed(draw_seed)
        self._stream = stream_of(run, trained, music, settings, rng, block_frames)

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

    def update(
        self,
        settings: Settings | None = None,
        *,
        prompt: PathLike | EllipsisType | None = ...,
        **keywords: Any,
    ) -> None:
        """Change settings from the next frame on; a prompt is read while the music goes on.

        Args:
            settings: by name.
            prompt: another one, which fades in over one frame; the same again begins anew from it,
                and None from nothing. See `Run.generate`.
            **keywords: `temperature`, `detail_temperature`, `top_k`, `top_p`, `min_p`, `guidance`,
                `guard`, `beat`, `bpm`, and `prompt_at_seconds`, the place in the file at which its
                prompt begins.

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
        with self._changing:
            changed = self._changed(chosen)
            again = {"prompt", "prompt_at_seconds"} & set(chosen)
            music = draw_prompts(self._run, changed)[1] if again else None
            with self._playing:
                if music is not None:
                    self._stream.prompt = music
                self._stream.settings = changed
                self._settings = changed

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

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        return self

    def __next__(self) -> NDArray[np.float32]:
        """Generate the next block: float32 [S]."""
        with self._playing:
            return next(self._stream)[0].numpy()
