"""Spectral codes: the spectrum of a frame as a few whole numbers, learnt from the recordings.

Logarithmic magnitudes, their principal components, and residual vector quantisation of these. The
codec is fitted to the training recordings alone, in one pass, from a sample of their frames that
does not grow with the corpus; the same recordings give the same bytes.
Letters as in `contract.py`, and Q codes of a frame, C values of a code, K principal components,
F bins of each of the two transforms in a frame, N frames of the sample.
"""

import copy
import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

import torch
from torch import Tensor
from torch.nn import functional

from reverie.errors import ReverieError
from reverie.frames.contract import CodebookInfo, Representation
from reverie.frames.decoder import ContextDecoder, build_decoder
from reverie.frames.log_spectrum import FLOOR, LogSpectrum, level
from reverie.frames.quantiser import ResidualQuantiser
from reverie.frames.settings import FrameSettings
from reverie.frames.tables import RESTORE, read_tables
from reverie.frames.transforms import frame_spec
from reverie.storage import replacing
from reverie.tensor_files import open_tensors, save_tensors

FORMAT, VERSION = "reverie-codec", "1"
DECIBELS = 20 / math.log(10)
"""Decibels in one neper."""
DECODER = "decoder."
"""Begins the names of the decoder's tables in a file."""


class CodecState(NamedTuple):
    """What synthesis keeps of the frames before."""

    spectrum: Tensor
    """`LogSpectrum`'s."""
    vectors: Tensor
    """[B, L + waiting, K], the frames that a decoder needs again, and those that wait for it."""
    levels: Tensor
    """[B, L + waiting, 2], the quietest and the loudest that each of them may be."""


