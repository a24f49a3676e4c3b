"""The loss of a batch and its gradients: computed as written, or replayed as a CUDA graph.

A step of a recurrent model is thousands of small kernels. A GPU computes each in microseconds, and
starting one from Python takes longer than that, so the GPU waits. A CUDA graph is a step's kernels
recorded once and started together (https://pytorch.org/docs/stable/notes/cuda.html#cuda-graphs).

Letters: B batch, T steps, K frames that one step sees, D width of a frame.
"""

from typing import Any, NamedTuple, Protocol, cast

import torch
from torch import Tensor

from reverie.models.contract import FrameModel

WARM_UP = 3
"""Times that a step is computed before it is recorded, so that libraries have set themselves up."""


class Gradients(Protocol):
    """Computes the loss of a batch, or of one rank's share of it, and the gradients of it."""

    def __call__(
        self, frames: Tensor, rng: torch.Generator, mask: Tensor | None, beat: Tensor | None
    ) -> Tensor:
        """Return the loss [], and leave its gradients with the parameters, which have none.

        Args:
            frames: [B, T + K, D].
            rng: draws dropout; new for this batch, so that its seed says all.
            mask: [B, T], which steps count; None for all.
            beat: [B, T, 2], of the next frames.
        """
        ...


def gradients_of(model: FrameModel) -> Gradients:
    """Return what computes gradients where `model` is: recorded ones on a CUDA device."""
    if model.device.type == "cuda":
        return GraphedGradients(model)
    return PlainGradients(model)


class PlainGradients:
    """Gradients of a model, computed as its code says."""

    def __init__(self, model: FrameModel) -> None:
        self._model = model

    def __call__(
        self, frames: Tensor, rng: torch.Generator, mask: Tensor | None, beat: Tensor | None
    ) -> Tensor:
        """Compute them; see `Gradients`."""
        loss = self._model.loss(frames, rng, mask, beat)
        torch.autograd.backward([loss])
        return loss.detach()


class GraphedGradients:
    """Gradients of a model on a CUDA device: recorded with the first batch of a size, and replayed.

    The kernels are those of `PlainGradients`. A batch with a mask, whose kernels depend on its
    values, is computed without a graph; and so is everything where a model does what cannot be
    recorded.

    Args:
        model: on a CUDA device; its parameters must stay where they are.
    """

    def __init__(self, model: FrameModel) -> None:
        self._model, self._plain = model, PlainGradients(model)
        self._recorded: dict[int, _Recorded] = {}
        """By the number of sequences: that of whole batches, and that of an epoch's last."""
        self._can_record = True

    def __call__(
        self, frames: Tensor, rng: torch.Generator, mask: Tensor | None, beat: Tensor | None
    ) -> Tensor:
        """Replay them; see `Gradients`."""
        if mask is not None or not self._can_record:
            return self._plain(frames, rng, mask, beat)
        if len(frames) not in self._recorded:
            try:
                self._recorded[len(frames)] = _record(self._model, frames, beat)
            except RuntimeError:  # as torch says that an operation cannot be recorded
                self._model.zero_grad(set_to_none=True)
                self._can_record = False
                return self._plain(frames, rng, mask, beat)
        return self._recorded[len(frames)].replay(self._model, frames, rng, beat)


class _Recorded(NamedTuple):
    """A step's kernels, and the memory that they read and write."""

    graph: torch.cuda.CUDAGraph
    rng: torch.Generator
    frames: Tensor
    """[B, T + K, D]."""
    beat: Tensor | None
    """[B, T, 2]."""
    loss: Tensor
    """[]."""
    gradients: list[Tensor | None]
    """Of the parameters, in their order; None of one that has no part in the loss."""

    def replay(
        self, model: FrameModel, frames: Tensor, rng: torch.Generator, beat: Tensor | None
    ) -> Tensor:
        self.frames.copy_(frames)
        if self.beat is not None and beat is not None:
            self.beat.copy_(beat)
        self.rng.manual_seed(rng.initial_seed())
        self.graph.replay()
        for parameter, gradient in zip(model.parameters(), self.gradients, strict=True):
            parameter.grad = gradient
        return self.loss


def _record(model: FrameModel, frames: Tensor, beat: Tensor | None) -> _Recorded:
    """Record the kernels of a step on batches like this one.

    Raises:
        RuntimeError: the model does what cannot be recorded.
    """
    graph, rng = torch.cuda.CUDAGraph(), torch.Generator(model.device)
    frames, beat = frames.clone(), None if beat is None else beat.clone()
    plain = PlainGradients(model)
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(WARM_UP):
            plain(frames, rng.manual_seed(0), None, beat)
            model.zero_grad(set_to_none=True)
    torch.cuda.current_stream().wait_stream(aside)
    # Rounded copies of the weights must be made anew in each replay, and so while it is recorded.
    torch.autograd.graph.increment_version(list(model.parameters()))
    cast(Any, graph).register_generator_state(rng)  # torch does not annotate its type
    with torch.cuda.graph(graph):
        loss = plain(frames, rng, None, beat)
    gradients = [parameter.grad for parameter in model.parameters()]
    return _Recorded(graph, rng, frames, beat, loss, gradients)
