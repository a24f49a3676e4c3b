"""A codec of the full band and of both channels.

Codes describe the mid, the mean of the channels, up to some frequency, as those of a mono codec at
a lower rate do, and are no more than there. All else is told from them by a small network, as
features of bands (`features.py`), and made by `widening.py`. What lasts as long as a recording,
such as where its instruments stand and how high it reaches, no code tells: the network is told the
mean of the features of the prompt, which music continues, and tells by how much a frame differs
from it.
Letters as in these, and as in `frames/codec.py`.
"""

import copy
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

import torch
from torch import Tensor
from torch.nn import functional

from reverie.frames.codec import Codec, CodecState, read_codec, save_codec
from reverie.frames.codec_fit import fit_codec
from reverie.frames.contract import Representation
from reverie.frames.decoder import ContextNetwork, DecoderSize
from reverie.frames.full_band.bands import make_bands
from reverie.frames.full_band.features import measure, measure_channels, n_features
from reverie.frames.full_band.levels import corrections
from reverie.frames.full_band.widening import WideState, initial_wide_state, widen
from reverie.frames.full_band.windows import narrowed
from reverie.frames.settings import FrameSettings
from reverie.frames.transforms import frame_spec

TELLER = "teller."
"""Begins the names of the network's tables in a file."""
SCALE_FLOOR = 1e-3


class FullBandState(NamedTuple):
    """What synthesis keeps of the frames before."""

    narrow: CodecState
    """The narrow codec's."""
    wide: WideState
    """Of what is made of its sound."""
    style: Tensor
    """[B, E], the mean of the features of the prompt, in deviations from their means."""


