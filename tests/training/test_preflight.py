"""Before the first step: what it takes, how long, and whether there is music enough."""

import os
import re
from pathlib import Path
from typing import get_args

import psutil
import pytest

from reverie.errors import ReverieError
from reverie.frames.transforms import frame_spec
from reverie.models.architectures import meta_model
from reverie.models.settings import Architecture
from reverie.runs import memory
from reverie.training import preflight
from reverie.training.preflight import estimate_needs, plan
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.conftest import SMALL

RATE_HZ = 16000


def test_it_is_said_before_the_first_step(
    corpus_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = load_recipe("paper", [*SMALL, "training.epochs=1", "training.keep_epochs=[]"])
    train(corpus_folder, recipe, tmp_path / "run")
    said = capsys.readouterr().err
    assert "It fits: baseline, 0.0 M parameters; memory " in said
    assert "to go: 1 epoch; about" in " ".join(said.split())
    assert "are too little to learn from" in " ".join(said.split())
    train(corpus_folder, recipe, tmp_path / "run")
    assert "too little" not in capsys.readouterr().err


def test_a_running_mean_takes_a_copy_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What the process itself holds may change in between.
    held = psutil.Process().memory_info()
    monkeypatch.setattr(psutil.Process, "memory_info", lambda _process: held)
    one, two = (
        estimate_needs(
            load_recipe("desk", [f"training.ema_decay={share}"]), RATE_HZ, tmp_path / "run"
        )
        for share in (0.0, 0.9)
    )
    assert two.memory_bytes - one.memory_bytes == 4 * one.parameters
    assert two.disk_bytes * 2 == one.disk_bytes * 3


@pytest.mark.parametrize(
    ("memory", "assignments", "message"),
    [
        (1 << 20, [], r"GiB of memory, and \d.\d GiB can be had. Lower model.hidden \(256\)"),
        (1 << 50, ["model.hidden=65536"], r"checkpoints of this run need about .* keep fewer"),
    ],
)
def test_what_cannot_fit_is_refused(
    memory: int,
    assignments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(preflight, "available_memory", lambda _device: memory)
    with pytest.raises(ReverieError, match=message):
        plan(load_recipe("desk", assignments), RATE_HZ, tmp_path / "run")


@pytest.mark.parametrize("architecture", get_args(Architecture))
@pytest.mark.parametrize("kind", ["desk", "codes", "adversarial"])
def test_small_batches_tell_what_large_ones_keep(architecture: Architecture, kind: str) -> None:
    recipe = load_recipe(
        kind,
        [f"model.architecture={architecture}", "model.hidden=20", "frames.hop_seconds=0.004"],
    )
    spec = frame_spec(recipe.frames, RATE_HZ)
    model = meta_model(recipe.model, spec)
    counted = preflight._kept_of(model, spec, 7, 23)
    assert preflight._kept_by_autograd(model, 7, 23, spec) == counted > 0


@pytest.mark.parametrize(
    "assignments",
    [
        ["model.hidden=65536"],
        ["training.batch_size=1048576"],
        ["training.batch_size=1048576", "training.sequence_seconds=1e6"],
        ["model.architecture=conv", "model.filters=1024", "frames.hop_seconds=4"],
        ["model.architecture=blocks", "model.block_frames=64", "model.hidden=65536"],
        ["model.architecture=ensemble", "model.members=64", "model.hidden=65536"],
        ["model.adversary=hinge", "model.head_width=16384", "training.batch_size=1048576"],
        ["frames.transform=codes", "frames.hop_seconds=4"],
        ["frames.transform=codes", "model.head_width=16384", "model.hidden=65536"],
    ],
)
def test_what_no_machine_has_is_refused_before_it_is_taken(
    assignments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "available_memory", lambda _device: 32 << 30)
    before = psutil.Process().memory_info().rss
    with pytest.raises(ReverieError, match=r"needs about .* GiB of memory"):
        plan(load_recipe("desk", assignments), RATE_HZ, tmp_path / "run")
    assert psutil.Process().memory_info().rss - before < 200 << 20


@pytest.mark.parametrize(
    "assignment",
    [
        "model.hidden=1000000000",
        "training.batch_size=1000000000",
        "training.sequence_seconds=1e10",
        "training.epochs=1000000000000",
        "training.threads=1000000",
        "training.minutes=inf",
        "training.learning_rate=nan",
        "training.seed=-1",
        "training.patience_epochs=1000000000000",
        "training.warmup_steps=1000000000000000000000",
        "training.checkpoint_minutes=inf",
        "training.held_out_every_epochs=1000000000000",
        "frames.hop_seconds=1e9",
        "frames.codebook_size=1000000000",
        "frames.n_codebooks=1000000000",
        "frames.n_components=1000000000",
        "frames.log_floor_db=inf",
        "model.dense_l2=inf",
        "model.block_frames=1000000000",
        "model.members=1000000000",
        "model.depth=1000000000",
        "frames.decoder_channels=1000000000",
        "frames.decoder_blocks=1000000000",
        "training.decoder_steps=1000000000000000000000",
        "training.beat_dropout=1",
        "generation.guidance=inf",
        "generation.bpm=10",
        "generation.temperature=inf",
    ],
)
def test_every_number_has_bounds(assignment: str) -> None:
    name = assignment.partition("=")[0]
    with pytest.raises(ReverieError, match=f"setting {re.escape(name)} is wrong"):
        load_recipe("desk", [assignment])


def test_more_threads_than_a_machine_can_use_are_refused(tmp_path: Path) -> None:
    many = preflight.MOST_THREADS_EACH * (os.cpu_count() or 1) + 1
    recipe = load_recipe("desk", [f"training.threads={many}"])
    with pytest.raises(ReverieError, match=f"asks for {many} threads"):
        plan(recipe, RATE_HZ, tmp_path / "run")


def test_a_model_that_opening_would_not_fit_is_refused(
    corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [*SMALL, "training.epochs=1", "training.keep_epochs=[]"]
    made = train(corpus_folder, load_recipe("paper", told), tmp_path / "run", quiet=True)
    monkeypatch.setattr(memory, "available_memory", lambda _device: 1000)
    with pytest.raises(ReverieError, match=r"GiB of memory and 0\.0 GiB are free"):
        made.load_model(made.find_checkpoint())


def test_what_the_process_holds_already_need_not_be_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, free = load_recipe("desk"), 1 << 30
    monkeypatch.setattr(preflight, "available_memory", lambda _device: free)
    process = psutil.Process().memory_info()
    much = process._replace(rss=64 << 30)
    for held in (process, much):
        monkeypatch.setattr(psutil.Process, "memory_info", lambda _process, held=held: held)
        needs = plan(recipe, RATE_HZ, tmp_path / "run")
        assert needs.memory_available_bytes == held.rss + free
