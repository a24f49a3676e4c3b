"""Every benchmark of the engine runs, at a size that says nothing, and prints its table."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from reverie.corpus.corpus import Corpus
from reverie.models.settings import Architecture
from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.conftest import SMALL
from tests.music import write_recordings

FOLDER = Path(__file__).parent.parent / "benchmarks"
TINY = ["--hidden", "8", "--hop-samples", "20", "--steps", "4", "--rounds", "2"]


def run(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> str:
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(sys, "argv", [f"{name}.py", *words])
    importlib.import_module(name).main()
    return capsys.readouterr().out


@pytest.mark.parametrize("architecture", ["bilinear", "blocks"])
def test_train_step(
    architecture: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    told = tmp_path / "figures.json"
    words = ["--architecture", architecture, "--batch", "3", "--json", str(told)]
    table = run("train_step", monkeypatch, capsys, *TINY, *words)
    assert "| reverie, bfloat16 |" in table
    assert ("torch.nn.LSTM" in table) == (architecture == "bilinear")
    figures = json.loads(told.read_text())["figures"]
    assert {len(one["seconds"]) for one in figures} == {2}


def test_generate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    table = run("generate", monkeypatch, capsys, *TINY, "--clips", "1", "2")
    assert table.count("| re-feeding torch.nn.LSTM |") == 2
    assert "2 clips at once; first frame after" in table


def test_all_models(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    told = tmp_path / "figures.json"
    words = [*TINY, "--batch", "3", "--device", "cpu", "--json", str(told)]
    table = run("all_models", monkeypatch, capsys, *words)
    figures = json.loads(told.read_text())["figures"]
    assert [one["architecture"] for one in figures] == list(get_args(Architecture))
    for one in figures:
        assert len(one["seconds"]) == 2
        assert f"| {one['architecture']} |" in table


def test_roofline(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    swept, played, drawn = (tmp_path / one for one in ("batch.json", "play.json", "roof.svg"))
    sizes = [*TINY, "--quick", "--sweep", "batch", "--json", str(swept)]
    run("train_step", monkeypatch, capsys, *sizes)
    run("generate", monkeypatch, capsys, *TINY, "--clips", "1", "2", "--json", str(played))
    words = [str(swept), str(played), "--out", str(drawn)]
    said = run("roofline", monkeypatch, capsys, *words)
    assert "GFLOP/s in bfloat16" in said
    picture = drawn.read_text()
    assert picture.startswith("<svg")
    for name in ("roof", "training, B", "generation"):
        assert f">{name}</text>" in picture


def test_loss_curves(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    corpus_folder: Path,
) -> None:
    drawn, told = tmp_path / "curves.svg", tmp_path / "curves.json"
    small = [word for one in [*SMALL, "training.epochs=3"] for word in ("--set", one)]
    words = [str(corpus_folder), "--recipe", "paper", *small, "--json", str(told)]
    table = run("loss_curves", monkeypatch, capsys, *words, "--out", str(drawn))
    assert drawn.read_text().startswith("<svg")
    curves = json.loads(told.read_text())["curves"]
    assert {len(one) for one in curves.values()} == {3}
    plain = curves["plain LSTM, float32"]
    assert curves["engine, float32"] == pytest.approx(plain, rel=1e-5)
    assert curves["engine, bfloat16"] == pytest.approx(plain, rel=1e-2)
    rows = [row.strip("| ").split(" | ") for row in table.splitlines() if row.startswith("| ")]
    told_furthest = {row[0]: float(row[-1]) for row in rows[1:]}
    for name, curve in curves.items():
        furthest = max(abs(one / other - 1) for one, other in zip(curve, plain, strict=True))
        assert told_furthest[name] == pytest.approx(furthest, rel=0.06)


def test_memory(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    told = tmp_path / "figures.json"
    words = ["--architectures", "gruv", "--hidden", "1024", "--batch", "1", "--json", str(told)]
    table = run("memory", monkeypatch, capsys, *words)
    found = json.loads(told.read_text())["figures"]["gruv"]
    width, hidden = 8000, 1024
    lstm = 4 * hidden * (2 * hidden + 1)
    assert found["parameters"] == (width + 1) * hidden + lstm + (hidden + 1) * width
    # A step has weights, mean squares and gradients, which are more than the process was before.
    assert found["peak_gib"] > 12 * found["parameters"] / (1 << 30)
    assert found["peak_gib"] < found["foretold_gib"] < 2 * found["peak_gib"]
    assert f"| gruv | {found['parameters'] / 1e6:.1f} M | {found['peak_gib']:.2f} |" in table


def test_busy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    told = tmp_path / "figures.json"
    small = ["model.hidden=8", "frames.hop_seconds=0.00125", "training.sequence_seconds=0.005"]
    words = ["--busy", "0", "--rounds", "1", "--seconds", "0.1", "--json", str(told)]
    table = run("busy", monkeypatch, capsys, *words, "--recipe", "paper", "--set", *small)
    (one,) = json.loads(told.read_text())["figures"]
    ((spinning, asleep, ours),) = one["rounds"]
    row = f"| {spinning:.2f} | {asleep:.2f} | {ours:.2f} |"
    for rival in (spinning, asleep):
        ratio = f"{ours / rival:.2f}"
        row += f" {ratio} ({ratio} to {ratio}) |"
    assert row in table


def test_listen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--participants", "3", "--trials", "2", "--seconds", "1"]
    table = run("listen", monkeypatch, capsys, *words)
    assert "3 participants, 6 answers kept of 6 given" in table
    assert "| `/answer` | 6 |" in table
    assert "| all, bare app |" in table


def test_play(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    corpus_folder: Path,
) -> None:
    trained = train(corpus_folder, load_recipe("paper", SMALL), tmp_path / "run", quiet=True)
    told = tmp_path / "figures.json"
    words = [str(trained.folder), "--clips", "2", "--seconds", "2", "--rounds", "1"]
    table = run("play", monkeypatch, capsys, *words, "--json", str(told))
    assert "| 2, frames and sound |" in table
    assert "| 2, bare `torch.nn.LSTM`, 2 states |" in table
    assert "| 2, from the start of a process |" in table
    figures = json.loads(told.read_text())["figures"]
    assert [len(one["seconds"]) for one in figures] == [2] * 3 + [1] * 3
    said = run("play_pipe", monkeypatch, capsys, str(trained.folder), "--seconds", "1.5")
    assert "s after being ready" in said
    assert "Ctrl-C ends it with 130, a closed pipe with 0" in said


def test_codec(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write_recordings(tmp_path / "tunes", 3, 20.0, 8000)
    told = tmp_path / "figures.json"
    words = ["--rates", "8000", "11025", "--codebooks", "1", "3", "--seconds", "2"]
    table = run("codec", monkeypatch, capsys, str(tmp_path / "tunes"), *words, "--json", str(told))
    assert "| 11.025 kHz | 3 |" in table
    figures = json.loads(told.read_text())["figures"]
    for one, more in zip(figures[::2], figures[1::2], strict=True):
        assert more["left"] < one["left"] < 1
        assert more["mel_db"] < one["mel_db"]
        assert abs(more["level_db"]) < 3


def test_many_files(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    kept = tmp_path / "library"
    words = ["--files", "8", "--processes", "1", "--folder", str(kept)]
    table = run("many_files", monkeypatch, capsys, *words)
    assert "8 files, 8 used, 0 refused as another one again" in table
    assert "| prepare again, nothing new |" in table
    assert len(list(kept.rglob("*.*"))) == 8


def test_corpus_size(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    module = importlib.import_module("corpus_size")
    monkeypatch.setattr(module, "CALLS", {"open": module.OPEN})
    table = run("corpus_size", monkeypatch, capsys, "--recordings", "4", "--folder", str(tmp_path))
    assert "| 4 | 0 | 0.0 MB | open |" in table
    assert len(Corpus.open(tmp_path / "4").recordings) == 4


def test_copy_search(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write_recordings(tmp_path / "tunes", 2, 20.0, 8000)
    words = [str(tmp_path / "tunes"), "--hours", "0.05", "--clips", "1"]
    table = run("copy_search", monkeypatch, capsys, *words)
    assert "| 1 of 1 | 1 of 1 |" in table


def test_import_time(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    table = run("import_time", monkeypatch, capsys, "--rounds", "1")
    rows = [line for line in table.splitlines() if line.startswith("| `import ")]
    assert [row.split("`")[1] for row in rows] == [
        f"import {name}" for name in ("reverie", "numpy", "torch")
    ]
    ours, _, theirs = (float(row.split("|")[2].split()[0]) for row in rows)
    assert ours < theirs


@pytest.mark.skipif(not (FOLDER.parent / ".git").exists(), reason="needs the repository's commits")
def test_versions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = worktrees()
    write_recordings(tmp_path / "tunes", 3, 20.0, 8000)
    told = tmp_path / "figures.json"
    words = ["HEAD", "--rounds", "1", "--recordings", str(tmp_path / "tunes"), "--recipe", "paper"]
    words += ["--epochs", "3", "--set", *SMALL, "--clips", "2", "--seconds", "1"]
    table = run("versions", monkeypatch, capsys, *words, "--json", str(told))
    figures = json.loads(told.read_text())["figures"]
    assert len(figures) == 5
    for name, columns in figures.items():
        ((old,), (new,)) = columns["HEAD"], columns["working tree"]
        assert f"| {name} | {old:.3g} ({old:.3g} to {old:.3g}) |" in table
        assert f"| {new / old:.2f} ({new / old:.2f} to {new / old:.2f}) |" in table
    assert worktrees() == before


def worktrees() -> str:
    """The working trees that git knows of."""
    words = ["git", "-C", str(FOLDER), "worktree", "list", "--porcelain"]
    listed = subprocess.run(words, check=True, capture_output=True, text=True)
    return "\n".join(line for line in listed.stdout.splitlines() if line.startswith("worktree"))


def test_ranks(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    corpus_folder: Path,
) -> None:
    told = tmp_path / "figures.json"
    words = [str(corpus_folder), "--recipe", "paper", "--set", *SMALL, "training.epochs=100"]
    words += ["--ways", "1x1", "2x1", "--rounds", "1", "--seconds", "0.1", "--json", str(told)]
    words += ["--link", "a wire", "8", "1e9", "0", "0.5"]
    table = run("ranks", monkeypatch, capsys, *words)
    figures = json.loads(told.read_text())
    ((one, two),) = [list(found.values()) for found in figures["rounds"]]
    gradient = figures["gradient_bytes"]
    assert one["bytes"] == 0
    # Half of the ring of two goes out of each, besides the numbers that they agree on: hundreds a
    # step, and thousands where an epoch ends among few steps.
    assert gradient < two["bytes"] < 1.1 * gradient
    assert f"| 2 | 1 | {two['steps_a_second']:.2f} |" in table
    sent = 1.75 * gradient
    speedup = 8 * 0.5 / (0.5 + sent / 1e9)
    assert f"| a wire | 8 | {sent / 1e6:.0f} | 500 | {sent / 1e6:.1f} | {speedup:.2f} |" in table
