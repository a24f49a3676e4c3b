"""Files of numbers that say what they are, and hold something else."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.records import read_json
from reverie.storage import file_sha256, write_json
from reverie.training.checkpoint import MODEL, OPTIMISER, STATE
from reverie.training.recipe import load_recipe
from reverie.training.run import Run
from reverie.training.train import train
from tests.conftest import SMALL

ONE = [*SMALL, "training.epochs=1", "training.keep_epochs=[]"]


@pytest.fixture
def run(corpus_folder: Path, tmp_path: Path) -> Run:
    return train(corpus_folder, load_recipe("paper", ONE), tmp_path / "run", quiet=True)


def hash_again(checkpoint: Path, name: str, key: str) -> None:
    """As if the file had been saved as it is."""
    told = read_json(checkpoint / STATE, "a checkpoint")
    write_json(checkpoint / STATE, told | {key: file_sha256(checkpoint / name)})


@pytest.mark.parametrize("kind", [torch.float64, torch.int64, torch.bfloat16])
def test_weights_of_another_kind_of_number_are_named(run: Run, kind: torch.dtype) -> None:
    checkpoint = run.find_checkpoint()
    weights = {name: one.to(kind) for name, one in load_file(checkpoint / MODEL).items()}
    save_file(weights, checkpoint / MODEL)
    hash_again(checkpoint, MODEL, "model_sha256")
    wanted = f"core.* holds {str(kind)[6:]}, and the model has float32"
    with pytest.raises(ReverieError, match=wanted):
        run.load_model(checkpoint)


@pytest.mark.parametrize("held", [[1, 2], {"a": "b"}, {1: torch.zeros(1)}, None])
def test_an_optimiser_that_holds_other_things_is_named(
    run: Run, corpus_folder: Path, held: Any
) -> None:
    checkpoint = run.find_checkpoint()
    torch.save(held, checkpoint / OPTIMISER)
    hash_again(checkpoint, OPTIMISER, "optimizer_sha256")
    longer = load_recipe("paper", [*ONE, "training.epochs=2"])
    with pytest.raises(ReverieError, match="holds other things than mean squares"):
        train(corpus_folder, longer, run.folder, quiet=True)


def test_damaged_samples_are_met_before_a_run_is_begun(corpus_folder: Path, tmp_path: Path) -> None:
    """Also those that are held out, which are first heard after an epoch."""
    folder = tmp_path / "corpus"
    shutil.copytree(corpus_folder, folder)
    (held_out,) = Corpus.open(folder).of_split("held-out")
    (shard,) = (folder / "shards").iterdir()
    with shard.open("r+b") as file:
        file.seek(2 * held_out.offset_samples + 1000)
        file.write(b"other")
    with pytest.raises(ReverieError, match=f"{held_out.path} is damaged"):
        train(folder, load_recipe("paper", ONE), tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()
