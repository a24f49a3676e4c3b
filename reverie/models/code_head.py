"""The head over codes: a distribution of each code of the next frame, given those before it.

After van den Oord et al. 2016 (WaveNet: classification instead of regression) and Lee et al. 2022
(residual codes one after another); the loss is the likelihood, in bits.
Letters as in `contract.py`, and Q codebooks, C values of a code, V width of a code's vector,
W width inside the head, M members of an ensemble, E features of each.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from reverie.frames.contract import CodebookInfo, FrameSpec
from reverie.models.code_stack import CodeStack
from reverie.models.embedding import CodeEmbedding
from reverie.models.linear import Dense
from reverie.models.masking import masked
from reverie.models.settings import Precision


class CodeHead(nn.Module):
    """Categorical over the codes of the next frame, each given the codes before it in the frame.

    The probabilities of several members are averaged.

    Args:
        features: E.
        spec: of the frames, which are codes.
        codebook_info: of the codes, in the codec; see `CodeEmbedding`.
        width: W.
        dense: a layer before, H to any width; of one member only.
        members: M.
        trained: `together` learns from the likelihood of the average, `apart` from each one's.
        dropout: share of the inner numbers dropped in training.
        smoothing: share of the target spread over all values in training (Szegedy et al. 2016).
        precision: of the products.
        rng: for the initial weights.
    """

    unit = "bits a frame"

    def __init__(
        self,
        features: int,
        spec: FrameSpec,
        codebook_info: CodebookInfo | None,
        *,
        width: int,
        dense: Dense | None = None,
        members: int = 1,
        trained: Literal["together", "apart"] = "together",
        dropout: float,
        smoothing: float,
        precision: Precision,
        rng: torch.Generator | None,
    ) -> None:
        super().__init__()
        self.trained: Literal["together", "apart"] = trained
        self.smoothing = smoothing
        self.dense = dense
        self.members = [
            CodeStack(
                dense.outputs if dense else features,
                CodeEmbedding(spec, codebook_info, rng),
                width=width,
                dropout=dropout,
                precision=precision,
                rng=rng,
            )
            for _ in range(members)
        ]
        for number, member in enumerate(self.members):
            self.add_module(f"member{number + 1}", member)

    @property
    def n_codebooks(self) -> int:
        """Q."""
        return self.members[0].n_codebooks

    def forward(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Compute what the codes of the frame share: [..., M * E] -> [..., M * Q * W]."""
        if self.dense:
            features = self.dense(features, rng)
        parts = features.chunk(len(self.members), dim=-1)
        outputs = [member(part, rng) for member, part in zip(self.members, parts, strict=True)]
        return torch.cat(outputs, dim=-1)

    def loss(self, output: Tensor, next_frame: Tensor, mask: Tensor | None = None) -> Tensor:
        """Mean bits a frame, of the average or over the members, target smoothed."""
        output, next_frame = masked(output, mask), masked(next_frame, mask)
        nats = self._nats(output, next_frame, self.smoothing, self.trained == "together")
        return torch.stack(nats).sum(0).mean() / math.log(2)

    def surprisals(self, output: Tensor, codes: Tensor) -> list[Tensor]:
        """Compute each code's surprisal in nats, given the codes before it, nothing smoothed.

        Args:
            output: [..., O].
            codes: [..., Q], of the frames that `output` predicts.

        Returns:
            Q of [...].
        """
        return [nats.squeeze(0) for nats in self._nats(output, codes, 0.0, together=True)]

    def prefix(self, output: Tensor) -> "CodePrefix":
        """Begin a frame: no code of it is known yet, [..., O]."""
        return CodePrefix(self, output)

    def split(self, output: Tensor) -> list[tuple[Tensor, ...]]:
        """Split an output by member and codebook: [..., M * Q * W] -> M times Q of [..., W]."""
        parts = output.chunk(len(self.members), dim=-1)
        return [member.split(part) for member, part in zip(self.members, parts, strict=True)]

    def logits(self, inner: list[tuple[Tensor, ...]], prefix: list[Tensor], place: int) -> Tensor:
        """Compute each member's logits of one codebook: [M, ..., C].

        Args:
            inner: what `split` gave.
            prefix: M of [..., V], the sum of the vectors of the codes before.
            place: of the codebook, from 0.
        """
        return torch.stack(
            [
                member.logits(part[place], before, place)
                for member, part, before in zip(self.members, inner, prefix, strict=True)
            ]
        )

    def _nats(
        self, output: Tensor, codes: Tensor, smoothing: float, together: bool
    ) -> list[Tensor]:
        """Of each code: [..., O], [..., Q] -> Q of [1, ...], or for each member of [M, ...]."""
        inner = self.split(output)
        vectors = [member.embedding(codes).unbind(-2) for member in self.members]
        prefix: list[Tensor] = [output.new_zeros(()) for _ in self.members]
        nats: list[Tensor] = []
        for place, target in enumerate(codes.unbind(-1)):
            logits = self.logits(inner, prefix, place)
            prefix = [
                before + vector[place] for before, vector in zip(prefix, vectors, strict=True)
            ]
            if together and len(self.members) > 1:
                logits = average(logits).unsqueeze(0)
            flat = functional.cross_entropy(
                logits.flatten(0, -2),
                target.expand(logits.shape[:-1]).flatten(),
                reduction="none",
                label_smoothing=smoothing,
            )
            nats.append(flat.view(logits.shape[:-1]))
        return nats


class CodePrefix:
    """The codes of a frame that are known so far, and the distribution of the next.

    Args:
        head: whose distribution.
        output: [..., O], of the frame.
    """

    def __init__(self, head: CodeHead, output: Tensor) -> None:
        self._head, self._inner = head, head.split(output)
        self._vectors: list[Tensor] = [output.new_zeros(()) for _ in head.members]
        self._place = 0

    def logits(self) -> Tensor:
        """Compute the logits of the next code: [..., C]."""
        logits = self._head.logits(self._inner, self._vectors, self._place)
        return logits[0] if len(logits) == 1 else average(logits)

    def append(self, codes: Tensor) -> None:
        """Add the next code, [...]."""
        for number, member in enumerate(self._head.members):
            vector = member.embedding.weight[self._place][codes]
            self._vectors[number] = self._vectors[number] + vector
        self._place += 1


def average(logits: Tensor) -> Tensor:
    """Logarithms of mean probabilities: [M, ..., C] -> [..., C]."""
    return logits.log_softmax(-1).logsumexp(0) - math.log(len(logits))
