"""`reverie prepare` as a person and a script call it."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from reverie.cli.prepare import prepare
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from tests.audio.making import cut, mp3

app = typer.Typer()
app.command()(prepare)


@pytest.fixture
def tunes(tmp_path: Path) -> Path:
    (tmp_path / "my tunes").mkdir()
    for number in range(2):
        mp3(tmp_path / "my tunes" / f"{number}.mp3", 3.0, seed=number)
    cut(mp3(tmp_path / "my tunes" / "cut.mp3", seed=9))
    return tmp_path / "my tunes"


def test_one_word_is_enough(tunes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, [str(tunes)])
    assert result.exit_code == 0
    assert "2 recordings used: 1 to train on, 1 held out; 6 s of sound" in result.stdout
    assert "1 file refused:\n  cut.mp3: cut off or damaged" in result.stdout
    assert "Next: reverie inspect" in result.stdout
    assert (tmp_path / "my tunes-corpus" / "manifest.json").exists()


def test_json_is_for_scripts(tunes: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    result = CliRunner().invoke(app, [str(tunes), "--out", out, "--json", "--rate", "8000"])
    told = json.loads(result.stdout)
    assert (told["train"], told["held_out"], told["rate_hz"]) == (1, 1, 8000)
    assert told["refused"][0]["path"] == "cut.mp3"


def test_single_recordings_are_left_out_held_out_or_trained_on(tunes: Path, tmp_path: Path) -> None:
    mp3(tunes / "2.mp3", 3.0, seed=5)
    mp3(tunes / "3.mp3", 3.0, seed=6)
    chosen = ("--leave-out", "cut.mp3", "--leave-out", "3.mp3", "--hold-out", "1.mp3")
    words = [str(tunes), "--out", str(tmp_path / "out"), *chosen, "--train-on", "2.mp3"]
    result = CliRunner().invoke(app, [*words, "--json"])
    told = json.loads(result.stdout)
    assert {one["path"]: one["split"] for one in told["recordings"]} == {
        "0.mp3": "train", "1.mp3": "held-out", "2.mp3": "train",
    }  # fmt: skip
    assert [one["name"] for one in told["left_out"]] == ["3.mp3", "cut.mp3"]
    said = CliRunner().invoke(app, words).stdout
    assert "2 left out:\n  3.mp3, cut.mp3: left out by choice" in said


def test_bad_settings_are_named(tunes: Path) -> None:
    result = CliRunner().invoke(app, [str(tunes), "--rate", "100"])
    assert isinstance(result.exception, ReverieError)
    assert "rate_hz" in str(result.exception)


def test_another_corpus_is_replaced_on_demand(tunes: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    mp3(other / "0.mp3", 3.0, seed=5)
    words = ["--out", str(tmp_path / "out"), "--quiet"]
    assert CliRunner().invoke(app, [str(tunes), *words]).exit_code == 0
    refused = CliRunner().invoke(app, [str(other), *words])
    assert isinstance(refused.exception, ReverieError)
    assert "`replace=True`" in refused.exception.remedy
    result = CliRunner().invoke(app, [str(other), *words, "--replace"])
    assert "1 recording used" in result.stdout


def test_what_is_ignored_and_left_out_is_told_where_nothing_else_is(tmp_path: Path) -> None:
    (tmp_path / "in" / ".Trash").mkdir(parents=True)
    (tmp_path / "in" / "a.docx").touch()
    words = [str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, words)
    assert "  .Trash: trash" in result.stderr
    assert "holds no recordings" in str(result.exception)
    (tmp_path / "in" / ".Trash").rmdir()
    assert "by their names: 1 .docx." in str(CliRunner().invoke(app, words).exception)


def test_nothing_usable_lists_why(tunes: Path, tmp_path: Path) -> None:
    for number in range(2):
        (tunes / f"{number}.mp3").write_bytes(b"")
    result = CliRunner().invoke(app, [str(tunes), "--out", str(tmp_path / "out")])
    assert isinstance(result.exception, ReverieError)
    assert "0.mp3: empty" in result.stderr
    assert "cut.mp3: cut off" in result.stderr


def test_help_has_an_example() -> None:
    assert "reverie prepare ~/Music/piano" in CliRunner().invoke(app, ["--help"]).stdout


def test_both_channels_are_kept_if_none_are_asked_for(tunes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = [str(tunes), "--out", str(out), "--json"]
    # What is not said is as it was before.
    for options, channels in (([], 2), (["--mono"], 1), ([], 1), (["--stereo"], 2), ([], 2)):
        result = CliRunner().invoke(app, [*told, *options])
        assert result.exit_code == 0
        corpus = Corpus.open(out)
        assert corpus.channels == channels
        assert corpus.settings["channels"] == channels
