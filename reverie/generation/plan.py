"""Clips before any sound: their prompts, their draws and their provenance.

Letters: B clips, S samples.
"""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from reverie import __version__
from reverie.audio.provenance import Prompt, Provenance
from reverie.frames.transforms import frame_spec
from reverie.generation.prompt_music import PromptMusic
from reverie.generation.prompts import choose_prompts
from reverie.generation.settings import GenerationSettings
from reverie.generation.stream import Stream, stream_of
from reverie.models.trained import TrainedModel
from reverie.runs.checkpoint import MODEL
from reverie.runs.run import Run
from reverie.runs.states import read_state
from reverie.runs.weights import read_hash


@dataclass(frozen=True)
class ClipPlan:
    """Clips that are generated together; what one draws depends on those beside it."""

    run: Run
    settings: GenerationSettings
    checkpoint: Path
    prompts: tuple[Prompt, ...]
    """Of each clip, where its prompt lies."""
    music: PromptMusic
    """Of the prompts."""
    draw_seed: int
    """Seed of the draws."""
    provenance: tuple[Provenance, ...]
    """Of each clip: all that decides its sound."""

    @property
    def channels(self) -> int:
        """Channels of each clip, C."""
        return self.run.recipe.frames.n_channels

    @property
    def total_samples(self) -> int:
        """Length of each clip, in each channel."""
        return math.ceil(self.settings.seconds * self.run.rate_hz)

    def stream(self, trained: TrainedModel, block_frames: int | None = None) -> Stream:
        """Begin the stream of all clips.

        Args:
            trained: the model of the checkpoint.
            block_frames: frames in each block; about a second if not given.
        """
        rng = torch.Generator().manual_seed(self.draw_seed)
        return stream_of(self.run, trained, self.music, self.settings, rng, block_frames)


def plan_clips(run: Run, settings: GenerationSettings) -> ClipPlan:
    """Choose the prompts of clips that are generated together, and the seed of their draws.

    Raises:
        ReverieError: the run has no such checkpoint, or the prompts do not fit.
    """
    prompts, music, draw_seed = draw_prompts(run, settings)
    checkpoint = run.find_checkpoint(settings.checkpoint)
    provenance = _provenance(run, settings, checkpoint, prompts)
    return ClipPlan(run, settings, checkpoint, tuple(prompts), music, draw_seed, tuple(provenance))


def draw_prompts(run: Run, settings: GenerationSettings) -> tuple[list[Prompt], PromptMusic, int]:
    """Choose prompts, and the seed of the draws that follow them.

    Returns:
        where the prompts lie, their music, and the seed.

    Raises:
        ReverieError: the prompts do not fit.
    """
    order = np.random.default_rng([settings.seed, 0])
    prompts, music = choose_prompts(
        run,
        settings.prompt,
        settings.count,
        order,
        settings.prompt_recordings,
        settings.prompt_at_seconds,
    )
    return prompts, music, int(order.integers(1 << 62))


def _provenance(
    run: Run, settings: GenerationSettings, checkpoint: Path, prompts: Sequence[Prompt]
) -> list[Provenance]:
    state = read_state(checkpoint)
    common = Provenance(
        made_by=f"reverie {__version__}",
        run=str(run.folder),
        run_name=run.name,
        rate_hz=run.rate_hz,
        architecture=run.recipe.model.architecture,
        hop_samples=frame_spec(run.recipe.frames, run.rate_hz).hop_samples,
        checkpoint=state.name,
        checkpoint_sha256=read_hash(checkpoint / MODEL),
        epoch=state.epoch,
        corpus_hash=run.corpus_hash,
        settings=dataclasses.asdict(settings),
        clip=1,
        prompt=Prompt("", 0.0, 0.0),
        clipped_samples=0,
    )
    return [
        dataclasses.replace(common, clip=number, prompt=prompt)
        for number, prompt in enumerate(prompts, 1)
    ]
