"""Sound of the full band and of both channels from codes, as `frames/full_band` makes it.

Letters as there: C channels, E features, m samples of a frame at the narrow rate, g = m / 2;
n at the full rate, h = n / 2.
"""

from typing import Any

import torch
from torch import Tensor, nn

from reverie.export.plain.codec import CodecDecoder, codec_state
from reverie.export.plain.network import PlainNetwork
from reverie.export.plain.spectra import cut, make_windows, overlap_add
from reverie.frames.full_band.bands import HIGH_STEPS, NOISE_WINDOWS
from reverie.frames.full_band.codec import FullBandCodec, FullBandState
from reverie.frames.full_band.widening import MOST_SIDE
from reverie.frames.full_band.windows import sine

N_NARROW = len(CodecDecoder.names)


class WideDecoder(nn.Module):
    """The samples of a frame of codes, in the full band and for each channel.

    Its state is that of the narrow codec, and the newest narrow samples [1, g], features [1, 1, E],
    the halves of windows that wait, [C, h] and [C, h / 2], the windows of noise so far [1], and the
    mean of the prompt's features [1, E].

    Args:
        codec: whose tables are copied.
        by_matrix: transform by a matrix.
    """

    names = (*CodecDecoder.names, "narrow", "features", "long", "short", "windows", "style")

    def __init__(self, codec: FullBandCodec, by_matrix: bool) -> None:
        super().__init__()
        bands = codec.bands
        self.channels = codec.spec.channels
        self.long_half, self.narrow_half = codec.half, codec.narrow_half
        self.n_high, self.n_stereo = bands.n_high, len(bands.stereo)
        self.steps: int = HIGH_STEPS
        self.most_windows: int = NOISE_WINDOWS
        self.most_side: float = MOST_SIDE
        self.n_narrow: int = N_NARROW
        self.codec: Any = CodecDecoder(codec.narrow, by_matrix)
        self.teller: Any = PlainNetwork(codec.teller)
        turn = bands.turn.imag
        noise = torch.stack([bands.noise.real, bands.noise.imag], dim=2)
        for name, table in (
            ("means", codec.means),
            ("scales", codec.scales),
            ("vector_scale", codec.vector_scale),
            ("high", bands.high),
            ("stereo", bands.stereo),
            ("stereo_of_high", bands.stereo_of_high),
            ("turn", turn),
            ("noise", noise),
            ("next_windows", torch.arange(HIGH_STEPS)),
        ):
            self.register_buffer(name, table.clone().contiguous())
        self.means: Tensor
        self.scales: Tensor
        self.vector_scale: Tensor
        self.high: Tensor
        self.stereo: Tensor
        self.stereo_of_high: Tensor
        self.turn: Tensor
        self.noise: Tensor
        self.next_windows: Tensor

        def windows(size: int) -> nn.Module:
            return make_windows(sine(size, torch.float32, torch.device("cpu")).clone(), by_matrix)

        self.narrow_windows: Any = windows(2 * self.narrow_half)
        self.long_windows: Any = windows(2 * self.long_half)
        self.short_windows: Any = windows(self.long_half)

    def forward(self, codes: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Decode [1, Q] to [C, n], as late as the codec."""
        narrow_state, wide = state[: self.n_narrow], state[self.n_narrow :]
        window = self.codec.window(codes, narrow_state[0])
        is_ready = narrow_state[4] < 0.5
        mid, narrow_state = self.codec(codes, narrow_state)
        style = wide[5].unsqueeze(1).expand(-1, window.shape[1], -1)
        heard = torch.cat([window / self.vector_scale, style], dim=-1)
        features = self.means + self.scales * (wide[5].unsqueeze(1) + self.teller(heard))
        samples, after = self.widen(mid, features, wide)
        for place in range(5):
            narrow_state.append(torch.where(is_ready, after[place], wide[place]))
        narrow_state.append(wide[5])
        return torch.where(is_ready, samples, torch.zeros_like(samples)), narrow_state

    def widen(
        self, mid: Tensor, features: Tensor, state: list[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """Widen [1, m] to [C, n] by the features of the frame before."""
        narrow = torch.cat([state[0], mid], dim=1)
        long = self.resized(self.narrow_windows(cut(narrow, self.narrow_half, 2)))
        places = torch.remainder(state[4].long() + self.next_windows, self.most_windows)
        noise = self.noise[:, places]
        told = state[1][0, 0]
        levels = self.steps * self.n_high
        loud = told[:levels].reshape(self.steps, self.n_high).exp() @ self.high * self.long_half
        loud = loud.unsqueeze(1)
        short = (loud * noise[0]).unsqueeze(0)
        if self.channels > 1:
            share = told[levels : levels + self.n_stereo].clamp(0, self.most_side)
            most = 2 * (share * (1 - share)).sqrt()
            balance = told[levels + self.n_stereo :].clamp(-1, 1)
            lean = torch.minimum(torch.maximum(balance, -most), most) / (2 * (1 - share))
            width = (share / (1 - share) - lean.square()).clamp_min(0).sqrt()
            turned = (width @ self.stereo) * self.turn
            quarter = torch.stack([-long[:, :, 1], long[:, :, 0]], dim=2)
            side = long * (lean @ self.stereo) + quarter * turned
            long = torch.cat([long, side], dim=0)
            loud = loud * (1 - share).sqrt()[self.stereo_of_high]
            high_side = loud * (
                lean[self.stereo_of_high] * noise[0] + width[self.stereo_of_high] * noise[1]
            )
            short = torch.stack([loud * noise[0], high_side], dim=0)
        longs = overlap_add(self.long_windows.inverse(long), self.long_half, 2)
        shorts = overlap_add(self.short_windows.inverse(short), self.long_half // 2, 2)
        longs = longs + nn.functional.pad(state[2], (0, 2 * self.long_half))
        shorts = shorts + nn.functional.pad(state[3], (0, self.steps * (self.long_half // 2)))
        wide = longs[:, : -self.long_half] + shorts[:, : -(self.long_half // 2)]
        if self.channels > 1:
            wide = torch.stack([wide[0] + wide[1], wide[0] - wide[1]], dim=0)
        return wide, [
            narrow[:, -self.narrow_half :],
            features,
            longs[:, -self.long_half :],
            shorts[:, -(self.long_half // 2) :],
            torch.remainder(state[4] + self.steps, float(self.most_windows)),
        ]

    def resized(self, spectra: Tensor) -> Tensor:
        """Return spectra of the narrow windows as those of long ones: [1, 2, 2, g + 1] ->
        [1, 2, 2, h + 1]."""
        scaled = spectra * (self.long_half / self.narrow_half)
        if self.long_half == self.narrow_half:
            return scaled
        # The highest bin that both have holds no phase.
        shared = min(self.long_half, self.narrow_half)
        return nn.functional.pad(scaled[..., :shared], (0, self.long_half + 1 - shared))


def wide_state(codec: FullBandCodec, state: FullBandState) -> list[Tensor]:
    """Return a state of the codec, in which no frame waits, as `WideDecoder` takes it."""
    wide = state.wide
    return [
        *codec_state(codec.narrow, state.narrow),
        wide.narrow,
        wide.features,
        wide.long[0],
        wide.short[0],
        codec.means.new_full((1,), float(wide.windows)),
        state.style,
    ]