class FullBandCodec(Representation):
    """Turns samples [B, C, S] into codes [B, T, Q], and back.

    Args:
        settings: the sizes.
        rate_hz: of the samples.
        narrow: the codec of the mid.
        means: [E], of the features.
        scales: [E], their standard deviations.
        teller: tells from `inputs` by how much the features of a frame, in `scales`, differ from
            those of the prompt.
    """

    def __init__(
        self,
        settings: FrameSettings,
        rate_hz: int,
        narrow: Codec,
        means: Tensor,
        scales: Tensor,
        teller: ContextNetwork,
    ) -> None:
        super().__init__(frame_spec(settings, rate_hz))
        self.settings, self.rate_hz, self.narrow = settings, rate_hz, narrow
        self.means, self.scales, self.teller = means, scales, teller
        fine_hz = settings.fine_hz or rate_hz / 2
        self.bands = make_bands(self.spec.hop_samples, rate_hz, fine_hz).to(means.device)
        self.half, self.narrow_half = self.spec.hop_samples // 2, narrow.spec.hop_samples // 2
        self.vector_scale = narrow.quantiser.codebooks[0].std(correction=0)
        self.lookahead_frames = narrow.lookahead_frames
        self.codebook_info = narrow.codebook_info

    @classmethod
    def fit(cls, settings: FrameSettings, rate_hz: int, excerpts: Iterable[Tensor]) -> Self:
        """Learn the tables; neither the decoder nor the teller of features is fitted yet.

        Args:
            settings: the sizes.
            rate_hz: of the samples.
            excerpts: training samples, each [1, C, S]; shorter ones than a frame are passed over.

        Raises:
            ReverieError: none is as long as a frame.
        """
        spec = frame_spec(settings, rate_hz)
        bands = make_bands(spec.hop_samples, rate_hz, settings.fine_hz or rate_hz / 2)
        size = n_features(bands, spec.channels)
        count, total, squares = 0, torch.zeros(size).double(), torch.zeros(size).double()
        narrow_half = settings.narrow.hop_samples(settings.narrow_hz(rate_hz)) // 2

        def narrow() -> Iterator[Tensor]:
            nonlocal count, total, squares
            for excerpt in excerpts:
                if excerpt.shape[-1] < spec.samples_for(1):
                    continue
                features = measure(excerpt, bands).flatten(0, 1).double()
                count += len(features)
                total += features.sum(0)
                squares += features.square().sum(0)
                yield narrowed(excerpt.mean(1, keepdim=True), bands.half, narrow_half)

        codec = fit_codec(settings.narrow, settings.narrow_hz(rate_hz), narrow())
        means = total / count
        scales = (squares / count - means.square()).clamp_min(0).sqrt().clamp_min(SCALE_FLOOR)
        settings = settings.with_codebooks(codec.spec.width)
        teller = build_teller(settings, codec, size, torch.Generator().manual_seed(0))
        return cls(settings, rate_hz, codec, means.float(), scales.float(), teller)

    @classmethod
    def stand_in(cls, settings: FrameSettings, rate_hz: int) -> Self:
        """Make tables of the right sizes whose values are drawn at random."""
        settings = settings.with_codebooks(settings.most_codebooks)
        narrow = Codec.stand_in(settings.narrow, settings.narrow_hz(rate_hz))
        size = _n_features(settings, rate_hz)
        teller = build_teller(settings, narrow, size, torch.Generator().manual_seed(0))
        return cls(settings, rate_hz, narrow, torch.zeros(size), torch.ones(size), teller)

    def to(self, device: torch.device | str) -> Self:
        """Return the same on `device`."""
        return type(self)(
            self.settings,
            self.rate_hz,
            self.narrow.to(device),
            self.means.to(device),
            self.scales.to(device),
            copy.deepcopy(self.teller).to(device),
        )

    def narrowed(self, samples: Tensor) -> Tensor:
        """Return the mid up to where codes reach, [B, C, S] -> [B, 1, (S / h - 2)·g]."""
        return narrowed(samples.mean(1, keepdim=True), self.half, self.narrow_half)

    def measure(self, samples: Tensor) -> Tensor:
        """Return the features in deviations from their means: [B, C, T·n + 5·h] -> [B, T, E]."""
        return (measure(samples, self.bands) - self.means) / self.scales

    def mid_power(self, samples: Tensor) -> Tensor:
        """Return the power of the mid in each stereo band: [B, C, T·n + 5·h] -> [B, T, N].

        N is 0 of mono.
        """
        if self.spec.channels == 1:
            return samples.new_zeros(len(samples), (samples.shape[-1] // self.half - 5) // 2, 0)
        return measure_channels(samples, self.bands).mid

    def inputs(self, vectors: Tensor, style: Tensor) -> Tensor:
        """Return what the teller hears: [B, T, K] and [B, E] -> [B, T, K + E]."""
        each = style.unsqueeze(1).expand(-1, vectors.shape[1], -1)
        return torch.cat([vectors / self.vector_scale, each], dim=-1)

    def predict(self, vectors: Tensor, style: Tensor) -> Tensor:
        """Predict the features of the frames that have their context, as `measure` gives them.

        Args:
            vectors: [B, T + 2L, K], what codes stand for.
            style: [B, E], the mean of the prompt's features; zeros where there is none.

        Returns:
            [B, T, E].
        """
        return style.unsqueeze(1) + self.teller(self.inputs(vectors, style))

    def set_levels(self, predicted: Tensor, music: Tensor, mid_power: Tensor) -> None:
        """Bring the powers of what is told to those of music, see `levels.py`.

        Args:
            predicted: [B, T, E], of music, in deviations from their means as `measure` gives them.
            music: [B, T, E], its own.
            mid_power: [B, T, N], of its mid in each stereo band.
        """
        found = corrections(
            self.means + self.scales * predicted,
            self.means + self.scales * music,
            mid_power,
            self.bands,
        )
        self.teller.leave.bias[:] += found / self.scales

    def analyse(self, samples: Tensor) -> Tensor:
        """Encode [B, C, T·n + overlap] as [B, T, Q], whole numbers."""
        return self.narrow.analyse(self.narrowed(samples))

    def synthesise(self, frames: Tensor, state: FullBandState) -> tuple[Tensor, FullBandState]:
        """Decode [B, T, Q or fewer] to [B, C, (T - waiting)·n]."""
        decoded = self.narrow.quantiser.decode(frames)
        vectors = torch.cat([state.narrow.vectors, decoded], dim=1)
        samples, narrow = self.narrow.synthesise(frames, state.narrow)
        if not samples.shape[-1]:
            empty = samples.new_zeros(len(samples), self.spec.channels, 0)
            return empty, state._replace(narrow=narrow)
        features = self._features(vectors, state.style)
        wide, after = widen(samples[:, 0], features, state.wide, self.bands)
        return wide, state._replace(narrow=narrow, wide=after)

    def decode(self, frames: Tensor) -> Tensor:
        """Decode a whole excerpt: [B, T, Q or fewer] -> [B, C, T·n - overlap]."""
        narrow, context = self.narrow, self.lookahead_frames
        vectors = functional.pad(narrow.quantiser.decode(frames), (0, 0, context, context))
        begun = narrow.spectrum.initial_state(len(frames), narrow.mean)
        samples, _ = narrow.spectrum.synthesise(narrow.spectra(frames), begun)
        state, style = self._beginning(len(frames)), self._no_style(len(frames))
        wide, _ = widen(samples, self._features(vectors, style), state, self.bands)
        return wide[..., self.spec.overlap_samples :]

    def state_after(self, samples: Tensor) -> FullBandState:
        """Return the state after real samples [B, C, S], whose phases and frames are continued."""
        mid = self.narrowed(samples)
        state = self._beginning(len(samples))
        hop = 2 * self.narrow_half
        measured = self.measure(samples)
        features = self.means + self.scales * measured[:, -2:]
        # Of what is made of the last frame, nothing is heard but what waits for the next.
        end = mid.shape[-1] - self.narrow.spec.overlap_samples
        last = functional.pad(mid[:, 0, :end], (hop + self.narrow_half, 0))
        state = state._replace(
            narrow=last[:, -hop - self.narrow_half : -hop], features=features[:, :1]
        )
        _, wide = widen(last[:, -hop:], features[:, -1:], state, self.bands)
        return FullBandState(self.narrow.state_after(mid), wide, measured.mean(1))

    def initial_state(self, batch: int, like: Tensor) -> FullBandState:
        """Return silence."""
        narrow = self.narrow.initial_state(batch, like)
        return FullBandState(narrow, self._beginning(batch), self._no_style(batch))

    def save(self, path: Path) -> None:
        """Write the tables as safetensors."""
        save_codec(self.narrow, self.rate_hz, path, self._tables())

    @classmethod
    def load(cls, settings: FrameSettings, rate_hz: int, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ReverieError: the file is missing, broken, of another rate, version or size.
        """
        found = cls.stand_in(settings, rate_hz)
        shapes = {name: tuple(table.shape) for name, table in found._tables().items()}
        narrow_hz = settings.narrow_hz(rate_hz)
        narrow, tables = read_codec(settings.narrow, narrow_hz, rate_hz, path, shapes)
        teller = found.teller
        teller.load_state_dict(
            {
                name.removeprefix(TELLER): table
                for name, table in tables.items()
                if name.startswith(TELLER)
            }
        )
        return cls(
            settings, rate_hz, narrow, tables["feature_means"], tables["feature_scales"], teller
        )

    def _tables(self) -> dict[str, Tensor]:
        network = self.teller.state_dict()
        return {
            "feature_means": self.means,
            "feature_scales": self.scales,
            **{f"{TELLER}{name}": table for name, table in network.items()},
        }

    def _features(self, vectors: Tensor, style: Tensor) -> Tensor:
        """Tell features from vectors that have their context: [B, T + 2L, K] -> [B, T, E]."""
        return self.means + self.scales * self.predict(vectors, style)

    def _no_style(self, batch: int) -> Tensor:
        return self.means.new_zeros(batch, len(self.means))

    def _beginning(self, batch: int) -> WideState:
        return initial_wide_state(
            batch, self.spec.channels, self.narrow_half, self.means, self.bands
        )


def build_teller(
    settings: FrameSettings, narrow: Codec, n_outputs: int, rng: torch.Generator | None
) -> ContextNetwork:
    """Build the network that tells features, not fitted yet: it tells their means.

    It sees as many frames as the decoder does, and half as much of each; with no decoder it sees
    one frame.
    """
    blocks = settings.decoder_blocks if settings.has_decoder else 0
    codebooks = narrow.quantiser.codebooks
    inputs, channels = codebooks.shape[-1] + n_outputs, max(1, settings.decoder_channels // 2)
    size = DecoderSize(inputs, channels, blocks)
    return ContextNetwork(size, codebooks.new_ones(()), n_outputs, rng).requires_grad_(False)


def _n_features(settings: FrameSettings, rate_hz: int) -> int:
    hop_samples = settings.hop_samples(rate_hz)
    bands = make_bands(hop_samples, rate_hz, settings.fine_hz or rate_hz / 2)
    return n_features(bands, settings.n_channels)
