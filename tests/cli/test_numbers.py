"""Numbers that are none, or that nothing can hold, are refused by the name of their setting."""

from pathlib import Path

import pytest

from reverie.training.recipe import load_recipe
from reverie.training.train import train
from tests.cli.test_errors import refused, reverie
from tests.conftest import SMALL


@pytest.fixture(scope="module")
def run(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = load_recipe("paper", [*SMALL, "training.epochs=1", "training.keep_epochs=[]"])
    return train(corpus_folder, recipe, tmp_path_factory.mktemp("run") / "run", quiet=True).folder


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("seconds", ["inf", "nan", "-inf", "1e300", "1e10", "0", "-1"]),
        ("count", ["0", "-1", "1000000000", "100000000000000000000000"]),
        ("seed", ["-1", "9223372036854775808", "18446744073709551616"]),
        ("temperature", ["inf", "nan", "-1", "1e9"]),
        ("detail-temperature", ["inf", "nan", "-1", "1e9"]),
        ("top-k", ["-1"]),
        ("top-p", ["0", "2", "nan", "inf"]),
        ("min-p", ["1", "-1", "nan"]),
        ("format", ["mp3"]),
        ("method", ["both"]),
    ],
)
def test_clips(run: Path, tmp_path: Path, option: str, values: list[str]) -> None:
    for value in values:
        out = tmp_path / "clips"
        result = reverie("generate", run, f"--{option}={value}", "--out", out, "--quiet")
        refused(result, f"setting {option.replace('-', '_')} is wrong")
        assert not out.exists()


def test_checkpoints_that_are_none(run: Path, tmp_path: Path) -> None:
    for name in ("99999999999999999999999", "²", "-1", "nan", "../../x"):
        out = tmp_path / "clips"
        result = reverie("generate", run, f"--checkpoint={name}", "--out", out, "--quiet")
        refused(result, "has no checkpoint")


def test_the_largest_seed_is_one(run: Path, tmp_path: Path) -> None:
    words = ("--seed", str(2**63 - 1), "--count", "1", "--seconds", "0.1", "--quiet")
    result = reverie("generate", run, *words, "--out", tmp_path / "clips")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("seconds", ["inf", "nan", "0", "-1", "1e9"]),
        ("clips", ["0", "-1", "1000000000"]),
        ("minutes", ["inf", "nan", "0", "-1", "1e300"]),
        ("seed", ["-1", "18446744073709551616"]),
    ],
)
def test_experiments(corpus_folder: Path, tmp_path: Path, option: str, values: list[str]) -> None:
    for value in values:
        result = reverie(
            "experiment", "paper", corpus_folder, f"--{option}={value}", "--budget", "time",
            "--out", tmp_path / "e",
        )  # fmt: skip
        refused(result, f"setting {option.replace('-', '_')} is wrong")
        assert not (tmp_path / "e").exists()


def test_evaluations(corpus_folder: Path, tmp_path: Path) -> None:
    for value in ("-1", "18446744073709551616"):
        words = ("evaluate", tmp_path, "--corpus", corpus_folder, f"--seed={value}")
        refused(reverie(*words, "--out", tmp_path / "e"), "setting seed is wrong")


def test_demos(tmp_path: Path) -> None:
    for value in ("nan", "inf"):
        refused(
            reverie("demo", "--out", tmp_path / "d", f"--minutes={value}", "--quiet"),
            "setting training.minutes is wrong",
        )
    assert not (tmp_path / "d").exists()
