"""The plain form of a trained model, and its state after a prompt."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from reverie.errors import ReverieError
from reverie.export.plain.codec import CodecDecoder, codec_state
from reverie.export.plain.model import PlainModel
from reverie.export.plain.numbers import (
    LinearDecoder,
    SpectrumDecoder,
    is_spectrum,
    numbers_state,
)
from reverie.export.plain.wide import WideDecoder, wide_state
from reverie.frames.codec import Codec, CodecState
from reverie.frames.contract import Representation
from reverie.frames.full_band.codec import FullBandCodec, FullBandState
from reverie.frames.normalised import Normalised
from reverie.generation.prompt_music import PromptMusic
from reverie.models.trained import TrainedModel

MOST_BYTES = 1_900_000_000
"""Of weights: a graph of more than 2 GB cannot be one file."""


@dataclass(frozen=True)
class Start:
    """What a plain model begins from."""

    frames: Tensor
    """[1, N + K - 1, D], of the prompt; N from 0."""
    beats: Tensor
    """[N, 2], of the frame after each step; zeros for no beat."""
    metronome: Tensor
    """[2], of the frame after the newest."""
    rubato: float
    """See `Metronome`."""
    sound: list[Tensor]
    """The decoder's state."""


def plain_model(trained: TrainedModel) -> PlainModel:
    """Write a model's step plainly.

    Raises:
        ReverieError: a part of it is of an unknown kind, or it is too large for one file.
    """
    size = 4 * sum(one.numel() for one in trained.model.parameters())
    if size > MOST_BYTES:
        raise ReverieError(
            f"the model's weights take {size / 1e9:.1f} GB, and one file holds at most 2 GB.",
            "Export it as a folder, or train a narrower one (`model.hidden`).",
        )
    return PlainModel(trained.model).eval().requires_grad_(False)


def plain_decoder(representation: Representation, *, by_matrix: bool) -> nn.Module:
    """Write plainly what makes sound of frames.

    Args:
        representation: of the frames.
        by_matrix: transform by matrices, for ONNX, rather than by FFT.

    Raises:
        ReverieError: it is of an unknown kind.
    """
    match representation:
        case FullBandCodec():
            decoder: nn.Module = WideDecoder(representation, by_matrix)
        case Codec():
            decoder = CodecDecoder(representation, by_matrix)
        case Normalised() if is_spectrum(representation):
            decoder = SpectrumDecoder(representation, by_matrix)
        case Normalised():
            decoder = LinearDecoder(representation)
        case _:
            raise ReverieError(
                f"frames of a {type(representation).__name__} cannot be exported like this.",
                "Export the run as a folder.",
            )
    return decoder.eval().requires_grad_(False)


@torch.inference_mode()
def start_of(trained: TrainedModel, prompt: PromptMusic | None) -> Start:
    """Return the beginning after one prompt; None begins from nothing.

    Args:
        trained: the model.
        prompt: of one clip.
    """
    representation, model = trained.representation, trained.model
    spec, before = representation.spec, model.step_frames - 1
    samples = torch.zeros(1, spec.channels, 0) if prompt is None else prompt.samples
    if samples.shape[-1] < spec.samples_for(1):
        silence = torch.zeros(1, spec.channels, spec.samples_for(max(1, before)))
        frames = representation.analyse(silence)[:, :before]
        state = representation.initial_state(1, silence)
    else:
        frames = representation.analyse(samples)
        state = representation.state_after(samples)
    steps = frames.shape[1] - before
    beats, metronome = torch.zeros(steps, 2), torch.zeros(2)
    rubato = 0.0 if prompt is None or prompt.rubato is None else float(prompt.rubato[0])
    if prompt is not None and prompt.beat is not None:
        beats, metronome = prompt.beat[0, before + 1 :], prompt.beat[0, -1]
    elif (
        not steps and model.conditioner is not None and trained.calibration.beat_seconds is not None
    ):
        # Music out of nothing has the tempo in the middle of those that music has.
        periods = trained.calibration.beat_seconds
        metronome[1] = periods[len(periods) // 2]
    return Start(frames, beats, metronome, rubato, sound_state(representation, state))


def sound_state(representation: Representation, state: object) -> list[Tensor]:
    """Return a synthesis state as the plain decoder takes it.

    Raises:
        TypeError: it is of an unknown kind.
    """
    match representation, state:
        case FullBandCodec(), FullBandState():
            found = wide_state(representation, state)
        case Codec(), CodecState():
            found = codec_state(representation, state)
        case Normalised(), _:
            found = numbers_state(representation, state)
        case _:
            raise TypeError(f"no state of a {type(representation).__name__}")
    return [one.clone() for one in found]
