"""Going on from a seed, one frame at a time: the paper's rolling window, and carrying the state.

The paper (section 4.2) predicts each frame by feeding the last T frames to a model in the zero
state, and found that better than stepping on from one state.
Letters: B clips, T steps of the window, K frames that one step sees, D width of a frame, H hidden
width, O outputs of a head.
"""

from collections.abc import Iterator
from typing import Literal, Protocol

import torch
from torch import Tensor

from reverie.models.contract import FrameModel
from reverie.models.settings import SampleSettings

Method = Literal["rolling", "carry"]


class Window(Protocol):
    """What has been heard so far, as far as the next frame depends on it."""

    def hear(self, frames: Tensor) -> None:
        """Hear more frames, [B, any number, D]."""
        ...

    def predict(self) -> Tensor:
        """The model's output for the frame after those heard, [B, O]."""
        ...


class RollingWindow:
    """The paper's prediction: the last T steps, from a zero state.

    Re-feeding T frames for each new one would cost T steps. Instead T states are in flight, one
    begun at each of the last T steps; a new frame advances all of them as one batch, and the
    oldest, which has made exactly T steps, predicts.

    Args:
        model: the model.
        past: [B, K - 1, D], what was heard before the first step.
        length: T.
    """

    def __init__(self, model: FrameModel, past: Tensor, length: int) -> None:
        self.model, self.length = model, length
        self._past = past
        self._core = model.core.initial_state((past.shape[0], length))
        self._hidden = self._core[-1].hidden
        self._heard = 0

    def hear(self, frames: Tensor) -> None:
        """Hear more frames, [B, any number, D]: for each the oldest state begins anew."""
        projected, self._past = _projected(self.model, self._past, frames)
        # One frame for T states: the product with the frame is made once and broadcast.
        for one in projected.unsqueeze(3).unbind(2):
            place = self._heard % self.length
            for layer in self._core:
                layer.hidden[:, :, place] = 0
                layer.cell[:, :, place] = 0
            self._hidden, self._core = self.model.core.step(one, self._core)
            self._heard += 1

    def predict(self) -> Tensor:
        """[B, O] from the state that has heard the last T frames (or all, if fewer, or none)."""
        oldest = self._heard % self.length if self._heard >= self.length else 0
        return self.model.head(self.model.core.joined(self._hidden[:, :, oldest]))


class CarriedState:
    """Prediction from everything heard, with one state carried on.

    Args:
        model: the model.
        past: [B, K - 1, D], what was heard before the first step.
    """

    def __init__(self, model: FrameModel, past: Tensor) -> None:
        self.model = model
        self._past = past
        self._core = model.core.initial_state(past.shape[:1])
        self._hidden = self._core[-1].hidden

    def hear(self, frames: Tensor) -> None:
        """Hear more frames, [B, any number, D]."""
        projected, self._past = _projected(self.model, self._past, frames)
        for one in projected.unbind(2):
            self._hidden, self._core = self.model.core.step(one, self._core)

    def predict(self) -> Tensor:
        """[B, O]."""
        return self.model.head(self.model.core.joined(self._hidden))


def _projected(model: FrameModel, past: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
    """What `frames` [B, N, D] add to N steps after `past` [B, K - 1, D], and the past after."""
    seen = torch.cat([past, frames], dim=1)
    return model.project(seen), seen[:, seen.shape[1] - past.shape[1] :]


def continue_frames(
    model: FrameModel,
    seed: Tensor,
    method: Method,
    rng: torch.Generator,
    settings: SampleSettings,
    steps: int,
) -> Iterator[Tensor]:
    """New frames without end.

    Args:
        model: trained on sequences of T steps.
        seed: [B, K - 1 or more, D], what to go on from; the paper's has T + K - 1 frames.
        method: `rolling` (the paper's) or `carry`.
        rng: for the head's draws.
        settings: for the head's draws.
        steps: T, of the rolling window.

    Yields:
        the next frame of each clip, [B, D].
    """
    before = model.step_frames - 1
    past, heard = seed[:, :before], seed[:, before:]
    window: Window
    match method:
        case "rolling":
            window = RollingWindow(model, past, steps)
        case "carry":
            window = CarriedState(model, past)
    sample = model.head.sampler(settings, rng)
    if heard.shape[1]:
        with torch.inference_mode():
            window.hear(heard)
    while True:
        with torch.inference_mode():
            frame = sample(window.predict())
            window.hear(frame.unsqueeze(1))
        yield frame
