"""A model's step, written plainly: frame and state to the head's output.

Letters as in `models/contract.py`: B sequences side by side, K frames that one step sees, D width
of a frame, F features, H hidden width, O outputs; M members, N layers, Q codes of a frame, C values
of a code, V width of a code's vector, W width inside the head.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from reverie.errors import ReverieError
from reverie.export.plain.heads import OTHER, PlainDense, copied, plain_head
from reverie.models.beat import MEDIAN_SECONDS, BeatConditioner
from reverie.models.code_head import CodeHead
from reverie.models.contract import FrameModel
from reverie.models.cores import LstmCore
from reverie.models.embedding import EmbeddedFront
from reverie.models.fronts import ConvFront, DenseFront, NoFront
from reverie.models.linear import Dense
from reverie.models.lstm import Lstm
from reverie.models.pooled_conv import POOL_COLUMNS


class PlainModel(nn.Module):
    """Advance B sequences by one frame.

    Args:
        model: whose weights are copied.

    Raises:
        ReverieError: a part of it is of an unknown kind.
    """

    def __init__(self, model: FrameModel) -> None:
        super().__init__()
        front = model.front
        self.vectors: Any = nn.Identity()
        self.is_codes = isinstance(front, EmbeddedFront)
        if isinstance(front, EmbeddedFront):
            self.vectors, front = _Vectors(front.embedding.weight), front.front
        self.front: Any = _front(front)
        if not isinstance(model.core, LstmCore):
            raise ReverieError("the model's core is no LSTM.", OTHER)
        self.layers: Any = nn.ModuleList(_Layer(layer) for layer in model.core.layers)
        self.n_members = model.core.layers[0].members
        self.is_summed = model.core.join == "sum"
        self.step_frames: int = model.step_frames
        conditioner = model.conditioner
        if not (conditioner is None or isinstance(conditioner, BeatConditioner)):
            raise ReverieError("the model is told more than the beat.", OTHER)
        self.hears_beat = conditioner is not None
        self.median_seconds: float = MEDIAN_SECONDS
        self.beat: Tensor
        self.register_buffer("beat", torch.zeros(()) if conditioner is None else copied(
            conditioner.weight
        ))  # fmt: skip
        self.head: Any = plain_head(model.head)
        self.n_codes = model.head.n_codebooks if isinstance(model.head, CodeHead) else 0
        self.state_shape = (len(self.layers), self.n_members, model.core.layers[0].hidden)

    def forward(
        self, seen: Tensor, hidden: Tensor, cell: Tensor, beat: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Take one frame.

        Args:
            seen: [B, K, D], the frame and those before it that the step sees; [1, K, D] is the
                same for all.
            hidden: [N, M, B, H].
            cell: [N, M, B, H].
            beat: [B, 2], position and period of the frame to be predicted; ignored by a model
                without it.

        Returns:
            the output [B, O], and both states after it.
        """
        projected = self.layers[0].project(self.features(seen, beat).unsqueeze(0))
        top, advanced, moved = self.advance(projected, hidden, cell)
        return self.output(top), advanced, moved

    def advance(
        self, projected: Tensor, hidden: Tensor, cell: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Advance all layers: the first one's [M, B, 4H] and both states -> the last one's hidden
        state [M, B, H], and both states."""
        advanced: list[Tensor] = []
        moved: list[Tensor] = []
        for number, layer in enumerate(self.layers):
            inputs = projected if number == 0 else layer.project(advanced[-1])
            above, after = layer(inputs, hidden[number], cell[number])
            advanced.append(above)
            moved.append(after)
        return advanced[-1], torch.stack(advanced), torch.stack(moved)

    @torch.jit.export
    def project(self, seen: Tensor, beat: Tensor) -> Tensor:
        """Compute the part of a step that needs no state: [1, K, D], [J, 2] -> [M, J, 4H]."""
        return self.layers[0].project(self.features(seen, beat).unsqueeze(0))

    def features(self, seen: Tensor, beat: Tensor) -> Tensor:
        """[B, K, D] and [B, 2] -> [B, F]."""
        features = self.front(self.vectors(seen))
        if self.hears_beat:
            features = features + self.beat_features(beat) @ self.beat.t()
        return features

    def beat_features(self, beat: Tensor) -> Tensor:
        """[B, 2] -> [B, 6], as `models/beat.py`."""
        position, period = beat[:, 0], beat[:, 1]
        one, two = 2 * math.pi * position, math.pi * position
        octaves = (period.clamp_min(1e-3) / self.median_seconds).log() / math.log(2)
        parts = [one.sin(), one.cos(), two.sin(), two.cos(), octaves, torch.ones_like(period)]
        return torch.stack(parts, dim=-1) * (period > 0).to(period.dtype).unsqueeze(-1)

    def output(self, hidden: Tensor) -> Tensor:
        """Join the members, and apply the head: [M, B, H] -> [B, O]."""
        if self.is_summed:
            return self.head(hidden.sum(0))
        return self.head(hidden.transpose(0, 1).flatten(1))

    @torch.jit.export
    def logits(self, output: Tensor, codes: Tensor, place: int) -> Tensor:
        """The logits of one code given those before it; see `CodeOutputs`."""
        return self.head.logits(output, codes, place)


class _Vectors(nn.Module):
    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.n_codes = weight.shape[0]
        self.weight: Tensor
        self.register_buffer("weight", copied(weight))

    def forward(self, seen: Tensor) -> Tensor:
        """[B, K, Q] -> [B, K, V], the sum of the codes' vectors."""
        found = self.weight[0][seen[..., 0]]
        for place in range(1, self.n_codes):
            found = found + self.weight[place][seen[..., place]]
        return found


class _Newest(nn.Module):
    def forward(self, seen: Tensor) -> Tensor:
        """[B, 1, D] -> [B, D]."""
        return seen[:, 0]


class _DenseFront(nn.Module):
    def __init__(self, dense: Dense) -> None:
        super().__init__()
        self.dense = PlainDense(dense)

    def forward(self, seen: Tensor) -> Tensor:
        """[B, 1, D] -> [B, F]."""
        return self.dense(seen[:, 0])


class _ConvFront(nn.Module):
    def __init__(self, front: ConvFront) -> None:
        super().__init__()
        self.planes, self.columns = front.planes, front.columns
        self.is_sequence = front.step_frames > 1
        self.rows = front.rows
        self.pooled = POOL_COLUMNS
        self.weight: Tensor
        self.bias: Tensor
        self.register_buffer("weight", copied(front.weight))
        self.register_buffer("bias", copied(front.bias))
        self.above, self.beside = front.weight.shape[2] // 2, front.weight.shape[3] // 2

    def forward(self, seen: Tensor) -> Tensor:
        """[B, K, D] -> [B, F]."""
        images = seen.reshape(seen.shape[0], seen.shape[1], self.planes, self.columns)
        if self.is_sequence:
            images = images.transpose(1, 2)
        maps = nn.functional.conv2d(
            images, self.weight, self.bias, padding=(self.above, self.beside)
        )
        maps = maps[:, :, : self.rows]
        pooled = nn.functional.max_pool2d(maps, (self.rows, self.pooled))
        return pooled.relu().flatten(1)


class _Layer(nn.Module):
    def __init__(self, layer: Lstm) -> None:
        super().__init__()
        self.into: Tensor
        self.around: Tensor
        self.bias: Tensor
        self.register_buffer("into", copied(layer.weight_input.transpose(1, 2)))
        self.register_buffer("around", copied(layer.weight_hidden.transpose(1, 2)))
        self.register_buffer("bias", copied(layer.bias.unsqueeze(1)))

    def project(self, inputs: Tensor) -> Tensor:
        """[M or 1, B, F] -> [M, B, 4H]."""
        return torch.matmul(inputs, self.into) + self.bias

    def forward(self, projected: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """[M, B or 1, 4H] and two of [M, B, H] -> two of [M, B, H]."""
        gates = projected + torch.matmul(hidden, self.around)
        write, forget, content, read = gates.chunk(4, dim=-1)
        after = forget.sigmoid() * cell + write.sigmoid() * content.tanh()
        return read.sigmoid() * after.tanh(), after


def _front(front: object) -> nn.Module:
    match front:
        case NoFront():
            return _Newest()
        case DenseFront():
            return _DenseFront(front.dense)
        case ConvFront():
            return _ConvFront(front)
        case _:
            raise ReverieError(f"no front of a {type(front).__name__} can be exported.", OTHER)
