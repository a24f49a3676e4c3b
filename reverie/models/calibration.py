"""What sampling needs to know of held-out music: computed in one pass with its loss.

Letters as in `contract.py`, and Q codebooks, C values of a code.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from reverie.models.code_head import CodeHead
from reverie.models.contract import Head, RegressionHead

USUAL = (0.25, 0.95)
"""Quantiles of held-out music's windows that bound the usual range."""

BEAT_QUANTILES = 32
"""N."""

Gather = Callable[[Any], list[Any]]
"""Returns what every process gave that measures a part of held-out music, in their order."""


class UsualRange(NamedTuple):
    """Where a figure of held-out music usually is, in the mean over a window."""

    low: float
    high: float
    frames: int
    """Length of the window."""


@dataclass(frozen=True)
class Calibration:
    """What held-out music tells about sampling; None where nothing was measured."""

    rmse: Tensor | None = None
    """[D], root mean square error of each number of a frame; of frames of real numbers."""
    surprisal_bits: UsualRange | None = None
    """Surprisal of each frame's first code; of frames of codes."""
    loudness_db: UsualRange | None = None
    """Loudness of each frame's first code; of frames of codes."""

    beat_seconds: Tensor | None = None
    """[N], quantiles of the period of the beat; None where no beat was found."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was measured."""
        return self.rmse is None and self.surprisal_bits is None and self.loudness_db is None


def beat_quantiles(periods: Tensor) -> Tensor | None:
    """Summarise the tempi of music: periods [any] in seconds, 0 for no beat -> [N]."""
    beats = periods[periods > 0].flatten().sort().values
    if not len(beats):
        return None
    # Not `quantile`, which takes few numbers.
    places = (torch.arange(BEAT_QUANTILES) + 0.5) / BEAT_QUANTILES * len(beats)
    return beats[places.long()].cpu()


def calibrate(
    head: Head,
    pairs: Iterable[tuple[Tensor, Tensor]],
    loudness_db: Tensor | None = None,
    gather: Gather = lambda part: [part],
) -> tuple[float, Calibration]:
    """Measure held-out music: the mean loss of a head, and what sampling from it needs.

    Args:
        head: over codes or over real numbers.
        pairs: `(output, next_frame)` of held-out music, [B, T, O] and [B, T, D].
        loudness_db: [C], of each first code in the codec.
        gather: brings together what several processes found, each of other music.

    Raises:
        TypeError: the head is of another kind.
    """
    match head:
        case CodeHead():
            return _calibrate_codes(head, pairs, loudness_db, gather)
        case RegressionHead():
            return _calibrate_regression(head, pairs, gather)
        case _:
            raise TypeError(f"no calibration of a {type(head).__name__}")


def _calibrate_regression(
    head: RegressionHead, pairs: Iterable[tuple[Tensor, Tensor]], gather: Gather
) -> tuple[float, Calibration]:
    count = 0
    squares: Tensor | None = None
    device = torch.device("cpu")
    for output, next_frame in pairs:
        device = output.device
        error = (head.predict(output) - next_frame).flatten(0, -2)
        count += error.shape[0]
        # Not every GPU knows double precision.
        summed = error.cpu().double().square().sum(0)
        squares = summed if squares is None else squares + summed
    measured: list[tuple[int, Tensor]] = [part for part in gather((count, squares)) if part[0]]
    if not measured:
        return 0.0, Calibration()
    count = sum(part[0] for part in measured)
    squares = torch.stack([part[1] for part in measured]).sum(0)
    rmse = (squares / max(count, 1)).sqrt().float().to(device)
    return float(squares.mean() / max(count, 1)), Calibration(rmse=rmse)


def _calibrate_codes(
    head: CodeHead,
    pairs: Iterable[tuple[Tensor, Tensor]],
    loudness_db: Tensor | None,
    gather: Gather,
) -> tuple[float, Calibration]:
    """Surprisal and loudness of first codes, in the longest sequences alone.

    Surprisal is averaged over the later half of each sequence, loudness over all of it.
    """
    count, total, frames = 0, 0.0, 0
    bits: list[Tensor] = []
    levels: list[Tensor] = []
    for output, next_frame in pairs:
        nats = head.surprisals(output, next_frame)
        first = nats[0]
        count += first.numel()
        total += torch.stack(nats).sum(0).cpu().double().sum().item()
        if first.dim() > 1 and first.shape[-1] > frames:
            frames = first.shape[-1]
            bits, levels = [], []
        if first.dim() > 1 and first.shape[-1] == frames:
            bits.append(first[..., frames // 2 :].mean(-1).flatten().cpu() / math.log(2))
            if loudness_db is not None:
                levels.append(loudness_db[next_frame[..., 0]].mean(-1).flatten().cpu())
    counts, totals, lengths, *windows = zip(
        *gather((count, total, frames, bits, levels)), strict=True
    )
    count, total, frames = sum(counts), sum(totals), max(lengths)
    longest = [place for place, length in enumerate(lengths) if length == frames]
    bits, levels = ([one for place in longest for one in each[place]] for each in windows)
    loss = total / max(count, 1) / math.log(2)
    return loss, Calibration(
        surprisal_bits=_usual(bits, frames - frames // 2), loudness_db=_usual(levels, frames)
    )


def _usual(windows: list[Tensor], frames: int) -> UsualRange | None:
    """The usual range of means over windows of so many frames."""
    if not windows:
        return None
    means = torch.cat(windows).detach()
    low, high = means.quantile(means.new_tensor(USUAL)).unbind()
    return UsualRange(float(low), float(high), frames)
