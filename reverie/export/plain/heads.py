"""Heads, written plainly. Letters as in `plain/model.py`."""

import math

import torch
from torch import Tensor, nn

from reverie.errors import ReverieError
from reverie.models.adversarial_head import AdversarialHead
from reverie.models.code_head import CodeHead
from reverie.models.code_stack import CodeStack
from reverie.models.heads import EnsembleHead, LinearHead
from reverie.models.linear import Dense, Linear

OTHER = "Only Reverie's own architectures can be exported like this."


class PlainDense(nn.Module):
    """A dense layer.

    Args:
        dense: whose weights are copied.
    """

    def __init__(self, dense: Dense) -> None:
        super().__init__()
        self.linear, self.relu = _linear(dense.linear), dense.relu

    def forward(self, x: Tensor) -> Tensor:
        """[..., F] -> [..., O]."""
        y = self.linear(x)
        return y.relu() if self.relu else y


class FrameOutputs(nn.Module):
    """A head whose output is the next frame, normalised.

    Args:
        head: whose weights are copied.
    """

    def __init__(self, head: LinearHead | EnsembleHead) -> None:
        super().__init__()
        dense = head.dense if isinstance(head, LinearHead) else None
        self.dense = nn.Identity() if dense is None else PlainDense(dense)
        members = [head.linear] if isinstance(head, LinearHead) else head.members
        self.n_members = len(members)
        # The average of several is one product with their weights side by side.
        weight = torch.cat([one.weight for one in members], dim=1) / len(members)
        bias = torch.stack([one.bias for one in members]).mean(0)
        self.weight: Tensor
        self.bias: Tensor
        self.register_buffer("weight", copied(weight))
        self.register_buffer("bias", copied(bias))

    def forward(self, features: Tensor) -> Tensor:
        """[B, E] -> [B, D]."""
        return nn.functional.linear(self.dense(features), self.weight, self.bias)

    @torch.jit.export
    def logits(self, output: Tensor, codes: Tensor, place: int) -> Tensor:  # noqa: ARG002
        """Frames of numbers have none."""
        return output


class CodeOutputs(nn.Module):
    """A head over codes: what the codes of a frame share, and the logits of each.

    Args:
        head: whose weights are copied.
    """

    def __init__(self, head: CodeHead) -> None:
        super().__init__()
        self.dense = nn.Identity() if head.dense is None else PlainDense(head.dense)
        self.n_codes, self.n_members = head.n_codebooks, len(head.members)
        stacks = head.members
        self.width = stacks[0].width

        def each(name: str, weights: list[Tensor]) -> None:
            self.register_buffer(name, copied(torch.stack(weights)))

        def tables(part: str, kind: str) -> list[Tensor]:
            return [
                torch.stack([getattr(one, kind) for one in _layers(stack, part)])
                for stack in stacks
            ]

        each("context", [stack.context.weight for stack in stacks])
        each("context_bias", [stack.context.bias for stack in stacks])
        each("vectors", [stack.embedding.weight for stack in stacks])
        for part in ("prefix", "bottleneck", "output_projection"):
            each(part, tables(part, "weight"))
            each(f"{part}_bias", tables(part, "bias"))
        self.context: Tensor
        self.context_bias: Tensor
        self.vectors: Tensor
        self.prefix: Tensor
        self.prefix_bias: Tensor
        self.bottleneck: Tensor
        self.bottleneck_bias: Tensor
        self.output_projection: Tensor
        self.output_projection_bias: Tensor

    def forward(self, features: Tensor) -> Tensor:
        """[B, M * E] -> [B, M * Q * W]."""
        features = self.dense(features)
        parts = features.reshape(features.shape[0], self.n_members, -1).transpose(0, 1)
        outputs = torch.matmul(parts, self.context.transpose(1, 2)) + self.context_bias.unsqueeze(1)
        return outputs.transpose(0, 1).flatten(1)

    @torch.jit.export
    def logits(self, output: Tensor, codes: Tensor, place: int) -> Tensor:
        """Compute the logits of one code.

        Args:
            output: [B, M * Q * W].
            codes: [B, Q] or [1, Q], of which those before `place` count.
            place: of the code, from 0.

        Returns:
            [B, C].
        """
        parts = output.reshape(-1, self.n_members, self.n_codes, self.width)
        inner = parts[:, :, place].transpose(0, 1)
        if place > 0:
            before = self.vectors[:, 0][:, codes[:, 0]]
            for number in range(1, place):
                before = before + self.vectors[:, number][:, codes[:, number]]
            weight = self.prefix[:, place - 1].transpose(1, 2)
            inner = (
                inner + torch.matmul(before, weight) + self.prefix_bias[:, place - 1].unsqueeze(1)
            )
        weight, bias = self.bottleneck[:, place].transpose(1, 2), self.bottleneck_bias[:, place]
        narrow = torch.matmul(inner.relu(), weight) + bias.unsqueeze(1)
        weight = self.output_projection[:, place].transpose(1, 2)
        bias = self.output_projection_bias[:, place]
        logits = torch.matmul(narrow, weight) + bias.unsqueeze(1)
        if self.n_members == 1:
            return logits[0]
        return logits.log_softmax(-1).logsumexp(0) - math.log(self.n_members)


def plain_head(head: object) -> nn.Module:
    """Write a head plainly.

    Raises:
        ReverieError: it is of an unknown kind, or draws noise of its own.
    """
    match head:
        case CodeHead():
            return CodeOutputs(head)
        case LinearHead() | EnsembleHead():
            return FrameOutputs(head)
        case AdversarialHead():
            raise ReverieError(
                "a model with an adversary draws noise of its own, and no graph of it is made.",
                "Export it as a folder, or train one without `model.adversary`.",
            )
        case _:
            raise ReverieError(f"no head of a {type(head).__name__} can be exported.", OTHER)


def _layers(stack: CodeStack, part: str) -> list[Linear]:
    """The layers of one part of a stack; of one code alone there is no prefix, and one of zeros
    stands for it."""
    if part == "prefix" and not stack.prefix:
        dim = stack.embedding.weight.shape[2]
        return [Linear(dim, stack.width, "float32", torch.Generator())]
    return {
        "prefix": stack.prefix,
        "bottleneck": stack.bottleneck,
        "output_projection": stack.output_projection,
    }[part]


def _linear(layer: Linear) -> nn.Linear:
    copy = nn.Linear(layer.weight.shape[1], layer.weight.shape[0])
    copy.load_state_dict(layer.state_dict())
    return copy.requires_grad_(False)


def copied(weight: Tensor) -> Tensor:
    """Return a copy in float32."""
    return weight.detach().float().contiguous().clone()
