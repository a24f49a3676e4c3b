"""Files of numbers that say what they are, and hold something else."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from reverie.errors import ReverieError
from reverie.records import read_json
from reverie.runs.checkpoint import OPTIMISER
from reverie.runs.run import Run
from reverie.runs.states import STATE
from reverie.storage import file_sha256, write_json
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.conftest import SMALL

ONE = [*SMALL, "training.epochs=1", "training.keep_epochs=[]"]
LONGER = load_recipe("paper", [*ONE, "training.epochs=2"])


@pytest.fixture
def run(corpus_folder: Path, tmp_path: Path) -> Run:
    return train(corpus_folder, load_recipe("paper", ONE), tmp_path / "run", quiet=True)


def hash_again(checkpoint: Path, name: str, key: str) -> None:
    """As if the file had been saved as it is."""
    told = read_json(checkpoint / STATE, "a checkpoint")
    write_json(checkpoint / STATE, told | {key: file_sha256(checkpoint / name)})


def test_an_optimiser_whose_values_are_no_numbers_is_named(run: Run, corpus_folder: Path) -> None:
    checkpoint = run.find_checkpoint()
    held = torch.load(checkpoint / OPTIMISER, weights_only=True)
    held["head.linear.bias"][0] = float("nan")
    torch.save(held, checkpoint / OPTIMISER)
    hash_again(checkpoint, OPTIMISER, "optimizer_sha256")
    with pytest.raises(ReverieError, match=r"optimizer.pt .* no numbers in head\.linear\.bias"):
        train(corpus_folder, LONGER, run.folder, quiet=True)


def test_a_run_does_not_go_on_with_other_frames(run: Run, corpus_folder: Path) -> None:
    """Exchanged together with the hash in the run, and not with that in its checkpoints."""
    fitted = load_file(run.statistics)
    save_file({name: 1.1 * one for name, one in fitted.items()}, run.statistics)
    told = read_json(run.folder / "config.json", "a run")
    write_json(run.folder / "config.json", told | {"frames_sha256": file_sha256(run.statistics)})
    with pytest.raises(ReverieError, match=r"frames.safetensors cannot be loaded: it is not what"):
        train(corpus_folder, LONGER, run.folder, quiet=True)