class Codec(Representation):
    """Turns mono samples into codes [B, T, Q], each 0 to C - 1, and back.

    A decoded frame is as loud as training frames of its first code were: whatever codes a model
    strings together, the level stays within the corpus's. With a decoder each frame is refined by
    the L frames on either side of it (see `decoder.py`).

    Args:
        settings: the sizes.
        rate_hz: of the samples.
        mean: [2F], of the logarithmic magnitudes.
        basis: [K, 2F], principal components, orthonormal.
        codebooks: [Q, C, K].
        levels: [2, C], the quietest and the loudest training frame of each first code.
        soft: [], logarithm of what is added to every magnitude before its own is taken.
        decoder: refines what codes stand for; None decodes each frame alone.
    """

    def __init__(
        self,
        settings: FrameSettings,
        rate_hz: int,
        *,
        mean: Tensor,
        basis: Tensor,
        codebooks: Tensor,
        levels: Tensor,
        soft: Tensor,
        decoder: ContextDecoder | None = None,
    ) -> None:
        self.settings, self.rate_hz = settings, rate_hz
        self.spectrum = LogSpectrum(settings.hop_samples(rate_hz))
        self.mean, self.basis, self.levels, self.soft = mean, basis, levels, soft
        self.quantiser = ResidualQuantiser(codebooks)
        self.decoder = decoder
        super().__init__(frame_spec(settings, rate_hz))
        self.lookahead_frames = decoder.size.context_frames if decoder else 0
        alone = level(self._bounded(codebooks[0], self.levels.t()))
        self.codebook_info = CodebookInfo(codebooks, DECIBELS * alone)

    @classmethod
    def stand_in(cls, settings: FrameSettings, rate_hz: int) -> Self:
        """Make tables of the right sizes whose values are drawn at random."""
        settings = settings.with_codebooks(settings.most_codebooks)
        rng = torch.Generator().manual_seed(0)
        width = LogSpectrum(settings.hop_samples(rate_hz)).spec.width
        components = min(settings.n_components, width)
        codebooks = torch.randn(
            settings.n_codebooks, settings.codebook_size, components, generator=rng
        )
        return cls(
            settings,
            rate_hz,
            mean=torch.zeros(width),
            basis=torch.randn(components, width, generator=rng) / math.sqrt(width),
            codebooks=codebooks,
            levels=torch.zeros(2, settings.codebook_size),
            soft=torch.zeros(()),
            decoder=build_decoder(settings, codebooks, rng),
        )

    def to(self, device: torch.device | str) -> Self:
        """Return the same on `device`."""
        tables = {name: table.to(device) for name, table in self.tables().items()}
        decoder = copy.deepcopy(self.decoder).to(device) if self.decoder else None
        return type(self)(self.settings, self.rate_hz, **tables, decoder=decoder)

    def analyse(self, samples: Tensor) -> Tensor:
        """Encode [B, 1, T·n + overlap] as [B, T, Q], whole numbers."""
        return self.quantiser.encode(self.principal_components(samples))

    def principal_components(self, samples: Tensor) -> Tensor:
        """Return the principal components of frames: [B, 1, T·n + overlap] -> [B, T, K]."""
        logs = self.spectrum.magnitudes(samples[:, 0]).add_(self.soft.exp()).log_()
        return logs.sub_(self.mean) @ self.basis.t()

    def spectra(self, codes: Tensor) -> Tensor:
        """Return the log magnitudes of whole codes: [B, T, Q or fewer] -> [B, T, 2F]."""
        context = self.lookahead_frames
        vectors = functional.pad(self.quantiser.decode(codes), (0, 0, context, context))
        return self._bounded(self._refined(vectors), self._levels_of(codes))

    def synthesise(self, frames: Tensor, state: CodecState) -> tuple[Tensor, CodecState]:
        """Decode [B, T, Q or fewer] to [B, 1, (T - waiting)·n]."""
        context = self.lookahead_frames
        vectors = torch.cat([state.vectors, self.quantiser.decode(frames)], dim=1)
        levels = torch.cat([state.levels, self._levels_of(frames)], dim=1)
        count = vectors.shape[1] - 2 * context
        if count <= 0:
            return vectors.new_zeros(len(frames), 1, 0), CodecState(state.spectrum, vectors, levels)
        logs = self._bounded(self._refined(vectors), levels[:, context : context + count])
        samples, spectrum = self.spectrum.synthesise(logs, state.spectrum)
        state = CodecState(spectrum, vectors[:, count:], levels[:, count:])
        return samples.unsqueeze(1), state

    def decode(self, frames: Tensor) -> Tensor:
        """Decode a whole excerpt: [B, T, Q or fewer] -> [B, 1, T·n - overlap]."""
        state = self.spectrum.initial_state(len(frames), self.mean)
        samples, _ = self.spectrum.synthesise(self.spectra(frames), state)
        return samples[:, None, self.spec.overlap_samples :]

    def state_after(self, samples: Tensor) -> CodecState:
        """Return the state after real samples [B, 1, S], whose phases and frames are continued."""
        context = self.lookahead_frames
        state = self.initial_state(len(samples), samples)
        frames = (samples.shape[-1] - self.spec.overlap_samples) // self.spec.hop_samples
        if recent := min(context, frames):
            codes = self.analyse(samples[..., -self.spec.samples_for(recent) :])
            state.vectors[:, context - recent :] = self.quantiser.decode(codes)
            state.levels[:, context - recent :] = self._levels_of(codes)
        return state._replace(spectrum=self.spectrum.state_after(samples[:, 0]))

    def initial_state(self, batch: int, like: Tensor) -> CodecState:
        """Return zeros."""
        mean, context = self.mean.to(like.device), self.lookahead_frames
        return CodecState(
            self.spectrum.initial_state(batch, mean),
            mean.new_zeros(batch, context, len(self.basis)),
            mean.new_zeros(batch, context, 2),
        )

    def _levels_of(self, codes: Tensor) -> Tensor:
        """Return how quiet and how loud frames may be: [..., Q or fewer] -> [..., 2]."""
        return self.levels.t()[codes[..., 0]]

    def _refined(self, vectors: Tensor) -> Tensor:
        """Refine vectors that have their context: [B, T + 2L, K] -> [B, T, K]."""
        return self.decoder(vectors) if self.decoder else vectors

    def _bounded(self, vectors: Tensor, levels: Tensor) -> Tensor:
        """Return the log magnitudes of vectors [..., K], within levels [..., 2]: [..., 2F]."""
        softened = vectors @ self.basis + self.mean
        logs = (softened.exp() - self.soft.exp()).clamp_min(FLOOR).log()
        loudness = level(logs)
        bounded = torch.minimum(torch.maximum(loudness, levels[..., 0]), levels[..., 1])
        return logs + (bounded - loudness).unsqueeze(-1)

    def save(self, path: Path) -> None:
        """Write the tables as safetensors."""
        save_codec(self, self.rate_hz, path, {})

    @staticmethod
    def load(settings: FrameSettings, rate_hz: int, path: Path) -> "Codec":
        """Read what `save` wrote.

        Raises:
            ReverieError: the file is missing, broken, of another rate, version or size.
        """
        return read_codec(settings, rate_hz, rate_hz, path, {})[0]

    def tables(self) -> dict[str, Tensor]:
        """Return what was learnt, but for the decoder, by the names of `__init__`."""
        return {
            "mean": self.mean,
            "basis": self.basis,
            "codebooks": self.quantiser.codebooks,
            "levels": self.levels,
            "soft": self.soft,
        }


