"""The context that a model predicts from: the paper's rolling window, or a carried state.

The paper (section 4.2) predicts each frame by feeding the last T frames to a model in the zero
state, and found that better than stepping on from one state. For guidance the same model predicts
also from the newest few frames alone.
Letters: B clips, T steps of the window, G steps of the short window, K frames that one step sees,
D width of a frame, H hidden width, O outputs of a head.
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor

from reverie.models.contract import CoreState, FrameModel

Method = Literal["rolling", "carry"]


class Prediction(NamedTuple):
    """A model's outputs for the next frame."""

    output: Tensor
    """[B, O], from the whole context."""
    short: Tensor | None
    """[B, O], from the newest G frames alone, with no beat; None where nobody asks."""


class Context:
    """The frames so far, as far as the next one depends on them.

    Re-feeding T frames for each new one would cost T steps. Instead T states are in flight, one
    begun at each of the last T steps; a new frame advances all of them as one batch, and the
    oldest, which has made exactly T steps, predicts. A carried state is one state, which never
    begins anew. The short window is G states more in the same batch, which are told no beat:
    guidance then leads towards the beat as well as towards what came long before.

    Args:
        model: the model.
        prefix: [B, K - 1, D], the frames before the first step.
        window_frames: T; None carries one state on.
        short_frames: G; 0 for no short window.
    """

    def __init__(
        self,
        model: FrameModel,
        prefix: Tensor,
        window_frames: int | None,
        short_frames: int = 0,
    ) -> None:
        self.model = model
        self._prefix, self._short = prefix, short_frames
        self._long = window_frames or 1
        self._is_carried = window_frames is None
        self._state = model.core.initial_state((prefix.shape[0], self._long + short_frames))
        self._hidden: Tensor | None = None
        self._steps = 0
        self._added: Context | None = None

    def add_short(self, short_frames: int) -> None:
        """Predict also from the newest G frames, from now on; it costs more than from the start.

        The frames so far are not among them.
        """
        if not self._short and self._added is None:
            self._added = Context(self.model, self._prefix, short_frames)

    @torch.inference_mode()
    def append(self, frames: Tensor, beat: Tensor | None = None) -> None:
        """Add frames; at each, the oldest of the states that are renewed begins anew.

        Args:
            frames: [B, any number N, D].
            beat: [B, N, 2], of the frame after each of them; None for no beat.
        """
        if self._added:
            self._added.append(frames)
        seen = torch.cat([self._prefix, frames], dim=1)
        projected = self.model.project(seen, beat).unsqueeze(2)
        # One frame for all states: the product with the frame is made once and broadcast.
        if self._short and beat is not None:
            without = self.model.project(seen).unsqueeze(2)
            parts = (projected, self._long), (without, self._short)
            projected = torch.cat(
                [part.expand(*part.shape[:2], count, *part.shape[3:]) for part, count in parts],
                dim=2,
            )
        self._prefix = seen[:, seen.shape[1] - self._prefix.shape[1] :]
        for step in projected.unbind(1):
            state = self._state
            if not self._is_carried:
                state = self._renew(state, self._steps % self._long)
            if self._short:
                state = self._renew(state, self._long + self._steps % self._short)
            self._hidden, self._state = self.model.core.step(step, state)
            self._steps += 1

    def _renew(self, state: CoreState, place: int) -> CoreState:
        return self.model.core.reset(state, (slice(None), place))

    @torch.inference_mode()
    def predict(self) -> Prediction:
        """Predict from the states that have taken the last T and G frames (or all, if fewer)."""
        added = self._added.predict().output if self._added else None
        if self._hidden is None:
            output = self.model.head(self._zero_hidden())
            return Prediction(output, output if self._short else added)
        full = self._hidden[:, 0 if self._is_carried else self._oldest(self._long)]
        if not self._short:
            return Prediction(self.model.head(full), added)
        # Both outputs from one product.
        both = torch.stack([full, self._hidden[:, self._long + self._oldest(self._short)]])
        output, short = self.model.head(both)
        return Prediction(output, short)

    def _oldest(self, count: int) -> int:
        """Which of so many states in turn began first."""
        return max(self._steps - count, 0) % count

    def _zero_hidden(self) -> Tensor:
        """The hidden state before the first step, [B, H]: zero."""
        weight = next(self.model.parameters())
        return weight.new_zeros(self._prefix.shape[0], self.model.core.outputs)


def begin_context(
    model: FrameModel,
    frames: Tensor,
    method: Method,
    window_frames: int,
    beat: Tensor | None = None,
    short_frames: int = 0,
) -> Context:
    """Build the context of a prompt.

    Args:
        model: the model.
        frames: [B, N + K - 1, D], of the prompt; the paper's has N = T.
        method: `rolling` (the paper's) or `carry`.
        window_frames: T, of the rolling window.
        beat: [B, N, 2], of the frame after each step; None for no beat.
        short_frames: G, of guidance; 0 for none.
    """
    before = model.step_frames - 1
    prefix, rest = frames[:, :before], frames[:, before:]
    window = window_frames if method == "rolling" else None
    context = Context(model, prefix, window, short_frames)
    if rest.shape[1]:
        context.append(rest, beat)
    return context
