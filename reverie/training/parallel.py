"""Data parallelism: each rank learns from its share of a batch, and all take the same step.

The loss of a batch is a mean over its frames, and so the mean of the shares' losses, each weighted
by its frames. Letters: B batch, T steps, K frames that one step sees, D width of a frame, R ranks.
"""

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from reverie.frames.contract import Representation
from reverie.models.contract import FrameModel
from reverie.training.ranks import Ranks
from reverie.training.sequences import Batch, Sequences


class DataParallel:
    """A model whose gradients are those of all ranks together.

    Args:
        model: with the same weights on every rank.
        ranks: which train together; several.
        sequences: which the batches are of.
    """

    def __init__(self, model: FrameModel, ranks: Ranks, sequences: Sequences) -> None:
        self._ranks, self._sequences = ranks, sequences
        self._has_short = len(sequences.short) > 0
        self._weight = 1.0
        self._model, self._loss = model, _Loss(model)
        self._parallel: nn.Module = self._loss

    def prepare(self, representation: Representation, batch_size: int) -> None:
        """Find out which gradients there are, in which order, by two steps that change nothing.

        torch lays gradients out in the buckets that are sent by their order in the first step, and
        anew before the second. More than two ranks then add up in another order, so that a run
        which begins there again would differ in its last bits.

        Args:
            representation: of the frames, where the model is.
            batch_size: of all ranks together.
        """
        batches = self._sequences.batches(batch_size, None, share=self._ranks.share)
        device = self._model.device
        samples, mask, beat, *_ = next(batches).to(device)
        rng = torch.Generator(device).manual_seed(0)  # noise of an adversary has weights too
        given = representation.analyse(samples), rng, mask, beat
        torch.autograd.backward([self._loss(*given)])
        parameters = [one for one in self._model.parameters() if one.requires_grad]
        has_unused = self._ranks.any(any(one.grad is None for one in parameters))
        self._model.zero_grad(set_to_none=True)
        self._parallel = DistributedDataParallel(
            self._loss, find_unused_parameters=has_unused, gradient_as_bucket_view=True
        )
        torch.autograd.backward([self._parallel(*given)])
        self._model.zero_grad(set_to_none=True)

    def weigh(self, batch: Batch) -> None:
        """Find out how much the loss of this rank's share counts in that of the whole batch."""
        counted = 0 if batch.is_spare else len(batch.samples)
        total = float(batch.total)
        if self._has_short:
            # How many frames the other shares have is not known before they were read.
            steps = counted * self._sequences.steps
            counted = steps if batch.mask is None or not counted else int(batch.mask.sum())
            (total,) = self._ranks.sum(counted)
        self._weight = counted / total

    def __call__(
        self, frames: Tensor, rng: torch.Generator, mask: Tensor | None, beat: Tensor | None
    ) -> Tensor:
        """This rank's part [] of the loss, and the gradients of all parts; see `Gradients`."""
        loss = self._weight * self._parallel(frames, rng, mask, beat)
        torch.autograd.backward([loss * self._ranks.count])  # they are averaged on the way
        return loss.detach()


class _Loss(nn.Module):
    """The loss of a model as a module, whose call `DistributedDataParallel` can prepare."""

    def __init__(self, model: FrameModel) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, frames: Tensor, rng: torch.Generator, mask: Tensor | None, beat: Tensor | None
    ) -> Tensor:
        return self.model.loss(frames, rng, mask, beat)