def save_codec(codec: Codec, rate_hz: int, path: Path, more: Mapping[str, Tensor]) -> None:
    """Write a codec of samples at `rate_hz`, and more tables, as safetensors."""
    # One entry alone: safetensors writes several in an order that differs from time to time.
    about = {"about": f"{FORMAT} {VERSION} {rate_hz} Hz"}
    stored = codec.tables() | _named(codec.decoder) | dict(more)
    tables = {name: table.cpu().contiguous() for name, table in stored.items()}
    with replacing(path) as temporary:
        save_tensors(tables, temporary, about)


def stored_codebooks(path: Path) -> int:
    """Return how many codes a frame has by the codec in a file.

    Raises:
        ReverieError: the file is missing, broken, or holds no codec.
    """
    with open_tensors(path, "a codec") as file:
        if "codebooks" not in file.keys():  # noqa: SIM118 -- it is no dictionary
            raise ReverieError(f"{path} holds no codec.", RESTORE)
        return int(file.get_slice("codebooks").get_shape()[0])


def read_codec(
    settings: FrameSettings,
    narrow_hz: int,
    rate_hz: int,
    path: Path,
    more: Mapping[str, tuple[int, ...]],
) -> tuple[Codec, dict[str, Tensor]]:
    """Read what `save_codec` wrote: the codec, and the other tables.

    Args:
        settings: of the codec.
        narrow_hz: the rate that the codec works at.
        rate_hz: of the samples that it was fitted to.
        path: the file.
        more: the shapes of the other tables.

    Raises:
        ReverieError: the file is missing, broken, of another rate, version or size.
    """
    width = LogSpectrum(settings.hop_samples(narrow_hz)).spec.width
    values, components = settings.codebook_size, min(settings.n_components, width)
    decoder = build_decoder(settings, torch.zeros(1, 1, components), None)
    about, tables = read_tables(
        path,
        "a codec",
        {
            "mean": (width,),
            "basis": (components, width),
            "codebooks": (settings.n_codebooks, values, components),
            "levels": (2, values),
            "soft": (),
            **{name: tuple(table.shape) for name, table in _named(decoder).items()},
            **more,
        },
    )
    known = f"{FORMAT} {VERSION} "
    if not about.startswith(known):
        raise ReverieError(
            f"{path} is no codec that this version knows, but {about or 'of an unknown kind'}.",
            "Update Reverie, or train the run again.",
        )
    if about != f"{known}{rate_hz} Hz":
        raise ReverieError(
            f"{path} was fitted at {about.removeprefix(known)}, and this is {rate_hz} Hz.",
            "Prepare the corpus at that rate, or train the run again.",
        )
    learnt = {
        name.removeprefix(DECODER): tables.pop(name)
        for name in list(tables)
        if name.startswith(DECODER)
    }
    if decoder:
        decoder.load_state_dict(learnt)
    others = {name: tables.pop(name) for name in more}
    return Codec(settings, narrow_hz, **tables, decoder=decoder), others


def _named(decoder: ContextDecoder | None) -> dict[str, Tensor]:
    """The tables of a decoder by their names in a file."""
    stored = decoder.state_dict() if decoder else {}
    return {f"{DECODER}{name}": table for name, table in stored.items()}
