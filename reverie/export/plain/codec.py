"""Sound from codes, as `frames/codec.py` makes it, one frame at a time.

Letters: Q codes of a frame, C values of a code, K principal components, L frames that must follow
one, F bins, n samples of a frame, h = n / 2.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from reverie.export.plain.network import PlainNetwork
from reverie.export.plain.phase import STACKED, PhaseSynthesis
from reverie.frames.codec import Codec, CodecState
from reverie.frames.log_spectrum import FLOOR


class CodecDecoder(nn.Module):
    """The samples of a frame of codes. While frames wait for those after them, it gives silence.

    Its state is a list: the vectors [1, 2·L, K] and the levels [1, 2·L, 2] of the newest frames,
    samples [1, 6·h], magnitudes [1, 3, F], and the frames yet to wait for [1].

    Args:
        codec: whose tables are copied.
        by_matrix: transform by a matrix.
    """

    names = ("vectors", "levels", "recent", "magnitudes", "waiting")

    def __init__(self, codec: Codec, by_matrix: bool) -> None:
        super().__init__()
        self.lookahead: int = codec.lookahead_frames
        self.n_codebooks = len(codec.quantiser.codebooks)
        self.floor: float = FLOOR
        self.bins = codec.spectrum.bins
        for name, table in codec.tables().items():
            self.register_buffer(name, table.clone().contiguous())
        self.mean: Tensor
        self.basis: Tensor
        self.codebooks: Tensor
        self.levels: Tensor
        self.soft: Tensor
        self.synthesis: Any = PhaseSynthesis(codec.spec.hop_samples, by_matrix)
        decoder = codec.decoder
        self.has_decoder = decoder is not None
        self.refine: Any = PlainNetwork(decoder) if decoder is not None else nn.Identity()
        self.scale: Tensor
        self.register_buffer("scale", codec.mean.new_ones(()) if decoder is None else decoder.scale)

    def forward(self, codes: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Decode [1, Q] to [1, n], L frames late."""
        window = self.window(codes, state[0])
        levels = torch.cat([state[1], self.levels.t()[codes[:, :1]]], dim=1)
        middle = window[:, self.lookahead : self.lookahead + 1]
        if self.has_decoder:
            middle = middle + self.refine(window) * self.scale
        logs = self.bounded(middle, levels[:, self.lookahead : self.lookahead + 1])
        logs = logs.reshape(1, -1, self.bins)
        samples, recent, magnitudes = self.synthesis(logs, state[2], state[3])
        is_ready = state[4] < 0.5
        return torch.where(is_ready, samples, torch.zeros_like(samples)), [
            window[:, 1:],
            levels[:, 1:],
            torch.where(is_ready, recent, state[2]),
            torch.where(is_ready, magnitudes, state[3]),
            (state[4] - 1).clamp(min=0),
        ]

    def window(self, codes: Tensor, vectors: Tensor) -> Tensor:
        """Return the vectors of the newest frames and of this one: [1, 2·L + 1, K]."""
        found = self.codebooks[0][codes[:, 0]]
        for place in range(1, self.n_codebooks):
            found = found + self.codebooks[place][codes[:, place]]
        return torch.cat([vectors, found.unsqueeze(1)], dim=1)

    def bounded(self, vectors: Tensor, levels: Tensor) -> Tensor:
        """Return the log magnitudes of vectors [1, 1, K] within levels [1, 1, 2]."""
        softened = vectors @ self.basis + self.mean
        logs = (softened.exp() - self.soft.exp()).clamp_min(self.floor).log()
        loudness = ((2 * logs).logsumexp(-1) - math.log(logs.shape[-1])) / 2
        kept = torch.minimum(torch.maximum(loudness, levels[..., 0]), levels[..., 1])
        return logs + (kept - loudness).unsqueeze(-1)


def codec_state(codec: Codec, state: CodecState) -> list[Tensor]:
    """Return a state of the codec as `CodecDecoder` takes it: of always as many frames."""
    bins, overlap = codec.spectrum.bins, codec.spectrum.spec.overlap_samples
    missing = 2 * codec.lookahead_frames - state.vectors.shape[1]
    vectors, levels = (
        nn.functional.pad(one, (0, 0, missing, 0)) for one in (state.vectors, state.levels)
    )
    recent, magnitudes = state.spectrum[:, : 2 * overlap], state.spectrum[:, 2 * overlap :]
    return [
        vectors,
        levels,
        recent,
        magnitudes.reshape(1, STACKED + 1, bins),
        codec.mean.new_full((1,), float(missing)),
    ]
