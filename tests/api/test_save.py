"""Taking clips away, from a script and from the command line."""

import json
import zipfile
from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner

import reverie
from reverie.api.clip import Clips
from reverie.cli.app import app
from reverie.corpus.ours import is_own_clip
from tests.saving.making import clip


def test_clips_in_memory_are_numbered(clips: Clips, tmp_path: Path) -> None:
    saved = reverie.save(clips, tmp_path / "out", format="mp3")
    assert [path.name for path in saved.paths] == ["001.mp3", "002.mp3"]
    assert saved.archive is None
    for path in saved.paths:
        path.with_suffix(".json").unlink()
        assert is_own_clip(path)
    opened = reverie.Clip.open(saved.paths[0])
    assert opened.provenance is not None
    assert clips[0].provenance is not None
    assert opened.provenance.checkpoint_sha256 == clips[0].provenance.checkpoint_sha256


def test_files_keep_their_names_and_a_zip_holds_them_all(tmp_path: Path) -> None:
    paths = [clip(tmp_path / "clips" / f"{number}.wav", 6.0) for number in range(2)]
    saved = reverie.save(
        [str(path) for path in paths], tmp_path / "a.zip", format="flac", loop=True
    )
    assert saved.archive == tmp_path / "a.zip"
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert sorted(archive.namelist()) == ["0.flac", "0.json", "1.flac", "1.json"]
    said = saved.lines()
    assert "a loop of" in said[0]
    assert saved.as_dict()["clips"][0]["loop"]["beats"] == saved.clips[0].loop.beats  # pyright: ignore
    with pytest.raises(reverie.ReverieError, match=r"a\.zip is there already"):
        reverie.save(paths, tmp_path / "a.zip")


def test_one_clip_and_a_folder(clips: Clips, tmp_path: Path) -> None:
    assert reverie.save(clips[0], tmp_path / "one").paths == (tmp_path / "one" / "001.wav",)
    again = reverie.save(tmp_path / "one", tmp_path / "two", format="opus")
    assert [path.name for path in again.paths] == ["001.opus"]
    opened = reverie.Clip.open(tmp_path / "one" / "001.wav")
    assert opened.save(tmp_path / "three.wav", format="wav24") == tmp_path / "three.wav"
    assert soundfile.info(tmp_path / "three.wav").subtype == "PCM_24"


def test_the_command_says_where_all_is(tmp_path: Path) -> None:
    source = clip(tmp_path / "001.wav", 5.0)
    words = ["save", str(source), "--to", str(tmp_path / "out"), "--format", "wav24", "--bars"]
    done = CliRunner().invoke(app, [*words, "--quiet"])
    assert done.exit_code == 0, done.output
    assert f"{tmp_path / 'out' / '001.wav'}  " in done.stdout
    assert "a loop of 8 beats at 120" in done.stdout
    assert soundfile.info(tmp_path / "out" / "001.wav").subtype == "PCM_24"
    again = CliRunner().invoke(app, [*words, "--quiet"])
    assert again.exit_code == 2
    assert "is there already" in again.stderr
    words[3] = str(tmp_path / "a.zip")
    told = json.loads(CliRunner().invoke(app, [*words, "--quiet", "--json"]).stdout)
    assert told["archive"] == str(tmp_path / "a.zip")
    assert told["clips"][0]["loop"]["beats"] == 8
    wrong = CliRunner().invoke(app, ["save", str(source), "--to", "x", "--format", "aac"])
    assert wrong.exit_code == 2
    assert "Give one of wav16" in wrong.stderr
