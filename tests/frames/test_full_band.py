"""Codes of the full band and of stereo: what is measured comes back, whole or as a stream."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from reverie.frames.codec_fit import fit_codec
from reverie.frames.full_band.bands import make_bands
from reverie.frames.full_band.codec import FullBandCodec
from reverie.frames.full_band.features import measure, spread_of
from reverie.frames.full_band.levels import corrections
from reverie.frames.full_band.widening import initial_wide_state, widen
from reverie.frames.full_band.windows import narrowed, overlap_added, windowed
from reverie.frames.representation import load_representation
from reverie.frames.settings import FrameSettings
from tests.frames.music import REFINED_CODES

RATE_HZ = 44_100
SETTINGS = replace(REFINED_CODES, channels="each")
HOP, NARROW_HOP = 1408, 512
BANDS = make_bands(HOP, RATE_HZ, 8000.0)


def noise(channels: int, seconds: float, seed: int) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return 0.1 * torch.randn(1, channels, round(seconds * RATE_HZ), generator=rng)


def stereo(seconds: float, seed: int) -> Tensor:
    """Noise whose channels share two thirds, and of which left is twice as loud as right."""
    shared, apart = noise(1, seconds, seed), noise(2, seconds, seed + 1000)
    return (2 * shared + apart) * torch.tensor([1.0, 0.5]).unsqueeze(1)


@pytest.fixture(scope="module")
def untrained() -> FullBandCodec:
    return FullBandCodec.fit(SETTINGS, RATE_HZ, (stereo(4, seed) for seed in range(3)))


@pytest.fixture(scope="module")
def codec(untrained: FullBandCodec) -> FullBandCodec:
    """One whose networks do something, whatever it is."""
    made = untrained.to("cpu")
    rng = torch.Generator().manual_seed(1)
    assert made.narrow.decoder
    with torch.no_grad():
        for network in (made.narrow.decoder, made.teller):
            network.leave.weight.normal_(0, 0.05, generator=rng)
    return made


def test_windows_add_up_to_what_they_were_made_of() -> None:
    samples = noise(2, 0.5, 0)[..., : 20 * 704]
    back = overlap_added(windowed(samples, 1408))
    torch.testing.assert_close(back[..., 704:-704], samples[..., 704:-704], atol=1e-5, rtol=1e-4)


def test_a_narrowed_tone_is_the_same_tone_at_the_lower_rate() -> None:
    for hertz, kept in ((1000.0, 1.0), (7000.0, 1.0), (9000.0, 0.0), (15_000.0, 0.0)):
        time = torch.arange(40 * 704) / RATE_HZ
        tone = torch.sin(2 * torch.pi * hertz * time).view(1, 1, -1)
        found = narrowed(tone, HOP // 2, NARROW_HOP // 2)
        assert found.shape[-1] == 38 * 256
        lower = RATE_HZ * NARROW_HOP / HOP
        place = torch.arange(found.shape[-1]) / lower + HOP / 2 / RATE_HZ
        wanted = kept * torch.sin(2 * torch.pi * hertz * place)
        assert (found[0, 0] - wanted)[1000:-1000].abs().max() < 0.01


def test_what_is_measured_is_what_is_there() -> None:
    spread = spread_of(measure(stereo(5, 0), BANDS), BANDS)
    # Left is 2m + a, right is half of 2m + b: powers 5 and 5/4, and a product of 2.
    whole = (5 + 1.25) / 2
    side = (5 + 1.25 - 2 * 2) / 4
    torch.testing.assert_close(
        spread.side.mean((0, 1)), torch.full((14,), side / whole), atol=0.03, rtol=0
    )
    torch.testing.assert_close(
        spread.balance.mean((0, 1)), torch.full((14,), 3.75 / 6.25), atol=0.03, rtol=0
    )
    # Of power 0.01 times the mean of the channels', and windows of 704 samples.
    power = spread.levels.mul(2).exp().mean((0, 1))
    torch.testing.assert_close(power, torch.full((9,), 0.01 * whole / 704), atol=0, rtol=0.1)


def test_what_was_measured_comes_back() -> None:
    samples = stereo(6, 3)
    frames = (samples.shape[-1] // 704 - 5) // 2
    samples = samples[..., : frames * HOP + 5 * 704]
    features = measure(samples, BANDS)
    narrow = narrowed(samples.mean(1), 704, 256)[:, : frames * NARROW_HOP]
    begun = initial_wide_state(1, 2, 256, features[0, 0], BANDS)
    made, _ = widen(narrow, features, begun, BANDS)
    real, made = samples[..., 4000 : made.shape[-1] - 4000], made[..., 4000:-4000]
    # The mid is the same below the bands of noise.
    below = [narrowed(one.mean(1), 704, 192)[:, 500:-500] for one in (made, real)]
    torch.testing.assert_close(*below, atol=2e-3, rtol=0)
    power = real.square().mean(-1), made.square().mean(-1)
    torch.testing.assert_close(*power, atol=0, rtol=0.05)
    correlation = [(one[:, 0] * one[:, 1]).mean() for one in (real, made)]
    torch.testing.assert_close(*correlation, atol=0, rtol=0.1)


def test_mono_in_both_channels_comes_out_mono() -> None:
    samples = noise(1, 3, 5).expand(1, 2, -1)
    features = measure(samples, BANDS)
    spread = spread_of(features, BANDS)
    assert not spread.side.any()
    narrow = narrowed(samples.mean(1), 704, 256)[:, : features.shape[1] * NARROW_HOP]
    made, _ = widen(narrow, features, initial_wide_state(1, 2, 256, features[0, 0], BANDS), BANDS)
    assert torch.equal(made[:, 0], made[:, 1])
    assert made.square().mean() > 0.005


def test_the_codes_are_those_of_the_mid_at_the_lower_rate(untrained: FullBandCodec) -> None:
    music = [stereo(4, seed) for seed in range(3)]
    alone = fit_codec(SETTINGS.narrow, 16_000, (untrained.narrowed(one) for one in music))
    assert torch.equal(alone.quantiser.codebooks, untrained.narrow.quantiser.codebooks)
    codes = untrained.analyse(music[0][..., : untrained.spec.samples_for(20)])
    assert codes.shape == (1, 20, 3)


@pytest.mark.parametrize("pieces", [[1] * 30, [7, 1, 22], [30]])
def test_a_stream_equals_the_whole(codec: FullBandCodec, pieces: list[int]) -> None:
    music = stereo(6, 7)
    frames, prompt = 30, 20
    whole = codec.analyse(music[..., : codec.spec.samples_for(prompt + frames)])
    state = codec.state_after(music[..., : codec.spec.samples_for(prompt)])
    once, _ = codec.synthesise(whole[:, prompt:], state)
    made: list[Tensor] = []
    for part in whole[:, prompt:].split(pieces, dim=1):
        samples, state = codec.synthesise(part, state)
        made.append(samples)
    joined_up = torch.cat(made, dim=-1)
    assert joined_up.shape == (1, 2, (frames - codec.lookahead_frames) * HOP)
    # Phases depend on how many frames are made at once; nothing else does.
    assert joined_up.isfinite().all()
    if pieces == [frames]:
        assert torch.equal(joined_up, once)
    for one in (joined_up, once):
        assert (one.square().mean((0, 2)) / music.square().mean((0, 2))).log().abs().max() < 1


def test_what_follows_a_prompt_continues_it(codec: FullBandCodec) -> None:
    """No step in level where made sound takes over from real sound."""
    music = stereo(6, 9)
    prompt = codec.spec.samples_for(60)
    state = codec.state_after(music[..., :prompt])
    codes = codec.analyse(music[..., : codec.spec.samples_for(90)])[:, 60:]
    made, _ = codec.synthesise(codes, state)
    begin = made[..., : HOP // 2].square().mean(-1)
    later = made[..., HOP : 8 * HOP].square().mean(-1)
    assert (begin / later).log().abs().max() < 0.7


def test_a_whole_excerpt_comes_back_at_its_length_and_level(codec: FullBandCodec) -> None:
    music = stereo(3, 11)
    decoded = codec.decode(codec.encode(music))
    assert decoded.shape[-1] >= music.shape[-1]
    inside = decoded[..., 10_000:-10_000].square().mean((0, 2))
    assert (inside / music.square().mean((0, 2))).log().abs().max() < 1


def test_it_is_stored_and_read(codec: FullBandCodec, tmp_path: Path) -> None:
    codec.save(tmp_path / "codec.safetensors")
    read = load_representation(SETTINGS, RATE_HZ, tmp_path / "codec.safetensors")
    codes = codec.encode(stereo(1, 13))
    assert torch.equal(read.decode(codes), codec.decode(codes))
    assert read.lookahead_frames == codec.lookahead_frames == 4


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", ["mono", "each"])
def test_every_rate_has_its_bands(rate_hz: int, channels: str) -> None:
    settings = FrameSettings(**{**vars(SETTINGS), "channels": channels})
    is_full_band = settings.is_full_band(rate_hz)
    assert is_full_band == (channels == "each" or rate_hz > 18_000)
    if is_full_band:
        codec = FullBandCodec.stand_in(settings, rate_hz)
        count = 2 if channels == "each" else 1
        samples = torch.randn(1, count, codec.spec.samples_for(9))
        assert codec.decode(codec.analyse(samples)).isfinite().all()
        assert abs(codec.spec.hop_samples / rate_hz / 0.032 - 1) < 0.01


def test_what_a_regression_tells_is_brought_to_the_powers_of_music() -> None:
    rng = torch.Generator().manual_seed(0)
    music = measure(torch.cat([stereo(8, 5), 0.1 * stereo(8, 6)]), BANDS)
    levels, stereo_bands = 4 * BANDS.n_high, len(BANDS.stereo)
    music[..., :levels] += torch.randn(music[..., :levels].shape, generator=rng)
    sides = music[..., levels : levels + stereo_bands]
    sides += 0.2 * torch.randn(sides.shape, generator=rng)
    told = music.mean((0, 1)).expand_as(music)
    mid_power = torch.rand(sides.shape, generator=rng)
    corrected = told + corrections(told, music, mid_power, BANDS)

    def powers(features: Tensor) -> tuple[Tensor, Tensor]:
        spread = spread_of(features, BANDS)
        share = spread.side.clamp_max(0.98)
        return spread.levels.mul(2).exp().mean((0, 1)), (mid_power * share / (1 - share)).mean(
            (0, 1)
        )

    for kind in (0, 1):
        wanted = powers(music)[kind]
        assert (powers(told)[kind] < 0.9 * wanted).all()
        torch.testing.assert_close(powers(corrected)[kind], wanted, rtol=1e-3, atol=0)
    # Which side is louder is no power.
    assert (corrected == told)[..., levels + stereo_bands :].all()
