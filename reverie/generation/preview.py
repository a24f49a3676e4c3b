"""What training shows and judges of itself: short continuations of fixed held-out prompts."""

import contextlib
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reverie import __version__
from reverie.audio.channels import from_public
from reverie.audio.tags import tags_of_preview
from reverie.audio.writing.writer import AudioWriter
from reverie.errors import ReverieError
from reverie.generation.prompts import choose_prompts
from reverie.generation.stream import stream_of
from reverie.models.trained import TrainedModel
from reverie.runs.files import PREVIEW_PROMPT, PREVIEWS
from reverie.runs.run import Run
from reverie.storage import write_json
from reverie.training.observers import Observer, Start

PREVIEW_SECONDS = 5.0


def preview(trained: TrainedModel, run: Run) -> Tensor:
    """Continue the same held-out prompt each time, as the run's recipe generates: [S] or [2, S]."""
    rng = torch.Generator().manual_seed(0)
    made = continuations(trained, run, 1, PREVIEW_SECONDS, np.random.default_rng(0), rng)[0]
    return made[0] if len(made) == 1 else made


class PreviewFiles(Observer):
    """Keeps each preview as a sound in the run's folder, and tells which prompt all continue."""

    def __init__(self) -> None:
        self._folder = Path()
        self._rate_hz = 0

    def on_start(self, start: Start) -> None:
        """Note where the run lies."""
        self._folder, self._rate_hz = start.folder, start.rate_hz

    def on_preview(self, epoch: int, samples: NDArray[np.float32], /) -> None:
        """Write a preview, [S] or [2, S]; what cannot be written does not stop the training."""
        previews = self._folder / PREVIEWS
        sound = previews / f"epoch-{epoch:05d}.wav"
        tags = tags_of_preview(f"reverie {__version__}", self._folder.resolve().name, epoch)
        with contextlib.suppress(ReverieError):
            wave = from_public(samples)
            with AudioWriter(sound, self._rate_hz, channels=len(wave), tags=tags) as writer:
                writer.write(wave)
            if not (previews / PREVIEW_PROMPT).exists():
                run = Run.open(self._folder)
                prompts, _ = choose_prompts(run, "held-out", 1, np.random.default_rng(0))
                write_json(previews / PREVIEW_PROMPT, asdict(prompts[0]))


def continuations(
    trained: TrainedModel,
    run: Run,
    count: int,
    seconds: float,
    prompts: np.random.Generator,
    rng: torch.Generator,
) -> Tensor:
    """Continue held-out prompts as the run's recipe generates: samples [count, C, S].

    Args:
        trained: the model, on the device where it is trained.
        run: whose.
        count: of clips, as one batch.
        seconds: length of each.
        prompts: chooses the prompts.
        rng: for the draws.

    Raises:
        ReverieError: no held-out recording is as long as a prompt.
    """
    _, music = choose_prompts(run, "held-out", count, prompts)
    stream = stream_of(run, trained, music.to(trained.model.device), run.recipe.generation, rng)
    return torch.cat(list(stream.take(round(seconds * run.rate_hz))), dim=-1)
