"""What a model of frames is: front, recurrent core and head, joined.

Letters: B batch, T frames, D width of a frame, F features, H hidden width, O numbers that a head
puts out; `...` stands for any leading axes, which broadcast.
"""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from reverie.models.lstm import LstmState

CoreState = tuple[LstmState, ...]
"""One state a layer, in the order of the layers."""


class Front(Protocol):
    """Frame to features, one frame at a time."""

    features: int

    def __call__(self, frames: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[..., D] -> [..., F]; `rng` turns dropout on."""
        ...


class Core(Protocol):
    """The recurrent part."""

    outputs: int

    def __call__(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Whole sequences from the zero state: [B, T, F] -> [B, T, H]; `rng` turns dropout on."""
        ...

    def step(self, features: Tensor, state: CoreState) -> tuple[Tensor, CoreState]:
        """One frame on: [..., F] and a state -> [..., H] and the next state."""
        ...

    def initial_state(self, batch: tuple[int, ...], like: Tensor) -> CoreState:
        """The zero state for `batch` sequences, of the kind of `like`."""
        ...


class SampleSettings(NamedTuple):
    """How a head turns its output into a frame."""

    temperature: float = 0.0
    """Spread of the drawn frame around the mean, as a factor; 0 takes the mean, as the paper."""


class Head(Protocol):
    """Features to a distribution over the next frame."""

    def __call__(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[..., H] -> [..., O]; `rng` turns dropout on."""
        ...

    def loss(self, output: Tensor, next_frame: Tensor) -> Tensor:
        """Mean loss over everything: [..., O], [..., D] -> []."""
        ...

    def measure(self, pairs: Iterable[tuple[Tensor, Tensor]]) -> float:
        """Mean loss over held-out `(output, next_frame)`; keeps what `sample` needs."""
        ...

    def sample(self, output: Tensor, rng: torch.Generator, settings: SampleSettings) -> Tensor:
        """A next frame: [..., O] -> [..., D]."""
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

    def forward(self, frames: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Outputs at every step, from the zero state: [B, T, D] -> [B, T, O].

        Args:
            frames: [B, T, D].
            rng: draws dropout, in training; without it nothing is dropped.
        """
        return self.head(self.core(self.front(frames, rng), rng), rng)

    def advance(self, frame: Tensor, state: CoreState) -> tuple[Tensor, CoreState]:
        """Take in one frame without asking for a prediction: [..., D] -> [..., H]."""
        return self.core.step(self.front(frame), state)

    def step(self, frame: Tensor, state: CoreState) -> tuple[Tensor, CoreState]:
        """Take in one frame: [..., D] -> the output [..., O] that `forward` gives at this step."""
        hidden, state = self.advance(frame, state)
        return self.head(hidden), state

    def initial_state(self, batch: int | tuple[int, ...], like: Tensor) -> CoreState:
        """The zero state, of the kind of `like`, for a batch of any shape."""
        return self.core.initial_state((batch,) if isinstance(batch, int) else batch, like)
