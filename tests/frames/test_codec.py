"""The codec: music to whole numbers and back, learnt from the training recordings alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor

from reverie.errors import ReverieError
from reverie.frames import codec_fit as codecs
from reverie.frames.codec import Codec
from reverie.frames.codec_fit import fit_codec
from reverie.frames.contract import whole_frames
from reverie.frames.log_spectrum import level
from reverie.frames.representation import fit_representation, load_representation
from reverie.frames.settings import LEAST_CODEBOOKS, MOST_CODEBOOKS, FrameSettings
from reverie.frames.transforms import frame_spec
from tests.frames.music import RATE_HZ, decibels, melody

SETTINGS = FrameSettings(
    transform="codes", hop_seconds=0.032, n_components=32, n_codebooks=4, codebook_size=32
)


@pytest.fixture(scope="module")
def codec() -> Codec:
    return fit_codec(SETTINGS, RATE_HZ, (melody(10, seed=seed) for seed in range(6)))


def test_held_out_music_is_recognisable(codec: Codec) -> None:
    samples = melody(5, seed=99)
    codes = codec.encode(samples)
    assert codes.shape[-1] == frame_spec(SETTINGS, RATE_HZ).width == 4
    assert codes.dtype == torch.int64
    assert 0 <= codes.min() <= codes.max() < 32
    part = samples[..., : codec.spec.samples_for(100)]
    soft = codec.soft.exp()
    wanted = (codec.spectrum.magnitudes(part[:, 0]) + soft).log()
    found = [codec.spectra(codec.analyse(part)[..., :some]) for some in (1, 2, 4)]
    left = [float((wanted - (one.exp() + soft).log()).square().mean()) for one in found]
    # Each further code tells more; all of them most of what there is to tell.
    assert left == sorted(left, reverse=True)
    assert left[-1] < 0.3 * float(wanted.var(dim=1).mean())
    decoded = codec.decode(codes)[..., : samples.shape[-1]]
    assert abs(decibels(decoded.std() / samples.std())) < 1.5


@given(st.integers(1, 5000), st.sampled_from(["noise", "silence", "clipped"]))
@settings(max_examples=40, deadline=None)
def test_anything_is_taken(codec: Codec, length: int, kind: str) -> None:
    loud = {"noise": 0.3, "silence": 0.0, "clipped": 50.0}[kind]
    rng = torch.Generator().manual_seed(length)
    samples = (loud * torch.randn(2, 1, length, generator=rng)).clamp(-1, 1)
    decoded = codec.decode(codec.encode(samples))
    assert decoded.isfinite().all()
    assert 0 <= decoded.shape[-1] - length < 256


def test_whatever_codes_come_the_level_is_the_corpuss(codec: Codec) -> None:
    rng = torch.Generator().manual_seed(0)
    codes = torch.randint(0, 32, (8, 500, 4), generator=rng)
    heard = torch.cat(
        [
            level(whole_frames(codec.spectrum, one[0]))
            for one in (melody(10, seed=seed) for seed in range(6))
        ]
    )
    found = level(codec.spectra(codes))
    assert found.max() <= heard.max() + 0.05
    assert found.min() >= heard.min() - 0.05


def test_the_same_recordings_give_the_same_bytes(codec: Codec, tmp_path: Path) -> None:
    again = fit_codec(SETTINGS, RATE_HZ, (melody(10, seed=seed) for seed in range(6)))
    codec.save(tmp_path / "one")
    again.save(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_second_of_corpus_is_enough() -> None:
    samples = melody(1)
    tiny = fit_codec(SETTINGS, RATE_HZ, [samples])
    decoded = tiny.decode(tiny.encode(samples))[..., : samples.shape[-1]]
    assert abs(decibels(decoded.std() / samples.std())) < 1.5


def test_as_many_codes_as_the_recordings_take() -> None:
    """Few for music that repeats itself, more for noise; never too few."""
    settings = replace(SETTINGS, n_codebooks=0)
    rng = torch.Generator().manual_seed(0)
    noises = [0.1 * torch.randn(1, 1, 4 * RATE_HZ, generator=rng) for _ in range(3)]
    noisy = fit_codec(settings, RATE_HZ, noises)
    simple = fit_codec(settings, RATE_HZ, [melody(4, seed=1)] * 3)
    assert LEAST_CODEBOOKS < noisy.spec.width == len(noisy.quantiser.codebooks) <= MOST_CODEBOOKS
    assert noisy.settings.n_codebooks == noisy.spec.width
    assert simple.spec.width == simple.settings.n_codebooks == LEAST_CODEBOOKS
    assert simple.encode(noises[0]).shape[-1] == LEAST_CODEBOOKS
    # They are the first of those that are asked for by number.
    asked = fit_codec(replace(SETTINGS, n_codebooks=5), RATE_HZ, [melody(4, seed=1)] * 3)
    torch.testing.assert_close(asked.quantiser.codebooks[:3], simple.quantiser.codebooks)


def test_no_corpus_at_all_is_refused() -> None:
    with pytest.raises(ReverieError, match="as long as one frame"):
        fit_codec(SETTINGS, RATE_HZ, [torch.zeros(1, 1, 100)])


def test_a_larger_corpus_is_thinned_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the corpus, what is kept of it is bounded and spread over all of it."""
    monkeypatch.setattr(codecs, "SAMPLE_FRAMES", 100)
    seen: list[Tensor] = []
    fit = codecs.ResidualQuantiser.fit

    def noted(points: Tensor, *rest: Any, **named: Any) -> object:
        seen.append(points)
        return fit(points, *rest, **named)

    monkeypatch.setattr(codecs.ResidualQuantiser, "fit", noted)

    def growing() -> Iterator[Tensor]:
        for number in range(12):
            yield 0.01 * (number + 1) * melody(4)

    tables = fit_codec(SETTINGS, RATE_HZ, growing())
    assert 50 <= len(seen[0]) <= 100
    # The last of the twelve is 12 times as loud as the first, and both are known.
    assert tables.levels[1].max() - tables.levels[1].min() > 2


