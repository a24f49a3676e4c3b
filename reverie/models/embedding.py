"""Codes as vectors, for fronts that take in numbers.

Letters as in `contract.py`, and Q codes of a frame, C values of a code, V width of a vector.
"""

import torch
from torch import Tensor, nn

from reverie.frames.contract import CodebookInfo, FrameSpec
from reverie.models.contract import Front

SPREAD = 0.1
"""Standard deviation of embeddings that begin at random."""


class CodeEmbedding(nn.Module):
    """A learnt vector for each value of each code.

    Args:
        spec: of the frames, which are codes.
        codebook_info: of the codes in the codec, where the embedding begins (brought to unit
            variance); without it it begins at random.
        rng: for that.
    """

    def __init__(
        self, spec: FrameSpec, codebook_info: CodebookInfo | None, rng: torch.Generator | None
    ) -> None:
        super().__init__()
        shape = spec.width, spec.codebook_size, spec.codebook_dim
        self.weight = nn.Parameter(torch.empty(shape))
        with torch.no_grad():
            if codebook_info is None:
                self.weight.normal_(0, SPREAD, generator=rng)
            else:
                vectors = codebook_info.vectors
                self.weight.copy_(vectors / vectors[0].std().clamp_min(1e-6))

    def forward(self, codes: Tensor) -> Tensor:
        """The vector of each code: [..., Q] -> [..., Q, V]."""
        stages, values, width = self.weight.shape
        places = codes + torch.arange(stages, device=codes.device) * values
        return nn.functional.embedding(places, self.weight.view(-1, width))


class EmbeddedFront(nn.Module):
    """Codes to the sum of their vectors, and these into another front.

    Args:
        embedding: of the codes.
        front: takes V numbers a frame.
    """

    def __init__(self, embedding: CodeEmbedding, front: Front) -> None:
        super().__init__()
        self.features, self.step_frames = front.features, front.step_frames
        self.embedding, self.front = embedding, front

    def forward(self, frames: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """[..., T + K - 1, Q] whole numbers -> [..., T, F]."""
        return self.front(self.embedding(frames).sum(-2), rng)
