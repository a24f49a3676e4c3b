"""Embed codes as vectors, for fronts whose input is real numbers.

Letters as in `contract.py`, and Q codes of a frame, C values of a code, V width of a vector.
"""

import torch
from torch import Tensor, nn

from reverie.frames.contract import CodebookInfo, FrameSpec
from reverie.models.contract import Front

SPREAD = 0.1
"""Standard deviation of embeddings that are initialised at random."""


class CodeEmbedding(nn.Module):
    """Learn a vector for each value of each code.

    Args:
        spec: of the frames, which are codes.
        codebook_info: the codec's vectors, scaled to unit variance, which initialise the
            embedding; None initialises it at random.
        rng: draws a random initialisation.
    """

    def __init__(
        self, spec: FrameSpec, codebook_info: CodebookInfo | None, rng: torch.Generator | None
    ) -> None:
        super().__init__()
        shape = spec.width, spec.codebook_size, spec.codebook_dim
        self.weight = nn.Parameter(torch.empty(shape))
        if not self.weight.is_meta:  # there, torch would load its compiler for it
            self._begin(codebook_info, rng)

    @torch.no_grad()
    def _begin(self, codebook_info: CodebookInfo | None, rng: torch.Generator | None) -> None:
        if codebook_info is None:
            self.weight.normal_(0, SPREAD, generator=rng)
        else:
            vectors = codebook_info.vectors
            self.weight.copy_(vectors / vectors[0].std().clamp_min(1e-6))

    def forward(self, codes: Tensor) -> Tensor:
        """Look up the vector of each code: [..., Q] -> [..., Q, V]."""
        n_codebooks, values, width = self.weight.shape
        places = codes + torch.arange(n_codebooks, device=codes.device) * values
        return nn.functional.embedding(places, self.weight.view(-1, width))


class EmbeddedFront(nn.Module):
    """Sum the vectors of a frame's codes, and feed the sum to another front.

    Args:
        embedding: of the codes.
        front: takes V numbers a frame.
    """

    def __init__(self, embedding: CodeEmbedding, front: Front) -> None:
        super().__init__()
        self.features, self.step_frames = front.features, front.step_frames
        self.embedding, self.front = embedding, front

    def forward(self, frames: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Encode frames of codes: [..., T + K - 1, Q] whole numbers -> [..., T, F]."""
        return self.front(self.embedding(frames).sum(-2), rng)
