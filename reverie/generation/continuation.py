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

from reverie.models.contract import FrameModel, ModelState, SampleSettings

Method = Literal["rolling", "carry"]


class Window(Protocol):
    """What has been heard so far, as far as the next frame depends on it."""

    def take(self, frame: Tensor) -> None:
        """Hear one more frame, [B, D]."""
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
        # What a step sees is the same for all T states, so it is kept once and broadcast.
        core = model.core.initial_state((past.shape[0], length), past)
        self._state = ModelState(past.unsqueeze(1), core)
        self._hidden = past
        self._heard = 0

    def take(self, frame: Tensor) -> None:
        """Hear one more frame, [B, D]: the place of the oldest state begins anew with it."""
        place = self._heard % self.length
        for layer in self._state.core:
            layer.hidden[:, place] = 0
            layer.cell[:, place] = 0
        # One frame for T states: the product with the frame is made once and broadcast.
        self._hidden, self._state = self.model.advance(frame.unsqueeze(1), self._state)
        self._heard += 1

    def predict(self) -> Tensor:
        """[B, O] from the state that has heard the last T frames (or all, if fewer)."""
        oldest = self._heard % self.length if self._heard >= self.length else 0
        return self.model.head(self._hidden[:, oldest])


class CarriedState:
    """Prediction from everything heard, with one state carried on.

    Args:
        model: the model.
        past: [B, K - 1, D], what was heard before the first step.
    """

    def __init__(self, model: FrameModel, past: Tensor) -> None:
        self.model = model
        self._state = model.initial_state(past)
        self._hidden = past

    def take(self, frame: Tensor) -> None:
        """Hear one more frame, [B, D]."""
        self._hidden, self._state = self.model.advance(frame, self._state)

    def predict(self) -> Tensor:
        """[B, O]."""
        return self.model.head(self._hidden)


def continue_frames(
    model: FrameModel,
    seed: Tensor,
    method: Method,
    rng: torch.Generator,
    settings: SampleSettings,
) -> Iterator[Tensor]:
    """New frames without end.

    Args:
        model: trained on sequences of T steps.
        seed: [B, T + K - 1, D], what to go on from.
        method: `rolling` (the paper's) or `carry`.
        rng: for the head's draws.
        settings: for the head's draws.

    Yields:
        the next frame of each clip, [B, D].
    """
    before = model.step_frames - 1
    past, heard = seed[:, :before], seed[:, before:]
    window: Window
    match method:
        case "rolling":
            window = RollingWindow(model, past, heard.shape[1])
        case "carry":
            window = CarriedState(model, past)
    with torch.inference_mode():
        for frame in heard.unbind(1):
            window.take(frame)
    while True:
        with torch.inference_mode():
            frame = model.head.sample(window.predict(), rng, settings)
            window.take(frame)
        yield frame
