"""Before the first step: what it takes, how long, and whether there is music enough."""

from pathlib import Path

import pytest

from reverie.errors import ReverieError
from reverie.training import loop, preflight
from reverie.training.preflight import measure_needs, plan
from reverie.training.recipe import load_recipe
from tests.conftest import SMALL


def test_it_is_said_before_the_first_step(
    corpus_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = load_recipe("paper", [*SMALL, "training.epochs=1", "training.keep_epochs=[]"])
    loop.train(corpus_folder, recipe, tmp_path / "run")
    said = capsys.readouterr().err
    assert "baseline, 0.0 M parameters; memory " in said
    assert "1 epochs to go: about" in said
    assert "are too little to learn from" in said
    loop.train(corpus_folder, recipe, tmp_path / "run")
    assert "too little" not in capsys.readouterr().err


def test_a_running_mean_takes_a_copy_more(tmp_path: Path) -> None:
    one, two = (
        measure_needs(load_recipe("desk", [f"training.averaging={share}"]), tmp_path / "run")
        for share in (0.0, 0.9)
    )
    # What the process itself holds may have changed a little in between.
    assert two.memory_bytes - one.memory_bytes == pytest.approx(4 * one.parameters, rel=0.2)
    assert two.disk_bytes * 2 == one.disk_bytes * 3


@pytest.mark.parametrize(
    ("memory", "assignments", "message"),
    [
        (1 << 20, [], r"GiB of memory and 0.0 GiB are free. Lower model.hidden \(256\)"),
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
        plan(load_recipe("desk", assignments), tmp_path / "run")
