"""Give a module of the meta device its memory.

`to_empty` of torch does the same, and loads symbolic mathematics for it, which takes seconds.
"""

import torch
from torch import Tensor, nn


def allocate(module: nn.Module) -> nn.Module:
    """Put a module's parameters and buffers on the processor, with any values; return it."""
    given: dict[int, Tensor] = {}
    for part in module.modules():
        for name, parameter in [*part.named_parameters(recurse=False)]:
            empty = nn.Parameter(torch.empty(parameter.shape, dtype=parameter.dtype))
            setattr(part, name, given.setdefault(id(parameter), empty))
        for name, buffer in [*part.named_buffers(recurse=False)]:
            setattr(part, name, torch.empty(buffer.shape, dtype=buffer.dtype))
    return module
