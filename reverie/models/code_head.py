"""The head over codes: a distribution of each code of the next frame, given those before it.

After van den Oord et al. 2016 (WaveNet: classification instead of regression) and Lee et al. 2022
(residual codes one after another); the loss is the likelihood, in bits.
Letters as in `contract.py`, and Q codes of a frame, C values of a code, V width of a code's vector,
W width inside the head, M members of an ensemble, E features of each.
"""

import math
from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from reverie.frames.contract import Meaning, Measures
from reverie.models.contract import Sampler
from reverie.models.embedding import CodeEmbedding
from reverie.models.guards import Guard, LevelGuard, Range, SurpriseGuard
from reverie.models.linear import Dense, Linear, dropout_mask
from reverie.models.masking import heard_only
from reverie.models.products import Precision
from reverie.models.sampling import draw_frame
from reverie.models.settings import SampleSettings

USUAL = (0.25, 0.95)
"""Quantiles of held-out music's windows that the guards take for their ranges."""
MEANING = 0.3
"""Standard deviation of the last layer's weights at first, in every stage."""


class CodeHead(nn.Module):
    """Categorical over the codes of the next frame, each given the codes before it in the frame.

    Of several members, the probabilities are averaged.

    Args:
        features: E.
        measures: of the frames, which are codes.
        meaning: of the codes, in the codec; see `CodeEmbedding`. Without it no level is guarded.
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

    surprise: Tensor
    """The `Range` of held-out music's bits in a frame's first code; set by training."""
    loudness: Tensor
    """The `Range` of held-out music's level, by first codes; set by training."""
    levels: Tensor
    """[C], dB, of each first code."""

    def __init__(
        self,
        features: int,
        measures: Measures,
        meaning: Meaning | None,
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
                CodeEmbedding(measures, meaning, rng),
                width=width,
                dropout=dropout,
                precision=precision,
                rng=rng,
            )
            for _ in range(members)
        ]
        for number, member in enumerate(self.members):
            self.add_module(f"member{number + 1}", member)
        self.register_buffer("surprise", torch.zeros(3))
        self.register_buffer("loudness", torch.zeros(3))
        levels = torch.zeros(measures.codebook) if meaning is None else meaning.levels
        self.register_buffer("levels", levels)

    def forward(self, features: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """What the frame's codes have in common: [..., M * E] -> [..., M * Q * W]."""
        if self.dense:
            features = self.dense(features, rng)
        parts = features.chunk(len(self.members), dim=-1)
        heard = [member(part, rng) for member, part in zip(self.members, parts, strict=True)]
        return torch.cat(heard, dim=-1)

    def loss(self, output: Tensor, next_frame: Tensor, heard: Tensor | None = None) -> Tensor:
        """Mean bits a frame, of the average or over the members, target smoothed."""
        output, next_frame = heard_only(output, heard), heard_only(next_frame, heard)
        nats = self._nats(output, next_frame, self.smoothing, self.trained == "together")
        return torch.stack(nats).sum(0).mean() / math.log(2)

    def measure(self, pairs: Iterable[tuple[Tensor, Tensor]]) -> float:
        """Mean bits a frame over held-out `pairs`, of the average, nothing smoothed.

        The ranges of the first codes' bits and levels, in the mean over the later half of each
        sequence and over all of it, are kept for the guards; of the longest sequences alone.
        """
        count, total, frames = 0, 0.0, 0
        bits: list[Tensor] = []
        levels: list[Tensor] = []
        for output, next_frame in pairs:
            nats = self._nats(output, next_frame, 0.0, together=True)
            count += nats[0].numel()
            total += torch.stack(nats).sum(0).double().sum().item()
            first = nats[0].squeeze(0)
            if first.dim() > 1 and first.shape[-1] > frames:
                frames = first.shape[-1]
                bits, levels = [], []
            if first.dim() > 1 and first.shape[-1] == frames:
                bits.append(first[..., frames // 2 :].mean(-1).flatten() / math.log(2))
                levels.append(self.levels[next_frame[..., 0]].mean(-1).flatten())
        if frames:
            self.surprise.copy_(_usual(bits, frames - frames // 2))
            self.loudness.copy_(_usual(levels, frames))
        return total / max(count, 1) / math.log(2)

    def lacks(self, settings: SampleSettings) -> str:
        """The ranges of music, without which nothing is guarded."""
        if not settings.guard or (self.surprise[-1] and self.loudness[-1]):
            return ""
        return "the guards are off: this checkpoint was written before held-out music was measured"

    def sampler(self, settings: SampleSettings, rng: torch.Generator) -> Sampler:
        """What draws the frames of some clips, one after another: [..., O] -> [..., Q] each."""
        guards: list[Guard] = []
        if settings.guard and self.surprise[-1]:
            guards.append(SurpriseGuard(_range(self.surprise)))
        if settings.guard and self.loudness[-1]:
            guards.append(LevelGuard(_range(self.loudness), self.levels))

        def sample(output: Tensor) -> Tensor:
            heard = self._apart(output)
            known: list[Tensor] = [output.new_zeros(()) for _ in self.members]

            def logits_after(codes: list[Tensor]) -> Tensor:
                stage = len(codes)
                if codes:
                    for number, member in enumerate(self.members):
                        vector = member.embedding.weight[stage - 1][codes[-1]]
                        known[number] = known[number] + vector
                every = self._logits(heard, known, stage)
                return every[0] if len(every) == 1 else _averaged(every)

            return draw_frame(self.members[0].stages, logits_after, settings, rng, guards)

        return sample

    def _apart(self, output: Tensor) -> list[tuple[Tensor, ...]]:
        """What each stage of each member gets: [..., M * Q * W] -> M times Q of [..., W]."""
        parts = output.chunk(len(self.members), dim=-1)
        return [member.apart(part) for member, part in zip(self.members, parts, strict=True)]

    def _logits(self, heard: list[tuple[Tensor, ...]], known: list[Tensor], stage: int) -> Tensor:
        """Each member's for one stage, from the sum of the vectors that it knows: [M, ..., C]."""
        return torch.stack(
            [
                member.logits(inner[stage], before, stage)
                for member, inner, before in zip(self.members, heard, known, strict=True)
            ]
        )

    def _nats(
        self, output: Tensor, codes: Tensor, smoothing: float, together: bool
    ) -> list[Tensor]:
        """Of each code: [..., O], [..., Q] -> Q of [1, ...], or for each member of [M, ...]."""
        heard = self._apart(output)
        vectors = [member.embedding(codes).unbind(-2) for member in self.members]
        known: list[Tensor] = [output.new_zeros(()) for _ in self.members]
        nats: list[Tensor] = []
        for stage, target in enumerate(codes.unbind(-1)):
            logits = self._logits(heard, known, stage)
            known = [before + vector[stage] for before, vector in zip(known, vectors, strict=True)]
            if together and len(self.members) > 1:
                logits = _averaged(logits).unsqueeze(0)
            flat = functional.cross_entropy(
                logits.flatten(0, -2),
                target.expand(logits.shape[:-1]).flatten(),
                reduction="none",
                label_smoothing=smoothing,
            )
            nats.append(flat.view(logits.shape[:-1]))
        return nats


class CodeStack(nn.Module):
    """The codes of a frame from one set of features.

    The likelihood of a code is aimed at in the space of what codes mean, where its last layer
    begins: codes that sound alike are then learnt together (after Press & Wolf 2017, whose output
    layer is the embedding).

    Args:
        features: E.
        embedding: of the codes that are known already.
        width: W.
        dropout: share of the inner numbers dropped in training.
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
        self.stages, values, vector = embedding.weight.shape
        self.width, self.dropout = width, dropout
        self.embedding = embedding
        self.context = Linear(features, self.stages * width, precision, rng)
        self.known = [Linear(vector, width, precision, rng) for _ in range(1, self.stages)]
        self.aims = [Linear(width, vector, precision, rng) for _ in range(self.stages)]
        self.values = [Linear(vector, values, precision, rng) for _ in range(self.stages)]
        with torch.no_grad():
            for one, meaning in zip(self.values, embedding.weight, strict=True):
                one.weight.copy_(meaning * (MEANING / meaning.std().clamp_min(1e-6)))
        for number, one in enumerate(self.known):
            self.add_module(f"known{number + 2}", one)
        for number, (aim, one) in enumerate(zip(self.aims, self.values, strict=True)):
            self.add_module(f"aim{number + 1}", aim)
            self.add_module(f"values{number + 1}", one)

    def forward(self, features: Tensor, rng: torch.Generator | None) -> Tensor:
        """[..., E] -> [..., Q * W]; `rng` turns dropout on."""
        mask = None if rng is None else dropout_mask(features.shape, self.dropout, rng, features)
        return self.context(features if mask is None else features * mask)

    def apart(self, heard: Tensor) -> tuple[Tensor, ...]:
        """What each stage gets of it: [..., Q * W] -> Q of [..., W].

        All at once: each slice of its own would cost a gradient of the whole.
        """
        return heard.reshape(*heard.shape[:-1], self.stages, self.width).unbind(-2)

    def logits(self, inner: Tensor, known: Tensor, stage: int) -> Tensor:
        """Of the values of one stage.

        Args:
            inner: [..., W], what it gets of the features.
            known: [..., V], the sum of the vectors of the codes before it; the first needs none.
            stage: which.

        Returns:
            [..., C].
        """
        if stage:
            inner = inner + self.known[stage - 1](known)
        return self.values[stage](self.aims[stage](inner.relu()))


def _averaged(logits: Tensor) -> Tensor:
    """Logarithms of mean probabilities: [M, ..., C] -> [..., C]."""
    return logits.log_softmax(-1).logsumexp(0) - math.log(len(logits))


def _usual(windows: list[Tensor], frames: int) -> Tensor:
    """What `_range` reads, of the means over windows of so many frames: [3]."""
    heard = torch.cat(windows).detach()
    least, most = heard.quantile(heard.new_tensor(USUAL)).unbind()
    return torch.stack([least, most, heard.new_tensor(frames)])


def _range(kept: Tensor) -> Range:
    least, most, frames = (float(one) for one in kept)
    return Range(least, most, int(frames))
