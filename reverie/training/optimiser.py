"""RMSprop as Keras has it, with the paper's L2 penalty on dense layers.

Own, because it is small and `torch.optim` is not: loading it takes seconds (it brings the compiler
along), and it goes through memory once for each operation, which costs several times the
arithmetic. Equal to `torch.optim.RMSprop` to rounding, which a test shows.
"""

import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from reverie.errors import ReverieError
from reverie.models.contract import FrameModel
from reverie.models.linear import Linear
from reverie.runs.settings import Recipe

DECAY = 0.9
"""Of the running mean of squared gradients (Tieleman & Hinton 2012; Keras' default)."""
EPSILON = 1e-8
LOWEST_RATE = 0.01
OWN, STEPS = "own weights/", "steps"
PIECE = 1 << 18
"""Weights at a time: with gradient, mean square and intermediate, what two cores' caches hold."""


class RmsProp:
    """RMSprop (Tieleman & Hinton 2012) with Keras' L2 penalty.

    The penalty λ·Σw² has the gradient 2λw, which is added to that of the loss. Decay is apart from
    the gradient (Loshchilov & Hutter 2019). Beside the weights a running mean of them may be kept
    (Polyak & Juditsky 1992).

    Args:
        parameters: all weights, by name.
        penalised: names of those under the penalty.
        l2: λ.
        decay: share of every matrix that a step takes off, times the learning rate.
        ema_decay: share of the running mean that a step keeps, in the long run; 0 keeps no mean.

    Attributes:
        learning_rate: of the next step.
    """

    def __init__(
        self,
        parameters: Mapping[str, Tensor],
        penalised: set[str],
        l2: float,
        *,
        decay: float = 0.0,
        ema_decay: float = 0.0,
    ) -> None:
        self.learning_rate = 0.0
        self._decay, self._ema_decay, self._steps = decay, ema_decay, 0
        kept = list(parameters.items()) if ema_decay else []
        self._other = {name: one.detach().clone() for name, one in kept}
        self._parameters, self._penalised, self._l2 = parameters, penalised, l2
        self._squares = {name: torch.zeros_like(one) for name, one in parameters.items()}
        kind = next(iter(parameters.values()), torch.empty(0))
        most = max((one.numel() for one in parameters.values()), default=0)
        # A GPU has no such caches, and every piece would be another kernel to start.
        self._piece = PIECE if kind.device.type == "cpu" else most
        self._scratch = torch.empty(min(self._piece, most), dtype=kind.dtype, device=kind.device)

    def zero_grad(self) -> None:
        """Let go of all gradients: the next ones then need no addition."""
        for parameter in self._parameters.values():
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Move every weight that has a gradient; gradients are left changed."""
        self._steps += 1
        # The mean over few steps must not remember the weights that training began with.
        kept = min(self._ema_decay, self._steps / (self._steps + 10))
        for name, parameter in self._parameters.items():
            if parameter.grad is None:
                continue
            penalty = 2 * self._l2 if name in self._penalised else 0.0
            whole = (parameter, parameter.grad, self._squares[name])
            # One piece at a time goes through all of the arithmetic while it is in the cache.
            for first in range(0, parameter.numel(), self._piece):
                part = slice(first, first + self._piece)
                weight, gradient, squares = (one.view(-1)[part] for one in whole)
                if penalty:
                    gradient.add_(weight, alpha=penalty)
                squares.mul_(DECAY).addcmul_(gradient, gradient, value=1 - DECAY)
                root = self._scratch[: weight.numel()]
                torch.sqrt(squares, out=root)
                if self._decay and parameter.dim() > 1:
                    weight.mul_(1 - self.learning_rate * self._decay)
                weight.addcdiv_(gradient, root.add_(EPSILON), value=-self.learning_rate)
            if self._ema_decay:
                self._other[name].lerp_(parameter, 1 - kept)

    @contextmanager
    def averaged(self) -> Generator[None]:
        """Inside, the weights are their running mean, if one is kept."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        for name, other in self._other.items():
            parameter = self._parameters[name]
            self._other[name], parameter.data = parameter.data, other

    def state_dict(self) -> dict[str, Tensor]:
        """What a checkpoint keeps besides the weights: the mean squares by name.

        Where a mean of the weights is kept, this is called inside `averaged`: the weights of the
        checkpoint are then the mean, and the weights themselves are here.
        """
        if not self._ema_decay:
            return self._squares
        own = {f"{OWN}{name}": one for name, one in self._other.items()}
        return {**self._squares, **own, STEPS: torch.tensor(self._steps)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` gave, after the weights.

        Raises:
            ReverieError: it is of another model.
        """
        wanted = self.state_dict()
        if {name: one.shape for name, one in wanted.items()} != {
            name: one.shape for name, one in state.items()
        }:
            raise ReverieError("its mean squares are of another model", "Train a new run.")
        for name, squares in self._squares.items():
            squares.copy_(state[name])
        for name, other in self._other.items():
            other.copy_(self._parameters[name].detach())
            self._parameters[name].data.copy_(state[OWN + name])
        self._steps = int(state.get(STEPS, 0))


def build_optimiser(model: FrameModel, recipe: Recipe) -> RmsProp:
    """RMSprop over all weights, those of dense layers penalised."""
    dense = {id(module.weight) for module in model.modules() if isinstance(module, Linear)}
    parameters = dict(model.named_parameters())
    penalised = {name for name, one in parameters.items() if id(one) in dense}
    training = recipe.training
    return RmsProp(
        parameters,
        penalised,
        recipe.model.dense_l2,
        decay=training.weight_decay,
        ema_decay=training.ema_decay,
    )


def set_learning_rate(optimiser: RmsProp, recipe: Recipe, done: float, step: int) -> None:
    """Set the rate for the next step.

    Args:
        optimiser: to be set.
        recipe: names the schedule.
        done: share of the training done, 0 to 1.
        step: steps done.
    """
    rate = recipe.training.learning_rate * warmup(step, recipe.training.warmup_steps)
    if recipe.training.learning_rate_decay == "cosine":
        rate *= cosine(done)
    optimiser.learning_rate = rate


def warmup(step: int, steps: int) -> float:
    """Share of the full learning rate in step `step`, from 0, where it rises over `steps`.

    The first mean squares are of few gradients and so too low, and the steps too long.
    """
    return min(1.0, (step + 1) / max(steps, 1))


def cosine(done: float) -> float:
    """Share of the full learning rate when this share of training is done, 1 to a hundredth."""
    return LOWEST_RATE + (1 - LOWEST_RATE) * (1 + math.cos(math.pi * done)) / 2
