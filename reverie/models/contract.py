"""What a model of frames is: a front (encoder), a recurrent core (backbone) and a head, joined.

Letters: B batch, T steps, K frames that one step sees, D width of a frame, F features, H hidden
width, O numbers that a head puts out; `...` stands for any leading axes, which broadcast.
"""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

CoreState = Any
"""A core's state. Only the core that made it looks inside."""

BatchIndex = tuple[int | slice | Tensor, ...]
"""Chooses sequences of a state's batch axes, as it would index a tensor of that shape."""


class ModelState(NamedTuple):
    """What a model carries from one step to the next."""

    prefix: Tensor
    """[..., K - 1, D], the frames that the next step sees besides the new one."""
    core: CoreState


class Front(Protocol):
    """The encoder: the frames that one step sees, to features."""

    features: int
    step_frames: int
    """K, 1 in all but the block model."""

    def __call__(self, frames: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[..., T + K - 1, D] -> [..., T, F]; `rng` turns dropout on."""
        ...


class Core(Protocol):
    """The backbone: features to hidden states over time.

    A step is in two parts, so that the part without a state is computed once for many steps, or
    once for many states.
    """

    outputs: int
    """H."""

    def __call__(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Process whole sequences from the zero state: [B, T, F] -> [B, T, H].

        `rng` turns dropout on.
        """
        ...

    def project(self, features: Tensor) -> Tensor:
        """Compute the part of steps that needs no state: [..., F] -> [..., any axes of its own]."""
        ...

    def step(self, projected: Tensor, state: CoreState) -> tuple[Tensor, CoreState]:
        """Advance by one frame.

        Args:
            projected: what `project` gave for the frame; its leading axes broadcast with those of
                the state's batch.
            state: before the step.

        Returns:
            the hidden state [..., H], and the state after the step.
        """
        ...

    def initial_state(self, batch: tuple[int, ...]) -> CoreState:
        """Return the zero state of a batch of sequences that has these axes."""
        ...

    def side_by_side(self, first: CoreState, second: CoreState) -> CoreState:
        """Return the states of two batches side by side, along their last axis."""
        ...

    def reset(self, state: CoreState, where: BatchIndex) -> CoreState:
        """Return `state` with the zero state in the sequences `where`; may change it in place."""
        ...


class Head(Protocol):
    """Features to a distribution over the next frame, and its likelihood."""

    unit: str
    """Of the loss."""

    def __call__(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[..., H] -> [..., O]; `rng` turns dropout on."""
        ...

    def loss(self, output: Tensor, next_frame: Tensor, mask: Tensor | None = None) -> Tensor:
        """Mean loss over everything, or where `mask` [B, T] is true: [..., O], [..., D] -> []."""
        ...


@runtime_checkable
class RegressionHead(Head, Protocol):
    """A head over frames of real numbers."""

    def predict(self, output: Tensor) -> Tensor:
        """Return the frame that an output stands for: [..., O] -> [..., D]."""
        ...

    def draw(
        self, output: Tensor, rmse: Tensor | None, temperature: float, rng: torch.Generator
    ) -> Tensor:
        """Draw a next frame: [..., O] -> [..., D].

        Args:
            output: of this head.
            rmse: [D], the error on held-out music, if it was measured.
            temperature: 0 gives `predict`.
            rng: for the draw.
        """
        ...


class Conditioner(Protocol):
    """Embeds what is known of the frame to be predicted besides the frames before it."""

    def __call__(self, condition: Tensor) -> Tensor:
        """[..., C] -> [..., F], which is added to the front's features."""
        ...


class FrameModel(nn.Module):
    """Predicts each next frame from those before it.

    Args:
        front: frame to features.
        core: features to hidden states, over time.
        head: hidden state to the next frame.
        conditioner: embeds the beat (see `beat.py`); None for a model that is told none.
    """

    def __init__(
        self, front: Front, core: Core, head: Head, conditioner: Conditioner | None = None
    ) -> None:
        super().__init__()
        self.front, self.core, self.head = front, core, head
        self.conditioner = conditioner
        self.step_frames = front.step_frames

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return next(self.parameters()).device

    def forward(
        self, frames: Tensor, rng: torch.Generator | None = None, beat: Tensor | None = None
    ) -> Tensor:
        """Compute the outputs at every step, from the zero state: [B, T + K - 1, D] -> [B, T, O].

        The output at step t is of frame t + K, the first that the step has not seen.

        Args:
            frames: [B, T + K - 1, D].
            rng: draws dropout, in training; without it nothing is dropped.
            beat: [B, T, 2], of the frames that are predicted; None for no beat.
        """
        return self.head(self.core(self._features(frames, beat, rng), rng), rng)

    def loss(
        self,
        frames: Tensor,
        rng: torch.Generator | None = None,
        mask: Tensor | None = None,
        beat: Tensor | None = None,
    ) -> Tensor:
        """Mean loss of the next frame: [B, T + K, D] -> [].

        Args:
            frames: [B, T + K, D].
            rng: draws dropout, in training.
            mask: [B, T], true at steps whose next frame is music; the others, after the end of a
                shorter sequence, have no loss. None for all.
            beat: [B, T, 2], of the frames that are predicted; None for no beat.
        """
        output = self(frames[:, :-1], rng, beat)
        return self.head.loss(output, frames[:, self.step_frames :], mask)

    def project(self, frames: Tensor, beats: Tensor | None = None) -> Tensor:
        """Compute the part of steps that needs no state, for each of J beats.

        Args:
            frames: [..., T + K - 1, D].
            beats: [..., J, T, 2], of the frames that are predicted; None for no beat, J = 1.

        Returns:
            [..., J, T, any].
        """
        features = self.front(frames).unsqueeze(-3)
        if self.conditioner is not None and beats is not None:
            features = features + self.conditioner(beats)
        return self.core.project(features)

    def _features(
        self, frames: Tensor, beat: Tensor | None, rng: torch.Generator | None = None
    ) -> Tensor:
        """[..., T + K - 1, D] and [..., T, 2] -> [..., T, F]."""
        features = self.front(frames, rng)
        if self.conditioner is None or beat is None:
            return features
        return features + self.conditioner(beat)

    def step(
        self, frame: Tensor, state: ModelState, beat: Tensor | None = None
    ) -> tuple[Tensor, ModelState]:
        """Take one frame: [..., D] -> the output [..., O] that `forward` gives at this step.

        Args:
            frame: [..., D].
            state: before it.
            beat: [..., 2], of the frame that is predicted; None for no beat.
        """
        seen = torch.cat([state.prefix, frame.unsqueeze(-2)], dim=-2)
        wanted = None if beat is None else beat.unsqueeze(-2)
        projected = self.core.project(self._features(seen, wanted).squeeze(-2))
        hidden, core = self.core.step(projected, state.core)
        return self.head(hidden), ModelState(seen[..., 1:, :], core)

    def initial_state(self, prefix: Tensor) -> ModelState:
        """Return the zero state before the first step.

        Args:
            prefix: [..., K - 1, D], the frames before that of the first step; its leading axes are
                the state's.
        """
        return ModelState(prefix, self.core.initial_state(prefix.shape[:-2]))
