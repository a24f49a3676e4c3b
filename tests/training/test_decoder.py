"""The codec's decoder is fitted before the training, on the training split."""

import copy
import itertools
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from reverie import progress
from reverie.corpus.corpus import Corpus
from reverie.frames.codec import Codec
from reverie.frames.codec_fit import fit_codec
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.training import regression
from reverie.training.decoder import decoder_fit_bytes, decoder_fit_seconds, fit_decoder
from reverie.training.excerpts import excerpts
from reverie.training.preflight import estimate_needs, smaller
from reverie.training.recipe import load_recipe
from reverie.training.regression import BATCH, regression_loss
from reverie.training.train import train
from tests.clock import set_clock
from tests.conftest import RATE_HZ, SMALL

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
    music = excerpts(corpus, corpus.of_split("train"), 1)
    return fit_codec(recipe.frames, corpus.rate_hz, music)


def left(codec: Codec, music: Tensor) -> float:
    """What the decoder leaves of music."""
    assert codec.decoder
    wanted = codec.principal_components(music[..., : codec.spec.samples_for(100)])
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
        sum(left(one, music) for music in excerpts(corpus, corpus.of_split("train"), 1))
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
    (music,) = excerpts(corpus, corpus.of_split("held-out"), 1)
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


def test_its_progress_knows_that_the_minutes_may_end_it(
    codec: Codec,
    corpus: Corpus,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A fifth of ten minutes at six seconds a step are twenty steps, of the thousand allowed."""
    looks = itertools.count(0, 3)
    set_clock(monkeypatch, regression, progress, monotonic=lambda: next(looks))
    told = load_recipe("paper", [*CODES, "training.decoder_steps=1000", "training.minutes=10"])
    fit_decoder(codec, corpus, told, CPU, threading.Event())
    said = capsys.readouterr().err
    totals = [int(total) for total in re.findall(r"/(\d+) steps", said)]
    assert totals
    assert all(10 < total < 25 for total in totals)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_its_memory_is_foretold(codec: Codec, corpus: Corpus, precision: str) -> None:
    recipe = load_recipe("paper", [*CODES, f"model.precision={precision}"])
    stored: dict[int, int] = {}
    held: list[torch.UntypedStorage] = []

    def note(tensor: Tensor) -> Tensor:
        held.append(tensor.untyped_storage())
        stored[held[-1].data_ptr()] = held[-1].nbytes()
        return tensor

    pcm = torch.from_numpy(
        corpus.pcm(corpus.recordings[0])[0][: codec.spec.samples_for(136)] / 32768
    )
    wanted = codec.principal_components(pcm.float().expand(BATCH, 1, -1))
    network = copy.deepcopy(codec.decoder)
    assert network
    network.requires_grad_(True)
    with (
        torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor),
        torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"),
    ):
        loss = regression_loss(
            network, codec.quantiser.decode(codec.quantiser.encode(wanted)), wanted
        )
    del loss
    kept = sum(stored.values())
    spectra = 4 * 4 * wanted[..., 0].numel() * codec.spectrum.spec.width
    assert kept < decoder_fit_bytes(recipe, RATE_HZ) - spectra < 8 * kept
    none = load_recipe("paper", [*CODES, "frames.decoder=none"])
    paper = load_recipe("paper")
    assert decoder_fit_bytes(none, RATE_HZ) == decoder_fit_bytes(paper, RATE_HZ) == 0


def test_it_is_counted_before_the_first_step(tmp_path: Path) -> None:
    narrow, wide = (
        estimate_needs(load_recipe("codes", [f"frames.decoder_channels={n}"]), RATE_HZ, tmp_path)
        for n in (16, 4096)
    )
    assert wide.memory_bytes > 2 * narrow.memory_bytes
    assert "frames.decoder_channels (4096)" in smaller(
        load_recipe("codes", ["frames.decoder_channels=4096"])
    )


def test_how_long_fitting_takes_is_told_from_a_step(codec: Codec, recipe: Recipe) -> None:
    """By a clock that ticks once a look: one tick for what is heard, one for the step."""
    before = codec.tables() | codec.decoder.state_dict() if codec.decoder else {}
    ticks = itertools.count()
    seconds = decoder_fit_seconds(codec, recipe, CPU, lambda: float(next(ticks)))
    assert seconds == 120 * 2
    after = codec.tables() | codec.decoder.state_dict() if codec.decoder else {}
    assert before
    assert all(torch.equal(one, after[name]) for name, one in before.items())
    timed = replace(recipe, training=replace(recipe.training, minutes=1.0))
    assert decoder_fit_seconds(codec, timed, CPU, lambda: float(next(ticks))) == 0.2 * 60
