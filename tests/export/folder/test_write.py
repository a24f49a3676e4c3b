"""A run as a folder that others load: whole, telling nothing of the machine, to the same bytes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import reverie
from reverie.audio.provenance import read_sidecar
from reverie.runs.checkpoint import MODEL, OPTIMISER
from reverie.runs.files import CONFIG, CORPUS, FRAMES, METRICS
from reverie.runs.states import STATE, read_state
from reverie.storage import file_sha256
from tests.cli.test_errors import reverie as command

FILES = {
    "README.md", "training.png", CONFIG, CORPUS, METRICS, FRAMES, MODEL, STATE,
    "calibration.safetensors",
}  # fmt: skip


def test_what_lies_in_it(over_codes: reverie.Run, exported: Path) -> None:
    assert {path.name for path in exported.iterdir()} == FILES
    assert OPTIMISER not in FILES
    checkpoint = over_codes.opened.find_checkpoint("best")
    state, before = read_state(exported), read_state(checkpoint)
    assert state.progress == before.progress
    assert state.model_sha256 == before.model_sha256 == file_sha256(exported / MODEL)
    assert state.calibration_sha256 == before.calibration_sha256
    assert (exported / FRAMES).read_bytes() == over_codes.opened.statistics.read_bytes()
    assert (exported / "training.png").read_bytes().startswith(b"\x89PNG")


def test_nothing_in_it_names_a_place_on_the_machine(
    over_codes: reverie.Run, corpus_folder: Path, exported: Path
) -> None:
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in exported.iterdir()
        if path.suffix in {".json", ".jsonl", ".md"}
    )
    for place in (over_codes.folder.parent, corpus_folder.parent, Path.home()):
        assert str(place) not in text
    assert "system" not in json.loads((exported / CONFIG).read_text())["made_on"]
    corpus = json.loads((exported / CORPUS).read_text())
    assert (corpus["folder"], corpus["relative"]) == (None, None)
    assert all(one["seconds"] == 6.0 for one in corpus["recordings"])


def test_it_is_taken_like_a_run(over_codes: reverie.Run, model: Path) -> None:
    loaded = reverie.load(model)
    assert loaded.checkpoints == ["epoch-00002"]
    assert (loaded.epochs, loaded.rate_hz) == (2, over_codes.rate_hz)
    assert loaded.recipe == over_codes.recipe
    assert loaded.metrics == over_codes.metrics
    assert loaded.opened.name == over_codes.folder.name
    assert loaded.outcome().lines[-1] == f"Next: reverie generate {model}"
    (listed,) = reverie.list_runs(model.parent)
    assert (listed.folder, listed.state, listed.epochs, listed.problem) == (
        model,
        "exported",
        2,
        "",
    )
    with pytest.raises(reverie.ReverieError, match="has no checkpoint 1"):
        loaded.generate(checkpoint="1")


def test_the_same_seed_gives_the_same_bytes(
    over_codes: reverie.Run, model: Path, corpus_folder: Path, tmp_path: Path
) -> None:
    prompt = corpus_folder.parent / "recordings" / "tune 0.wav"
    for given, name in ((prompt, "prompted"), (None, "unprompted")):
        for run, place in ((over_codes, "here"), (reverie.load(model), "there")):
            run.generate(
                seconds=0.5, count=2, seed=5, temperature=1.0, prompt=given,
                out=tmp_path / place / name,
            )  # fmt: skip
        for clip in ("001.wav", "002.wav"):
            here, there = (tmp_path / place / name / clip for place in ("here", "there"))
            assert here.read_bytes() == there.read_bytes()
    told = read_sidecar(tmp_path / "there" / "prompted" / "001.wav").provenance
    assert told
    assert (told.run, told.run_name) == (str(model), over_codes.folder.name)
    assert told.checkpoint == "epoch-00002"


def test_it_needs_nothing_of_where_it_was_made(over_codes: reverie.Run, tmp_path: Path) -> None:
    run = Path(shutil.copytree(over_codes.folder, tmp_path / "run"))
    reverie.load(run).export("folder", tmp_path / "out" / "model")
    reverie.load(run).generate(seconds=0.5, count=1, seed=3, prompt=None, out=tmp_path / "1.wav")
    shutil.rmtree(run)
    (tmp_path / "empty").mkdir()
    words = ["generate", "../out/model", "--seconds", "0.5", "--count", "1", "--seed", "3"]
    done = subprocess.run(
        [sys.executable, "-m", "reverie", *words, "--out", "2.wav", "--quiet"],
        cwd=tmp_path / "empty",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "empty" / "2.wav").read_bytes() == (tmp_path / "1.wav").read_bytes()


def test_it_begins_from_nothing_unless_a_corpus_is_given(model: Path, corpus_folder: Path) -> None:
    (clip,) = reverie.load(model).generate(seconds=0.3, count=1)
    assert clip.provenance
    assert clip.provenance.prompt.recording == ""
    (clip,) = reverie.load(model, corpus_folder).generate(seconds=0.3, count=1)
    assert clip.provenance
    assert clip.provenance.prompt.recording.startswith("tune")
    with pytest.raises(reverie.ReverieError, match=r"is not beside the run.*Put it beside"):
        reverie.load(model).generate(seconds=0.3, prompt="held-out")


def test_it_is_said_where_music_begins_from_nothing(
    over_codes: reverie.Run, model: Path, tmp_path: Path
) -> None:
    exported = over_codes.export("html", tmp_path / "with.html", prompts=2)
    assert (exported.prompts, len(exported.lines())) == (2, 1)
    alone = reverie.load(model).export("html", tmp_path / "alone.html")
    assert alone.prompts == 0
    assert "begins from nothing" in alone.lines()[1]


def test_exported_again_it_is_the_same(model: Path, exported: Path, tmp_path: Path) -> None:
    again = reverie.load(model).export("folder", tmp_path / "again").path
    for path in exported.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name


def test_an_exported_run_is_not_trained_further(model: Path, corpus_folder: Path) -> None:
    recipe = reverie.load(model).recipe
    before = {path: path.read_bytes() for path in model.iterdir()}
    with pytest.raises(reverie.ReverieError, match="was exported, and is not trained further"):
        reverie.train(corpus_folder, recipe, model)
    after = {path: path.read_bytes() for path in model.iterdir() if path.name != ".lock"}
    assert after == before


def test_what_is_in_the_way_and_what_there_is_not(
    over_codes: reverie.Run, exported: Path, tmp_path: Path
) -> None:
    with pytest.raises(reverie.ReverieError, match="is there already"):
        over_codes.export("folder", exported)
    with pytest.raises(reverie.ReverieError, match=r"no export to 'vst'.*Known: folder"):
        over_codes.export("vst", tmp_path / "a")
    with pytest.raises(reverie.ReverieError, match="is the name of a checkpoint"):
        over_codes.export("folder", tmp_path / "epoch-00002")
    with pytest.raises(reverie.ReverieError, match="has no checkpoint 7"):
        over_codes.export("folder", tmp_path / "a", checkpoint="7")
    with pytest.raises(reverie.ReverieError, match="Did you mean licence"):
        over_codes.export("folder", tmp_path / "a", license="mit")
    assert not list(tmp_path.iterdir())


def test_the_command_says_where_it_is(over_codes: reverie.Run, tmp_path: Path) -> None:
    run = Path(shutil.copytree(over_codes.folder, tmp_path / "tunes"))
    done = command("export", run, "--to", "folder", "--licence", "mit", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["path"] == str(tmp_path / "tunes-model")
    assert said["bytes"] == sum(path.stat().st_size for path in Path(said["path"]).iterdir())
    assert "license: mit" in (tmp_path / "tunes-model" / "README.md").read_text()
    again = command("export", run, "--to", "folder")
    assert again.returncode == 2
    assert "Choose another --out." in again.stderr
