"""A run finds its corpus again, wherever both were moved together, and takes no other."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.generation.prompts import choose_prompts
from reverie.runs.run import Run
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.conftest import SMALL


@pytest.fixture(scope="module")
def together(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus and a run; copied before anything is moved."""
    folder = tmp_path_factory.mktemp("together")
    shutil.copytree(corpus_folder, folder / "music")
    told = [*SMALL, "training.epochs=1", "training.keep_epochs=[]"]
    train(folder / "music", load_recipe("paper", told), folder / "runs" / "one", quiet=True)
    return folder


@pytest.fixture
def moved(together: Path, tmp_path: Path) -> Path:
    shutil.copytree(together, tmp_path / "elsewhere")
    together.rename(together.with_name("gone"))
    return tmp_path / "elsewhere"


@pytest.fixture(autouse=True)
def put_back(together: Path) -> None:
    gone = together.with_name("gone")
    if gone.exists():
        gone.rename(together)


def prompt_of(run: Run) -> str:
    return choose_prompts(run, "held-out", 1, np.random.default_rng(0))[0][0].recording


def test_moved_together_it_is_found_from_the_run(moved: Path) -> None:
    run = Run.open(moved / "runs" / "one")
    assert isinstance(run.corpus_folder, Path)
    assert not run.corpus_folder.exists()
    assert run.open_corpus().folder.resolve() == (moved / "music").resolve()
    assert prompt_of(run).startswith("tune")


@pytest.mark.parametrize("name", ["music", "another name"])
def test_beside_the_run_it_is_found_by_its_name_and_by_its_content(moved: Path, name: str) -> None:
    (moved / "music").rename(moved / "runs" / name)
    run = Run.open(moved / "runs" / "one")
    assert run.open_corpus().folder.name == name


def test_it_is_found_where_it_was_though_the_run_moved(together: Path, tmp_path: Path) -> None:
    shutil.copytree(together / "runs" / "one", tmp_path / "alone")
    run = Run.open(tmp_path / "alone")
    assert run.open_corpus().folder == (together / "music").resolve()


def test_where_it_is_not_found_the_way_on_is_said(moved: Path, tmp_path: Path) -> None:
    far = tmp_path / "far" / "away"
    far.parent.mkdir()
    (moved / "music").rename(far)
    with pytest.raises(
        ReverieError, match=r"neither at .* nor beside the run.*give it as `corpus`"
    ):
        Run.open(moved / "runs" / "one").open_corpus()
    given = Run.open(moved / "runs" / "one", far)
    assert given.open_corpus().folder == far
    assert prompt_of(given).startswith("tune")


def test_another_corpus_is_never_taken(moved: Path, with_rests: Corpus) -> None:
    shutil.rmtree(moved / "music")
    shutil.copytree(with_rests.folder, moved / "music")
    with pytest.raises(ReverieError, match="nor beside the run"):
        Run.open(moved / "runs" / "one").open_corpus()
    with pytest.raises(ReverieError, match="is not the corpus that"):
        Run.open(moved / "runs" / "one", moved / "music").open_corpus()


def test_a_changed_one_is_said_to_have_changed(
    together: Path, tmp_path: Path, with_rests: Corpus
) -> None:
    shutil.copytree(together / "runs" / "one", tmp_path / "one")
    shutil.copytree(together / "music", tmp_path / "kept")
    for table in with_rests.folder.glob("recordings-*.sqlite"):
        shutil.copy(table, together / "music")
    shutil.copy(with_rests.folder / "manifest.json", together / "music")
    run = Run.open(together / "runs" / "one")
    with pytest.raises(ReverieError, match="has changed since"):
        run.open_corpus()
    shutil.rmtree(together / "music")
    (tmp_path / "kept").rename(together / "music")
    assert run.open_corpus().folder == (together / "music").resolve()
