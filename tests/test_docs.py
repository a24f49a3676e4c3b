"""The documents say what the program does."""

import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from reverie.listening.folder import ListeningTest
from reverie.listening.settings import ListeningSettings
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.settings import fields_of
from reverie.training.recipe import load_recipe, recipe_names
from reverie.training.train import train
from tests.audio.kinds import KINDS
from tests.conftest import SMALL
from tests.scripts import script

ROOT = Path(__file__).parent.parent


def test_the_pictures_of_architectures_are_the_models_own() -> None:
    for path, content in script("architectures").files().items():
        assert path.read_text(encoding="utf-8") == content, "run: python docs/architectures.py"


def test_the_reference_is_the_programs_own() -> None:
    module = script("reference")
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert page == module.reference(), "run: python docs/reference.py"
    for name in [*fields_of(Recipe), *fields_of(ListeningSettings), *recipe_names()]:
        assert f"`{name}`" in page
    rows = [row for row in page.splitlines() if row.startswith("| `")]
    assert all(row.split("|")[-2].strip() for row in rows), "something is undocumented"


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in (
        "prepare",
        "inspect",
        "train",
        "generate",
        "play",
        "trim",
        "save",
        "export",
        "models",
        "experiment",
        "search",
        "evaluate",
        "listen serve",
        "listen results",
        "listen backup",
        "demo",
    ):
        assert f"reverie {command}" in readme


def test_the_picture_of_continuations(
    corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    over_codes = ["frames.hop_seconds=0.032", "training.epochs=3", "model.head_width=8"]
    runs = [
        str(train(corpus_folder, load_recipe(name, told), tmp_path / name, quiet=True).folder)
        for name, told in (("codes", [*SMALL, *over_codes]), ("paper", SMALL))
    ]
    words = [str(corpus_folder), *runs, "--titles", "codes", "squared error", "--at", "3"]
    pictures = [tmp_path / "1.png", tmp_path / "2.png"]
    module = script("continuations")
    monkeypatch.setattr(module, "HEARD_SECONDS", 2)
    monkeypatch.setattr(module, "NEW_SECONDS", 2)
    for out in pictures:
        monkeypatch.setattr(sys, "argv", ["continuations.py", *words, "--out", str(out)])
        module.main()
    heard = np.linspace(0, 1, 30_000, dtype=np.float32)
    prompt = module.prompt_of(Run.open(Path(runs[1])), heard, tmp_path)
    assert prompt.samples.shape == (1, 1, 8 * 250), "what the model hears at once"
    assert np.array_equal(prompt.samples[0, 0], heard[-8 * 250 :]), "the end of it"
    one, again = (imread(path) for path in pictures)
    height, width, _ = one.shape
    assert height > width, "four rows of one recording"
    assert np.array_equal(one, again)


def test_a_listening_test_of_two_recipes_lies_ready(
    corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = script("compare_recipes")
    before = load_recipe(module.RECIPES["eight codes"])
    assert (before.frames.n_codebooks, before.frames.decoder, before.model.beat) == (
        8,
        "none",
        False,
    )
    recipe = load_recipe("paper", [*SMALL, "training.epochs=1"])
    run = str(train(corpus_folder, recipe, tmp_path / "run", quiet=True).folder)
    words = [str(corpus_folder), "--out", str(tmp_path / "out"), "--runs", run, run]
    words += ["--count", "3", "--seconds", "5", "--participants", "2"]
    monkeypatch.setattr(sys, "argv", ["compare_recipes.py", *words])
    module.main()
    test = ListeningTest.open(tmp_path / "out" / "test")
    systems = [one.name for one in test.stimuli.conditions if one.role == "system"]
    assert systems == ["default", "eight codes", "music"]
    sounds = [len(list((tmp_path / "out" / name).glob("*.wav"))) for name in systems]
    assert sounds == [3, 3, 3]


def test_the_page_of_files_is_what_becomes_of_them(tmp_path: Path) -> None:
    module = script("files")
    page = (ROOT / "docs" / "files.md").read_text(encoding="utf-8").splitlines()
    for kind in KINDS:
        row, rate = f"| `{kind.suffix}` ", f"| {kind.rate_hz} | {kind.channels} |"
        assert any(line.startswith(row) and rate in line for line in page), kind
    # All of it takes minutes, and programs that a machine may lack.
    for kind in KINDS:
        if kind.suffix in {".w64", ".aiff", ".au", ".opus"} or kind.told in {"RF64", "MPEG 2"}:
            assert module.row(kind, tmp_path) in page, "run: python docs/files.py"
    for what, make in module.DAMAGES.items():
        row = f"| {what} | {module.said(make, tmp_path)} |"
        assert row in page, "run: python docs/files.py"
