"""A network over neighbouring frames, as `frames/decoder.py` has it. Letters as there."""

from typing import Any

import torch
from torch import Tensor, nn

from reverie.frames.decoder import KERNEL_FRAMES, ContextNetwork


class PlainNetwork(nn.Module):
    """Tells of the frame in the middle of [1, 2L + 1, K] what the network tells: [1, 1, O].

    Args:
        network: whose weights are copied.
    """

    def __init__(self, network: ContextNetwork) -> None:
        super().__init__()
        self.kernel: int = KERNEL_FRAMES
        self.scale: Tensor
        self.register_buffer("scale", network.scale.clone())
        self.enter, self.leave = _copied(network.enter), _copied(network.leave)
        self.convolve: Any = nn.ModuleList(_copied(one) for one in network.convolve)
        self.mix: Any = nn.ModuleList(_copied(one) for one in network.mix)

    def forward(self, vectors: Tensor) -> Tensor:
        """[1, 2L + 1, K] -> [1, 1, O]."""
        hidden = self.enter(vectors / self.scale)
        edge = self.kernel // 2
        for convolve, mix in zip(self.convolve, self.mix):  # noqa: B905 -- TorchScript has no strict
            count = hidden.shape[1] - 2 * edge
            around = [hidden[:, first : first + count] for first in range(self.kernel)]
            inner = nn.functional.gelu(convolve(torch.cat(around, dim=-1)))
            hidden = hidden[:, edge : edge + count] + mix(inner)
        return self.leave(hidden)


def _copied(layer: nn.Linear) -> nn.Linear:
    copy = nn.Linear(layer.in_features, layer.out_features)
    copy.load_state_dict(layer.state_dict())
    return copy.requires_grad_(False)
