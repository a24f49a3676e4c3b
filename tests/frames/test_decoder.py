"""The decoder with context: it refines frames, whole or as a stream, to the same samples."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from reverie.frames.codec import Codec
from reverie.frames.codec_fit import fit_codec
from reverie.frames.representation import load_representation
from reverie.frames.settings import FrameSettings
from tests.frames.music import RATE_HZ, melody
from tests.frames.music import REFINED_CODES as SETTINGS

CONTEXT = 4


@pytest.fixture(scope="module")
def untrained() -> Codec:
    return fit_codec(SETTINGS, RATE_HZ, (melody(10, seed=seed) for seed in range(4)))


@pytest.fixture(scope="module")
def codec(untrained: Codec) -> Codec:
    """One whose decoder does something, whatever it is."""
    made = untrained.to("cpu")
    assert made.decoder
    rng = torch.Generator().manual_seed(1)
    with torch.no_grad():
        made.decoder.leave.weight.normal_(0, 0.05, generator=rng)
    return made


def test_before_it_is_fitted_it_changes_nothing(untrained: Codec) -> None:
    codes = untrained.encode(melody(3, seed=9))
    assert untrained.decoder
    plain = Codec(
        FrameSettings(**{**vars(SETTINGS), "decoder": "none"}),
        RATE_HZ,
        mean=untrained.mean,
        basis=untrained.basis,
        codebooks=untrained.quantiser.codebooks,
        levels=untrained.levels,
        soft=untrained.soft,
    )
    assert plain.lookahead_frames == 0
    torch.testing.assert_close(untrained.spectra(codes), plain.spectra(codes))


def test_a_frame_depends_on_its_context_alone(codec: Codec) -> None:
    codes = codec.encode(melody(3, seed=9))
    assert codec.lookahead_frames == CONTEXT
    changed = codes.clone()
    changed[:, 20] = (changed[:, 20] + 7) % 32
    differs = (codec.spectra(codes) != codec.spectra(changed)).any(-1)[0]
    assert differs.nonzero().flatten().tolist() == list(range(20 - CONTEXT, 20 + CONTEXT + 1))


@pytest.mark.parametrize("sizes", [[1] * 60, [3, 57], [7, 1, 30, 22]], ids=["ones", "two", "odd"])
def test_a_stream_decodes_as_the_whole(codec: Codec, sizes: list[int]) -> None:
    """Besides the last frames, which wait for what follows them."""
    codes = codec.encode(melody(4, seed=9))[:, : sum(sizes)]
    # Zero vectors follow the last frame of a whole excerpt: its last frames are not compared.
    whole = codec.spectra(codes)[:, :-CONTEXT]
    state = codec.initial_state(1, codes)
    streamed: list[Tensor] = []
    kept = codec.spectrum.synthesise

    def noted(frames: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        streamed.append(frames)
        return kept(frames, state)

    codec.spectrum.synthesise = noted
    try:
        samples = 0
        for piece in codes.split(sizes, dim=1):
            part, state = codec.synthesise(piece, state)
            samples += part.shape[-1]
    finally:
        codec.spectrum.synthesise = kept
    assert samples == (60 - CONTEXT) * 256
    torch.testing.assert_close(torch.cat(streamed, dim=1), whole, atol=1e-3, rtol=0)
    assert state.vectors.shape[1] == 2 * CONTEXT


def test_real_music_is_the_context_of_what_continues_it(codec: Codec) -> None:
    """After a prompt the first new frame is refined by the prompt's last ones."""
    samples = melody(4, seed=9)[..., : codec.spec.samples_for(50)]
    codes = codec.analyse(samples)
    begun = codec.state_after(samples[..., : codec.spec.samples_for(30)])
    vectors = codec.quantiser.decode(codes[:, 30 - CONTEXT : 30])
    torch.testing.assert_close(begun.vectors, vectors)
    few = codec.state_after(samples[..., : codec.spec.samples_for(2)])
    assert (few.vectors[:, : CONTEXT - 2] == 0).all()
    torch.testing.assert_close(few.vectors[:, CONTEXT - 2 :], codec.quantiser.decode(codes[:, :2]))


def test_it_is_stored_with_the_codec(codec: Codec, tmp_path: Path) -> None:
    path = tmp_path / "frames.safetensors"
    codec.save(path)
    loaded = load_representation(SETTINGS, RATE_HZ, path)
    codes = codec.encode(melody(2, seed=7))
    assert torch.equal(loaded.decode(codes), codec.decode(codes))
    codec.save(tmp_path / "again")
    assert path.read_bytes() == (tmp_path / "again").read_bytes()
