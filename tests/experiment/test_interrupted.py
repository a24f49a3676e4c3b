"""An experiment that was killed, or whose files were damaged, ends right or says what is wrong."""

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from reverie.errors import ReverieError
from reverie.experiment import pieces
from reverie.experiment.measures import ModelResult
from reverie.experiment.protocol import Experiment, run_experiment
from reverie.experiment.report import write_report
from reverie.generation.settings import GenerationSettings
from reverie.runs.run import Run
from tests.experiment.making import SETTINGS, tables
from tests.forking import ended, forked


def killed(where: str, corpus: Path, folder: Path) -> int:
    """The status of an experiment that is killed at a place of its own: before clips of the first
    model's third checkpoint, or before the second model's result is written."""
    make, write = pieces.generate_missing, pieces.write_json

    def makes(run: Run, asked: GenerationSettings, clips: Path, **options: Any) -> Any:
        if where == "clips" and clips.name == "epoch-00003":
            os.kill(os.getpid(), signal.SIGKILL)
        return make(run, asked, clips, **options)

    def writes(path: Path, value: object) -> None:
        if where == "result" and path.name == "blocks.json":
            os.kill(os.getpid(), signal.SIGKILL)
        write(path, value)

    def work() -> None:
        pieces.generate_missing, pieces.write_json = makes, writes
        run_experiment(corpus, folder, SETTINGS, quiet=True)

    return ended(forked(work))


@pytest.mark.parametrize("where", ["clips", "result"])
def test_killed_and_called_again_it_ends_with_the_same_tables(
    ten: Path, done: Experiment, tmp_path: Path, where: str
) -> None:
    folder = tmp_path / "killed"
    assert killed(where, ten, folder) == -signal.SIGKILL
    results = {path: path.stat().st_mtime_ns for path in folder.glob("results/*.json")}
    assert [path.stem for path in results] == ([] if where == "clips" else ["bilinear"])
    made = {path.parent.name for path in folder.glob("clips/bilinear/*/*.wav")}
    assert made == {
        f"epoch-0000{epoch}" for epoch in ((1, 2) if where == "clips" else (1, 2, 3, 4))
    }
    write_report(run_experiment(ten, folder, SETTINGS, quiet=True))
    assert tables(folder) == tables(done.folder)
    assert {path: path.stat().st_mtime_ns for path in results} == results  # not done again


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("experiment.json", b"{"),
        ("experiment.json", b"[]"),
        ("experiment.json", b'{"format": "reverie-experiment"}'),
        ("results/bilinear.json", b"null"),
        ("results/bilinear.json", b'{"model": "bilinear", "clips": []}'),
        ("results/blocks.json", b"[" * 100_000),
        ("evaluation/evaluation.json", None),
        ("evaluation/asked.json", b"\xff"),
        ("listening/results.json", b'{"rehearsal": 1}'),
    ],
)
def test_damaged_files_are_named_or_made_again(
    ten: Path, done: Experiment, tmp_path: Path, name: str, damage: bytes | None
) -> None:
    folder = tmp_path / "e"
    shutil.copytree(done.folder, folder)
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    if name.startswith("evaluation"):
        write_report(run_experiment(ten, folder, SETTINGS, quiet=True))
        assert tables(folder) == tables(done.folder)
    else:
        with pytest.raises(ReverieError, match=path.name):
            write_report(run_experiment(ten, folder, SETTINGS, quiet=True))


@pytest.mark.parametrize(
    "changes",
    [
        {"chosen_epoch": 9},
        {"model": "gruv"},
        {"train_loss": "low"},
        {"selection_losses": {"one": 1.0}},
        {"parameters": True},
        {"seconds": None},
        {"more": 1},
    ],
)
def test_results_that_do_not_fit_are_named(
    done: Experiment, tmp_path: Path, changes: dict[str, object]
) -> None:
    told = json.loads((done.folder / "results" / "bilinear.json").read_text())
    path = tmp_path / "bilinear.json"
    path.write_text(json.dumps(told))
    assert ModelResult.read(path, "bilinear") == done.results[0]
    path.write_text(json.dumps(told | changes))
    with pytest.raises(ReverieError, match=r"bilinear.json is damaged") as refusal:
        ModelResult.read(path, "bilinear")
    assert "Remove it" in refusal.value.remedy
    told["clips"][0]["name"] = "../../secret.wav"
    path.write_text(json.dumps(told))
    with pytest.raises(ReverieError, match="paths for names"):
        ModelResult.read(path, "bilinear")


def test_a_clip_without_its_provenance_is_shown_without_its_seed(
    ten: Path, done: Experiment, tmp_path: Path
) -> None:
    folder = tmp_path / "e"
    shutil.copytree(done.folder, folder)
    for told in folder.glob("clips/bilinear/*/*.json"):
        told.write_text("{")
    page = write_report(run_experiment(ten, folder, SETTINGS, quiet=True)).read_text()
    assert page.count("0 s of prompt, then the clip") == 1
    for sound in folder.glob("clips/blocks/*/*.wav"):
        sound.write_bytes(b"no sound")
    with pytest.raises(ReverieError, match=r"001.wav cannot be read"):
        write_report(run_experiment(ten, folder, SETTINGS, quiet=True))