def test_it_is_stored_and_read_back(codec: Codec, tmp_path: Path) -> None:
    path = tmp_path / "frames.safetensors"
    codec.save(path)
    loaded = load_representation(SETTINGS, RATE_HZ, path)
    samples = melody(2, seed=7)
    assert torch.equal(loaded.encode(samples), codec.encode(samples))
    fitted = fit_representation(SETTINGS, RATE_HZ, [melody(10)])
    assert isinstance(fitted, Codec)


def test_another_rate_version_or_size_is_refused_by_name(codec: Codec, tmp_path: Path) -> None:
    path = tmp_path / "frames.safetensors"
    codec.save(path)
    with pytest.raises(ReverieError, match="fitted at 8000 Hz, and this is 16000 Hz"):
        Codec.load(replace(SETTINGS, hop_seconds=0.016), 16000, path)
    with pytest.raises(ReverieError, match="of other sizes"):
        Codec.load(FrameSettings(transform="codes", hop_seconds=0.032), RATE_HZ, path)
    tables = load_file(path)
    save_file(tables, path, {"about": "reverie-codec 99 8000 Hz"})
    with pytest.raises(ReverieError, match="reverie-codec 99"):
        Codec.load(SETTINGS, RATE_HZ, path)
    save_file(tables, path)
    with pytest.raises(ReverieError, match="no codec that this version knows"):
        Codec.load(SETTINGS, RATE_HZ, path)
    path.write_bytes(b"broken")
    with pytest.raises(ReverieError, match="cannot be read as a codec"):
        Codec.load(SETTINGS, RATE_HZ, path)
    with pytest.raises(ReverieError, match="cannot be read as a codec"):
        Codec.load(SETTINGS, RATE_HZ, tmp_path / "nowhere")
