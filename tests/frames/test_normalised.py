"""Normalisation comes from the training audio alone, and inverts."""

from pathlib import Path

import pytest
import torch

from reverie.errors import ReverieError
from reverie.frames.normalised import Normalised
from reverie.frames.settings import FrameSettings, Normalisation, Transform

RATE_HZ = 8000


def excerpts() -> list[torch.Tensor]:
    rng = torch.Generator().manual_seed(3)
    return [torch.randn(1, 1, length, generator=rng) * 0.1 + 0.02 for length in (500, 64, 7, 1001)]


@pytest.mark.parametrize("transform", ["fourier", "rfft", "mdct"])
@pytest.mark.parametrize("kind", ["per-feature", "global", "none"])
def test_frames_come_back(transform: Transform, kind: Normalisation) -> None:
    settings = FrameSettings(transform=transform, hop_seconds=16 / RATE_HZ, normalisation=kind)
    representation = Normalised.fit(settings, RATE_HZ, excerpts())
    samples = excerpts()[0]
    decoded = representation.decode(representation.encode(samples))
    torch.testing.assert_close(decoded[..., :500], samples, atol=1e-6, rtol=1e-5)


def test_per_feature_statistics_are_those_of_all_frames() -> None:
    settings = FrameSettings(transform="rfft", hop_seconds=16 / RATE_HZ)
    representation = Normalised.fit(settings, RATE_HZ, excerpts())
    frames = torch.cat([e[..., : e.shape[-1] // 16 * 16].reshape(-1, 16) for e in excerpts()[:2]])
    frames = torch.cat([frames, excerpts()[3][..., :992].reshape(-1, 16)]).double()
    spectra = torch.fft.rfft(frames)
    expected = torch.cat([spectra.real, spectra.imag], dim=-1)
    torch.testing.assert_close(representation.mean, expected.mean(0).float())
    deviation = expected.std(0, correction=0).float()
    floored = torch.maximum(deviation, deviation.max() * 1e-4)
    torch.testing.assert_close(representation.scale, floored)
    assert torch.isfinite(representation.encode(excerpts()[0])).all()


def test_global_is_one_pair() -> None:
    settings = FrameSettings(hop_seconds=16 / RATE_HZ, normalisation="global")
    representation = Normalised.fit(settings, RATE_HZ, excerpts())
    assert representation.mean.unique().numel() == representation.scale.unique().numel() == 1


def test_silence_does_not_divide_by_zero() -> None:
    for kind in ("per-feature", "global"):
        settings = FrameSettings(hop_seconds=8 / RATE_HZ, normalisation=kind)
        representation = Normalised.fit(settings, RATE_HZ, [torch.zeros(1, 1, 80)])
        assert torch.isfinite(representation.encode(torch.ones(1, 1, 16))).all()


def test_it_is_stored_whole_and_checked(tmp_path: Path) -> None:
    settings = FrameSettings(hop_seconds=8 / RATE_HZ)
    representation = Normalised.fit(settings, RATE_HZ, excerpts())
    path = tmp_path / "frames.safetensors"
    representation.save(path)
    loaded = Normalised.load(settings, RATE_HZ, path)
    assert torch.equal(loaded.mean, representation.mean)
    assert torch.equal(loaded.scale, representation.scale)
    with pytest.raises(ReverieError, match="16 features, but these frames have 32"):
        Normalised.load(FrameSettings(hop_seconds=16 / RATE_HZ), RATE_HZ, path)
    path.write_bytes(b"nonsense")
    with pytest.raises(ReverieError, match="cannot be read"):
        Normalised.load(settings, RATE_HZ, path)
