"""Export a run to one TorchScript file for nn~."""

import warnings
from pathlib import Path
from typing import Any, cast

import torch

from reverie.export.nn.generator import Generator
from reverie.export.nn.sampling import Surroundings
from reverie.export.plain.build import plain_decoder, plain_model, start_of
from reverie.generation.prompt_music import PromptMusic
from reverie.models.trained import TrainedModel
from reverie.runs.run import Run
from reverie.runs.settings import GenerationDefaults
from reverie.storage import replacing


def export_nn(
    run: Run,
    out: Path,
    *,
    checkpoint: str = "best",
    prompt: PromptMusic | None = None,
    settings: GenerationDefaults | None = None,
    seed: int = 0,
) -> Path:
    """Write a run as TorchScript with a method `generate`.

    The file holds the model, its codec, draws, guards, beat, and where the music begins. It plays
    at the run's rate; nn~'s host should run at it too.

    Args:
        run: whose model.
        out: the file; nn~ looks for the ending `.ts`.
        checkpoint: which one.
        prompt: of one clip, which the music continues, and begins from after a reset; None begins
            from nothing.
        settings: how frames are drawn; the recipe's if not given.
        seed: of the draws.

    Returns:
        where the file is.

    Raises:
        ReverieError: the run has no such checkpoint, or its model cannot be exported.
    """
    trained = run.load(run.find_checkpoint(checkpoint))
    window_frames = run.recipe.sequence_frames(run.rate_hz)
    generator = make_generator(
        trained, run.rate_hz, window_frames, prompt, settings or run.recipe.generation, seed
    )
    with replacing(out) as temporary, warnings.catch_warnings():
        # torch would rather be asked for other formats, which nn~ cannot read.
        warnings.simplefilter("ignore")
        cast(Any, torch.jit).script(generator).save(str(temporary))
    return out


@torch.no_grad()
def make_generator(
    trained: TrainedModel,
    rate_hz: int,
    window_frames: int,
    prompt: PromptMusic | None,
    settings: GenerationDefaults,
    seed: int,
) -> Generator:
    """Build the module that is compiled.

    Args:
        trained: the model.
        rate_hz: of the samples.
        window_frames: T, of the rolling window.
        prompt: what it continues; None for nothing.
        settings: how frames are drawn.
        seed: of the draws.

    Raises:
        ReverieError: a part of the model cannot be exported.
    """
    representation = trained.representation
    info = representation.codebook_info
    about = Surroundings(
        rate_hz=rate_hz,
        hop_samples=representation.spec.hop_samples,
        channels=representation.spec.channels,
        window_frames=window_frames,
        first_code_db=None if info is None else info.levels,
    )
    generator = Generator(
        plain_model(trained),
        plain_decoder(representation, by_matrix=False),
        start_of(trained, prompt),
        settings,
        trained.calibration,
        about,
        seed,
    )
    return generator.eval()
