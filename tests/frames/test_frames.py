"""Frames against numpy, their inversion, and streaming against the whole."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.errors import ReverieError
from reverie.frames.contract import Frames
from reverie.frames.fourier import FourierFrames, HalfFourierFrames
from reverie.frames.mdct import MdctFrames
from reverie.frames.settings import FrameSettings, Transform
from reverie.frames.transforms import build_transform
from reverie.settings import build

RATE_HZ = 16000
TRANSFORMS: tuple[Transform, ...] = ("fourier", "rfft", "mdct")
"""Those that invert exactly."""
transforms = st.sampled_from(TRANSFORMS)


def made(transform: Transform, n: int) -> Frames:
    return build_transform(FrameSettings(transform=transform, hop_seconds=n / RATE_HZ), RATE_HZ)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("n", [4000, 441, 16])
def test_fourier_frames_equal_numpy(n: int) -> None:
    samples = noise(2, 3 * n)
    blocks = samples.double().numpy().reshape(2, 3, n)
    full, half = np.fft.fft(blocks), np.fft.rfft(blocks)
    for frames, expected in ((FourierFrames(n), full), (HalfFourierFrames(n), half)):
        joined = np.concatenate([expected.real, expected.imag], axis=-1)
        found = frames.analyse(samples).numpy()
        assert found.shape == (2, 3, frames.spec.width)
        assert np.abs(found - joined).max() <= 1e-5 * np.abs(joined).max()


def test_the_papers_frame_is_8000_wide() -> None:
    assert FourierFrames(4000).spec.width == 8000
    assert HalfFourierFrames(4000).spec.width == 4002
    assert MdctFrames(4000).spec.width == 4000


def test_mdct_equals_its_definition() -> None:
    n = 12
    samples = noise(1, 3 * n).double()
    t = torch.arange(2 * n, dtype=torch.float64)
    k = torch.arange(n, dtype=torch.float64)
    window = torch.sin(torch.pi / (2 * n) * (t + 0.5))
    basis = torch.cos(torch.pi / n * (t[:, None] + 0.5 + n / 2) * (k[None] + 0.5))
    blocks = samples[0].unfold(0, 2 * n, n)
    expected = (2 / n) ** 0.5 * (blocks * window) @ basis
    torch.testing.assert_close(MdctFrames(n).analyse(samples)[0], expected)


@given(transforms, st.integers(1, 60), st.integers(1, 400), st.integers(1, 3), st.integers(0, 9))
@settings(max_examples=150)
def test_decoding_inverts_encoding(
    transform: Transform, half: int, length: int, batch: int, seed: int
) -> None:
    frames = made(transform, 2 * half)
    samples = noise(batch, length, seed=seed)
    encoded = frames.encode(samples)
    assert encoded.shape[-1] == frames.spec.width
    decoded = frames.decode(encoded)
    assert decoded.shape[1] - length in range(2 * half)
    torch.testing.assert_close(decoded[:, :length], samples, atol=2e-6, rtol=1e-5)
    assert decoded[:, length:].abs().sum() < 1e-3


@given(transforms, st.integers(1, 20), st.lists(st.integers(1, 5), min_size=1, max_size=6))
@settings(max_examples=80)
def test_a_stream_in_pieces_is_the_whole(
    transform: Transform, half: int, pieces: list[int]
) -> None:
    frames = made(transform, 2 * half)
    coefficients = noise(2, sum(pieces), frames.spec.width)
    whole, last = frames.synthesise(coefficients, frames.initial_state(2, coefficients))
    state = frames.initial_state(2, coefficients)
    parts: list[torch.Tensor] = []
    for piece in coefficients.split(pieces, dim=1):
        part, state = frames.synthesise(piece, state)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(state, last, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_frames_are_differentiable(transform: Transform) -> None:
    frames = made(transform, 8)
    samples = noise(1, 32).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: frames.decode(frames.encode(x)), (samples,))


def test_mdct_keeps_energy() -> None:
    samples = torch.nn.functional.pad(noise(1, 4096), (512, 512))
    energy = MdctFrames(512).encode(samples).square().sum()
    torch.testing.assert_close(energy, samples.square().sum())


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"hop_seconds": -1}, "hop_seconds"),
        ({"transform": "wavelet"}, "transform"),
        ({"hop_second": 3}, "Did you mean hop_seconds?"),
    ],
)
def test_bad_settings_are_refused_by_name(values: dict[str, object], named: str) -> None:
    with pytest.raises(ReverieError, match=named.replace("?", r"\?")):
        build(FrameSettings, values, "test")
