"""Frames of both channels: exact, separate, and arranged so that models read them as images."""

import pytest
import torch

from reverie.frames.normalised import Normalised
from reverie.frames.settings import FrameSettings, Transform
from reverie.frames.transforms import build_frames, build_transform, frame_spec

RATE_HZ = 8000
EXACT: tuple[Transform, ...] = ("fourier", "rfft", "mdct")


def settings(transform: Transform, **changes: str) -> FrameSettings:
    return FrameSettings(transform=transform, hop_seconds=32 / RATE_HZ, channels="each", **changes)  # pyright: ignore[reportArgumentType]


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("transform", EXACT)
@pytest.mark.parametrize("kind", ["per-feature", "global", "none"])
def test_both_channels_come_back(transform: Transform, kind: str) -> None:
    samples = noise(3, 2, 500)
    frames = Normalised.fit(settings(transform, normalisation=kind), RATE_HZ, [samples])
    assert (frames.spec.channels, frames.spec.width) == (2, frames.mean.numel())
    found = frames.decode(frames.encode(samples))
    torch.testing.assert_close(found[..., :500], samples, atol=1e-5, rtol=1e-5)
    assert found[..., 500:].abs().max() < 1e-5


@pytest.mark.parametrize("transform", [*EXACT, "spectrum"])
def test_each_channel_is_transformed_by_itself(transform: Transform) -> None:
    """Within each plane left comes first, and then right."""
    frames, alone = (
        build_frames(settings(transform), RATE_HZ),
        build_transform(settings(transform), RATE_HZ),
    )
    spec = alone.spec
    assert frames.spec.planes == spec.planes
    assert frames.spec.width == 2 * spec.width
    samples = noise(2, 2, spec.samples_for(5))
    planes = frames.analyse(samples).reshape(2, 5, spec.planes, 2, -1)
    for channel in (0, 1):
        own = alone.analyse(samples[:, channel]).reshape(2, 5, spec.planes, -1)
        assert torch.equal(planes[:, :, :, channel], own)


@pytest.mark.parametrize("transform", [*EXACT, "spectrum"])
def test_a_stream_goes_on_from_both_channels(transform: Transform) -> None:
    frames = build_frames(settings(transform), RATE_HZ)
    samples = noise(2, 2, frames.spec.samples_for(40))
    encoded = frames.analyse(samples)
    cut = frames.spec.samples_for(10)
    found, state = frames.synthesise(encoded[:, 10:25], frames.state_after(samples[..., :cut]))
    more, _ = frames.synthesise(encoded[:, 25:], state)
    assert found.shape == (2, 2, 15 * 32)
    if transform in EXACT:
        joined = torch.cat([found, more], dim=-1)
        torch.testing.assert_close(joined, samples[..., 320 : 40 * 32], atol=1e-5, rtol=1e-4)
    alone = build_transform(settings(transform), RATE_HZ)
    left = alone.analyse(samples[:, 0])
    own, _ = alone.synthesise(left[:, 10:25], alone.state_after(samples[:, 0, :cut]))
    torch.testing.assert_close(found[:, 0], own)


def test_mono_frames_are_those_of_the_transform() -> None:
    mono = FrameSettings(hop_seconds=32 / RATE_HZ)
    samples = noise(2, 1, 320)
    expected = build_transform(mono, RATE_HZ).analyse(samples[:, 0])
    assert torch.equal(build_frames(mono, RATE_HZ).analyse(samples), expected)
    assert frame_spec(mono, RATE_HZ).channels == 1
