"""The codes of a frame from one set of features, one after another.

Letters as in `code_head.py`.
"""

import torch
from torch import Tensor, nn

from reverie.models.embedding import CodeEmbedding
from reverie.models.linear import Linear, dropout_mask
from reverie.models.settings import Precision

OUTPUT_STD = 0.3
"""Initial standard deviation of the output projections' weights, in every codebook."""


class CodeStack(nn.Module):
    """Logits of each codebook, from shared features and the codes before it.

    A bottleneck layer leads into the space of the codec's vectors, and the output projection
    begins at these vectors: the model then learns codes that sound alike together (after Press &
    Wolf 2017, whose output layer is the embedding).

    Args:
        features: E.
        embedding: of the codes before.
        width: W.
        dropout: share of the features dropped in training.
        precision: of the products.
        rng: for the initial weights.
    """

    def __init__(
        self,
        features: int,
        embedding: CodeEmbedding,
        *,
        width: int,
        dropout: float,
        precision: Precision,
        rng: torch.Generator | None,
    ) -> None:
        super().__init__()
        self.n_codebooks, codebook_size, codebook_dim = embedding.weight.shape
        self.width, self.dropout = width, dropout
        self.embedding = embedding
        count = self.n_codebooks
        self.context = Linear(features, count * width, precision, rng)
        self.prefix = [Linear(codebook_dim, width, precision, rng) for _ in range(1, count)]
        self.bottleneck = [Linear(width, codebook_dim, precision, rng) for _ in range(count)]
        self.output_projection = [
            Linear(codebook_dim, codebook_size, precision, rng) for _ in range(count)
        ]
        if not embedding.weight.is_meta:  # there, torch would load its compiler for it
            self._tie(embedding.weight.detach())
        for number, layer in enumerate(self.prefix, 2):
            self.add_module(f"prefix{number}", layer)
        layers = zip(self.bottleneck, self.output_projection, strict=True)
        for number, (bottleneck, projection) in enumerate(layers, 1):
            self.add_module(f"bottleneck{number}", bottleneck)
            self.add_module(f"output_projection{number}", projection)

    @torch.no_grad()
    def _tie(self, weight: Tensor) -> None:
        """Begin with the vectors of the codes, [Q, C, V], of one spread."""
        for projection, vectors in zip(self.output_projection, weight, strict=True):
            projection.weight.copy_(vectors * (OUTPUT_STD / vectors.std().clamp_min(1e-6)))

    def forward(self, features: Tensor, rng: torch.Generator | None) -> Tensor:
        """[..., E] -> [..., Q * W]; `rng` turns dropout on."""
        mask = None if rng is None else dropout_mask(features.shape, self.dropout, rng, features)
        return self.context(features if mask is None else features * mask)

    def split(self, output: Tensor) -> tuple[Tensor, ...]:
        """Split an output by codebook: [..., Q * W] -> Q of [..., W].

        All at once, since each slice of its own would cost a gradient of the whole.
        """
        return output.reshape(*output.shape[:-1], self.n_codebooks, self.width).unbind(-2)

    def logits(self, inner: Tensor, prefix: Tensor, place: int) -> Tensor:
        """Compute the logits of one codebook.

        Args:
            inner: [..., W], its part of `split`.
            prefix: [..., V], the sum of the vectors of the codes before; the first ignores it.
            place: of the codebook, from 0.

        Returns:
            [..., C].
        """
        if place:
            inner = inner + self.prefix[place - 1](prefix)
        return self.output_projection[place](self.bottleneck[place](inner.relu()))
