"""The context that a model predicts from: the paper's rolling window, or a carried state.

The paper (section 4.2) predicts each frame by feeding the last T frames to a model in the zero
state, and found that better than stepping on from one state. For guidance the same model predicts
also from the newest few frames alone.
Letters: B clips, T steps of the window, K frames that one step sees, D width of a frame, H hidden
width, O outputs of a head.
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
    """[B, O], from the newest few frames alone, with no beat; None where nobody asks."""


class ShortMemory(NamedTuple):
    """How few frames guidance asks a model about, and what that costs.

    One state for each frame would always know as many. Fewer states begin in turn, so that the
    number goes up and down.
    """

    states: int
    """In flight."""
    period: int
    """Frames from one beginning to the next."""

    @property
    def most(self) -> int:
        """Frames that are known at most; at least as many as this less `period`, and one."""
        return self.states * self.period


class Context:
    """The frames so far, as far as the next one depends on them.

    Re-feeding T frames for each new one would cost T steps. Instead T states are in flight, one
    begun at each of the last T steps; a new frame advances all of them as one batch, and the
    oldest, which has made exactly T steps, predicts. A carried state is one state, which never
    begins anew. The short memory is a few states more in the same batch, which are told no beat:
    guidance then leads towards the beat as well as towards what came long before.

    Args:
        model: the model.
        prefix: [B, K - 1, D], the frames before the first step.
        window_frames: T; None carries one state on.
    """

    def __init__(self, model: FrameModel, prefix: Tensor, window_frames: int | None) -> None:
        self.model = model
        self._prefix = prefix
        self._long = _Ring(0, window_frames or 1)
        self._is_carried = window_frames is None
        self._short: _Ring | None = None
        self._state = model.core.initial_state((prefix.shape[0], self._long.count))
        self._hidden = self._zero_hidden()
        self._beat_of_state = torch.empty(0, dtype=torch.int64, device=prefix.device)

    @torch.inference_mode()
    def add_short(self, short: ShortMemory) -> None:
        """Predict also from the newest few frames, of those that are appended from now on."""
        if self._short:
            return
        long, core = self._long.count, self.model.core
        self._short = _Ring(long, *short)
        batch = (self._prefix.shape[0], short.states)
        self._state = core.side_by_side(self._state, core.initial_state(batch))
        self._hidden = torch.cat([self._hidden, self._zero_hidden()[:, :1]], dim=1)
        heard = [0] * long + [1] * short.states
        self._beat_of_state = torch.tensor(heard, device=self._prefix.device)

    @torch.inference_mode()
    def append(self, frames: Tensor, beat: Tensor | None = None) -> None:
        """Add frames; at each, the oldest of the states that are renewed begins anew.

        Args:
            frames: [B, any number N, D].
            beat: [B, N, 2], of the frame after each of them; None for no beat.
        """
        if not frames.shape[1]:
            return
        seen = torch.cat([self._prefix, frames], dim=1)
        beats = None
        if beat is not None:
            beats = torch.stack([beat, torch.zeros_like(beat)][: 2 if self._short else 1], dim=1)
        # One frame for all states: the product with it is made once for each beat.
        projected = self.model.project(seen, beats)
        self._prefix = seen[:, seen.shape[1] - self._prefix.shape[1] :]
        for step in projected.unbind(2):
            state = self._state
            if not self._is_carried:
                state = self._renew(state, self._long)
            if self._short:
                state = self._renew(state, self._short)
            each = step.index_select(1, self._beat_of_state) if step.shape[1] > 1 else step
            self._hidden, self._state = self.model.core.step(each, state)

    def _renew(self, state: CoreState, ring: "_Ring") -> CoreState:
        place = ring.advance()
        return state if place is None else self.model.core.reset(state, (slice(None), place))

    @torch.inference_mode()
    def predict(self) -> Prediction:
        """Predict from the states that have taken the last frames (or all, if fewer)."""
        full = self._hidden[:, self._long.oldest]
        if not self._short:
            return Prediction(self.model.head(full), None)
        # Both outputs from one product.
        output, short = self.model.head(torch.stack([full, self._hidden[:, self._short.oldest]]))
        return Prediction(output, short)

    def _zero_hidden(self) -> Tensor:
        """The hidden states before the first step, [B, T, H]: zero."""
        weight = next(self.model.parameters())
        size = self._prefix.shape[0], self._long.count, self.model.core.outputs
        return weight.new_zeros(size)


class _Ring:
    """States that begin anew in turn.

    Args:
        first: the place of the first among all states.
        count: how many there are.
        period: steps from one beginning to the next.
    """

    def __init__(self, first: int, count: int, period: int = 1) -> None:
        self._first, self.count, self._period = first, count, period
        self._steps = 0

    @property
    def oldest(self) -> int:
        """The place of the state that began first."""
        begun = -(-self._steps // self._period)
        return self._first + max(begun - self.count, 0) % self.count

    def advance(self) -> int | None:
        """Count a step: the place of the state that begins anew with it, if one does."""
        turn, within = divmod(self._steps, self._period)
        self._steps += 1
        return None if within else self._first + turn % self.count


def begin_context(
    model: FrameModel,
    frames: Tensor,
    method: Method,
    window_frames: int,
    beat: Tensor | None = None,
    short: ShortMemory | None = None,
) -> Context:
    """Build the context of a prompt.

    Args:
        model: the model.
        frames: [B, N + K - 1, D], of the prompt; the paper's has N = T.
        method: `rolling` (the paper's) or `carry`.
        window_frames: T, of the rolling window.
        beat: [B, N, 2], of the frame after each step; None for no beat.
        short: of guidance; None for none.
    """
    before = model.step_frames - 1
    prefix, rest = frames[:, :before], frames[:, before:]
    context = Context(model, prefix, window_frames if method == "rolling" else None)
    # What came before the newest frames would leave no trace in the short memory.
    far = max(0, rest.shape[1] - short.most) if short else rest.shape[1]
    context.append(rest[:, :far], None if beat is None else beat[:, :far])
    if short:
        context.add_short(short)
        context.append(rest[:, far:], None if beat is None else beat[:, far:])
    return context
