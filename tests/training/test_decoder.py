"""The codec's decoder is fitted before the training, on the training split."""

import threading
from pathlib import Path

import pytest
import torch
from torch import Tensor

from reverie.corpus.corpus import Corpus
from reverie.frames.codec import Codec
from reverie.frames.codec_fit import fit_codec
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.training.decoder import fit_decoder, regression_loss
from reverie.training.recipe import load_recipe
from reverie.training.sounding import excerpts
from reverie.training.train import train
from tests.conftest import SMALL

CPU = torch.device("cpu")
CODES = [
    *SMALL,
    "frames.transform=codes",
    "frames.n_codebooks=1",
    "frames.codebook_size=16",
    "frames.n_components=12",
    "frames.decoder=context",
    "frames.decoder_channels=16",
    "frames.decoder_blocks=2",
    "model.head_width=8",
    "training.decoder_steps=120",
]


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return load_recipe("paper", CODES)


@pytest.fixture(scope="module")
def codec(corpus: Corpus, recipe: Recipe) -> Codec:
    music = excerpts(corpus, corpus.of_split("train"))
    return fit_codec(recipe.frames, corpus.rate_hz, music)


def left(codec: Codec, music: Tensor) -> float:
    """What the decoder leaves of music."""
    assert codec.decoder
    wanted = codec.principal_components(music[:, : codec.spec.samples_for(100)])
    vectors = codec.quantiser.decode(codec.quantiser.encode(wanted))
    return float(regression_loss(codec.decoder, vectors, wanted))


def test_it_leaves_less_than_the_codes_alone(
    codec: Codec, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here it learns from the very music that it is measured by."""
    of_split = Corpus.of_split
    monkeypatch.setattr(Corpus, "of_split", lambda self, _: of_split(self, "train"))
    longer = load_recipe("paper", [*CODES, "training.decoder_steps=400"])
    fitted = fit_decoder(codec, corpus, longer, CPU, threading.Event(), quiet=True)
    assert fitted
    assert fitted.decoder
    before, after = (
        sum(left(one, music) for music in excerpts(corpus, corpus.of_split("train")))
        for one in (codec, fitted)
    )
    assert after < 0.95 * before
    assert not any(weight.requires_grad for weight in fitted.decoder.parameters())


def test_a_decoder_that_makes_held_out_music_worse_is_not_kept(
    codec: Codec, corpus: Corpus, recipe: Recipe
) -> None:
    """Five melodies of random notes tell nothing of a sixth."""
    fitted = fit_decoder(codec, corpus, recipe, CPU, threading.Event(), quiet=True)
    assert fitted
    (music,) = excerpts(corpus, corpus.of_split("held-out"))
    assert left(fitted, music) <= left(codec, music) * 1.001


def test_a_stop_leaves_nothing_half_done(
    codec: Codec, corpus: Corpus, recipe: Recipe, corpus_folder: Path, tmp_path: Path
) -> None:
    stop = threading.Event()
    stop.set()
    assert fit_decoder(codec, corpus, recipe, CPU, stop, quiet=True) is None
    run = train(corpus_folder, recipe, tmp_path / "run", stop=stop, quiet=True)
    assert not run.statistics.exists()
    whole = train(corpus_folder, recipe, tmp_path / "run", quiet=True)
    again = train(corpus_folder, recipe, tmp_path / "again", quiet=True)
    assert whole.statistics.read_bytes() == again.statistics.read_bytes()
    assert Run.open(tmp_path / "run").representation().lookahead_frames == 4
