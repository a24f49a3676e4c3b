"""The context that a model predicts from: the paper's rolling window, or a carried state.

The paper (section 4.2) predicts each frame by feeding the last T frames to a model in the zero
state, and found that better than stepping on from one state.
Letters: B clips, T steps of the window, K frames that one step sees, D width of a frame, H hidden
width, O outputs of a head.
"""

from typing import Literal, Protocol

import torch
from torch import Tensor

from reverie.models.contract import FrameModel

Method = Literal["rolling", "carry"]


class Context(Protocol):
    """The frames so far, as far as the next one depends on them."""

    def append(self, frames: Tensor) -> None:
        """Add frames, [B, any number, D]."""
        ...

    def predict(self) -> Tensor:
        """Return the model's output for the next frame, [B, O]."""
        ...


class RollingWindow:
    """The paper's prediction: the last T steps, from a zero state.

    Re-feeding T frames for each new one would cost T steps. Instead T states are in flight, one
    begun at each of the last T steps; a new frame advances all of them as one batch, and the
    oldest, which has made exactly T steps, predicts.

    Args:
        model: the model.
        prefix: [B, K - 1, D], the frames before the first step.
        length: T.
    """

    def __init__(self, model: FrameModel, prefix: Tensor, length: int) -> None:
        self.model, self.length = model, length
        self._prefix = prefix
        self._state = model.core.initial_state((prefix.shape[0], length))
        self._hidden: Tensor | None = None
        self._steps = 0

    @torch.inference_mode()
    def append(self, frames: Tensor) -> None:
        """Add frames, [B, any number, D]; at each, the oldest state begins anew."""
        projected, self._prefix = _project(self.model, self._prefix, frames)
        for step in projected.unbind(1):
            place = self._steps % self.length
            state = self.model.core.reset(self._state, (slice(None), place))
            # One frame for T states: the product with the frame is made once and broadcast.
            self._hidden, self._state = self.model.core.step(step.unsqueeze(1), state)
            self._steps += 1

    @torch.inference_mode()
    def predict(self) -> Tensor:
        """[B, O] from the state that has taken the last T frames (or all, if fewer, or none)."""
        if self._hidden is None:
            return self.model.head(_zero_hidden(self.model, self._prefix))
        oldest = self._steps % self.length if self._steps >= self.length else 0
        return self.model.head(self._hidden[:, oldest])


class CarriedState:
    """Prediction from all frames so far, with one state carried on.

    Args:
        model: the model.
        prefix: [B, K - 1, D], the frames before the first step.
    """

    def __init__(self, model: FrameModel, prefix: Tensor) -> None:
        self.model = model
        self._prefix = prefix
        self._state = model.core.initial_state(prefix.shape[:1])
        self._hidden: Tensor | None = None

    @torch.inference_mode()
    def append(self, frames: Tensor) -> None:
        """Add frames, [B, any number, D]."""
        projected, self._prefix = _project(self.model, self._prefix, frames)
        for step in projected.unbind(1):
            self._hidden, self._state = self.model.core.step(step, self._state)

    @torch.inference_mode()
    def predict(self) -> Tensor:
        """[B, O]."""
        if self._hidden is None:
            return self.model.head(_zero_hidden(self.model, self._prefix))
        return self.model.head(self._hidden)


def begin_context(model: FrameModel, frames: Tensor, method: Method, length: int) -> Context:
    """Build the context of a prompt.

    Args:
        model: the model.
        frames: [B, K - 1 or more, D], of the prompt; the paper's has T + K - 1.
        method: `rolling` (the paper's) or `carry`.
        length: T, of the rolling window.
    """
    before = model.step_frames - 1
    prefix, rest = frames[:, :before], frames[:, before:]
    context: Context
    match method:
        case "rolling":
            context = RollingWindow(model, prefix, length)
        case "carry":
            context = CarriedState(model, prefix)
    if rest.shape[1]:
        context.append(rest)
    return context


def _project(model: FrameModel, prefix: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
    """What `frames` [B, N, D] add to N steps after `prefix` [B, K - 1, D], and the next prefix."""
    seen = torch.cat([prefix, frames], dim=1)
    return model.project(seen), seen[:, seen.shape[1] - prefix.shape[1] :]


def _zero_hidden(model: FrameModel, prefix: Tensor) -> Tensor:
    """The hidden state before the first step, [B, H]: zero."""
    weight = next(model.parameters())
    return weight.new_zeros(prefix.shape[0], model.core.outputs)
