"""A dry run takes a few steps, says how long all of them take, and leaves nothing."""

from pathlib import Path

import pytest

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.training import estimate as module
from reverie.training import preflight
from reverie.training.estimate import estimate
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.conftest import SMALL

CODES = [*SMALL, "frames.transform=codes", "frames.n_codebooks=3", "frames.codebook_size=16"]


@pytest.mark.parametrize("told", [SMALL, CODES])
def test_it_says_time_and_writes_nothing(told: list[str], corpus: Corpus, tmp_path: Path) -> None:
    found = estimate(corpus, load_recipe("paper", told), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
    assert found.needs.parameters > 0
    assert 0 < found.step_seconds < found.epoch_seconds
    assert found.seconds == pytest.approx(6 * found.epoch_seconds)
    said = " ".join(found.lines)
    assert "It fits: baseline" in said
    assert "14 steps an epoch, about" in said
    assert "to go: 6 epochs; about" in said
    assert "are too little to learn from" in said


def test_without_an_end_it_gives_none(corpus: Corpus, tmp_path: Path) -> None:
    told = [*SMALL, "training.epochs=1000000", "training.patience_epochs=3"]
    found = estimate(corpus, load_recipe("paper", told), tmp_path / "run")
    assert found.seconds is None
    assert found.lines[1].endswith("to go: as long as held-out music gets better")


def test_of_a_run_it_is_for_the_rest(corpus: Corpus, tmp_path: Path) -> None:
    half = load_recipe("paper", [*SMALL, "training.epochs=2"])
    train(corpus.folder, half, tmp_path / "run", quiet=True)
    assert estimate(corpus, half, tmp_path / "run").seconds == 0
    longer = estimate(corpus, load_recipe("paper", SMALL), tmp_path / "run")
    assert "to go: 4 epochs;" in longer.lines[1]
    with pytest.raises(ReverieError, match=r"begun with model.hidden = 12, not 13"):
        estimate(corpus, load_recipe("paper", [*SMALL, "model.hidden=13"]), tmp_path / "run")


def test_what_frames_learn_before_the_first_step_counts(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "decoder_fit_seconds", lambda *_: 1e5)
    fitted = [*CODES, "frames.decoder=context", "frames.decoder_channels=8"]
    found = estimate(corpus, load_recipe("paper", fitted), tmp_path / "run")
    assert found.seconds is not None
    assert 1e5 < found.seconds < 1e5 + 1e4
    # Minutes that end a training are for all of it.
    timed = load_recipe("paper", [*fitted, "training.minutes=1"])
    assert (estimate(corpus, timed, tmp_path / "run").seconds or 0) < 1e4
    recipe = load_recipe("paper", [*fitted, "training.epochs=1", "training.decoder_steps=1"])
    train(corpus.folder, recipe, tmp_path / "run", quiet=True)
    longer = load_recipe("paper", [*fitted, "training.decoder_steps=1"])
    assert (estimate(corpus, longer, tmp_path / "run").seconds or 0) < 1e4


def test_what_cannot_fit_is_refused(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "available_memory", lambda _device: 1 << 20)
    with pytest.raises(ReverieError, match=r"GiB of memory, and \d.\d GiB can be had"):
        estimate(corpus, load_recipe("paper", SMALL), tmp_path / "run")
