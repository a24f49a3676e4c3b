"""What a model of frames is: front, recurrent core and head, joined.

Letters: B batch, T steps, K frames that one step sees, D width of a frame, F features, H hidden
width, O numbers that a head puts out; `...` stands for any leading axes, which broadcast.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from reverie.models.lstm import LstmState
from reverie.models.settings import SampleSettings

Sampler = Callable[[Tensor], Tensor]
"""A next frame each, [..., O] -> [..., D]; it may remember those that it made."""

CoreState = tuple[LstmState, ...]
"""One state a layer, in the order of the layers; members first, then the batch."""


class ModelState(NamedTuple):
    """What a model carries from one step to the next."""

    past: Tensor
    """[..., K - 1, D], the frames that the next step sees besides the new one."""
    core: CoreState


class Front(Protocol):
    """What one step sees, to features."""

    features: int
    step_frames: int
    """K, 1 in all but the block model."""

    def __call__(self, frames: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[..., T + K - 1, D] -> [..., T, F]; `rng` turns dropout on."""
        ...


class Core(Protocol):
    """The recurrent part, of M members side by side."""

    outputs: int

    def __call__(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Whole sequences from the zero state: [B, T, F] -> [B, T, H]; `rng` turns dropout on."""
        ...

    def project(self, features: Tensor) -> Tensor:
        """The part of a step that needs no state: [..., F] -> [M, ..., P]."""
        ...

    def step(self, projected: Tensor, state: CoreState) -> tuple[Tensor, CoreState]:
        """One frame on: [M, ..., P] and a state -> the members' outputs, and the next state."""
        ...

    def joined(self, hidden: Tensor) -> Tensor:
        """The members' outputs as one: -> [..., H]."""
        ...

    def initial_state(self, batch: tuple[int, ...]) -> CoreState:
        """The zero state for sequences in axes `batch`."""
        ...


class Head(Protocol):
    """Features to a distribution over the next frame."""

    unit: str
    """Of the loss."""

    def __call__(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[..., H] -> [..., O]; `rng` turns dropout on."""
        ...

    def loss(self, output: Tensor, next_frame: Tensor, heard: Tensor | None = None) -> Tensor:
        """Mean loss over everything, or where `heard` [B, T] is true: [..., O], [..., D] -> []."""
        ...

    def measure(self, pairs: Iterable[tuple[Tensor, Tensor]]) -> float:
        """Mean loss over held-out `(output, next_frame)`; keeps what `sampler` needs."""
        ...

    def lacks(self, settings: SampleSettings) -> str:
        """What of `settings` cannot be done before `measure` was called, in words; or nothing."""
        ...

    def sampler(self, settings: SampleSettings, rng: torch.Generator) -> Sampler:
        """What makes the next frames of some clips, one after another."""
        ...


class FrameModel(nn.Module):
    """Predicts each next frame from those before it.

    Args:
        front: frame to features.
        core: features to hidden states, over time.
        head: hidden state to the next frame.
    """

    def __init__(self, front: Front, core: Core, head: Head) -> None:
        super().__init__()
        self.front, self.core, self.head = front, core, head
        self.step_frames = front.step_frames

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return next(self.parameters()).device

    def forward(self, frames: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Outputs at every step, from the zero state: [B, T + K - 1, D] -> [B, T, O].

        The output at step t is of frame t + K, the first that the step has not seen.

        Args:
            frames: [B, T + K - 1, D].
            rng: draws dropout, in training; without it nothing is dropped.
        """
        return self.head(self.core(self.front(frames, rng), rng), rng)

    def loss(
        self, frames: Tensor, rng: torch.Generator | None = None, heard: Tensor | None = None
    ) -> Tensor:
        """Mean loss of the next frame: [B, T + K, D] -> [].

        Args:
            frames: [B, T + K, D].
            rng: draws dropout, in training.
            heard: [B, T], the steps whose next frame is music; the others, after the end of a
                sequence that is shorter, are not learnt from. None for all.
        """
        return self.head.loss(self(frames[:, :-1], rng), frames[:, self.step_frames :], heard)

    def project(self, frames: Tensor) -> Tensor:
        """The part of each step that needs no state: [..., T + K - 1, D] -> [M, ..., T, P]."""
        return self.core.project(self.front(frames))

    def step(self, frame: Tensor, state: ModelState) -> tuple[Tensor, ModelState]:
        """Take in one frame: [..., D] -> the output [..., O] that `forward` gives at this step."""
        seen = torch.cat([state.past, frame.unsqueeze(-2)], dim=-2)
        hidden, core = self.core.step(self.project(seen).squeeze(-2), state.core)
        return self.head(self.core.joined(hidden)), ModelState(seen[..., 1:, :], core)

    def initial_state(self, past: Tensor) -> ModelState:
        """The zero state before the first step.

        Args:
            past: [..., K - 1, D], the frames before that of the first step; its leading axes are
                the state's.
        """
        return ModelState(past, self.core.initial_state(past.shape[:-2]))
