"""A corpus is never put in the place of something else, nor of another corpus without a word."""

import json
from pathlib import Path

import pytest

from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.errors import ReverieError
from tests.audio.making import music, wav


def tunes(folder: Path, first: int, count: int = 2) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        played = music(3.0, seed=first + number, rate_hz=16000)
        wav(folder / f"{number}.wav", played, rate_hz=16000)
    return folder


def make(recordings: Path, out: Path, *, replace: bool = False) -> Corpus:
    settings = PrepareSettings()
    return prepare(recordings, out, settings, replace=replace, processes=1, quiet=True)


def state(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def test_another_corpus_is_replaced_only_where_it_is_meant(tmp_path: Path) -> None:
    one, other = tunes(tmp_path / "one", 0), tunes(tmp_path / "other", 10)
    out = tmp_path / "corpus"
    make(one, out)
    before = state(out)
    # Names and lengths are alike; only the music differs.
    with pytest.raises(ReverieError, match=r"one: 0 of its 2 .*\. Choose another `out`\.$"):
        make(other, out)
    with pytest.raises(ReverieError, match=r"is the corpus of .*one"):
        make(other / "0.wav", out)
    assert state(out) == before
    replaced = make(other, out, replace=True)
    assert replaced.source == str(other)
    assert replaced.content_hash == make(other, tmp_path / "fresh").content_hash
    # A manifest that tells nothing any more is no reason to lose what the journal knows.
    (out / "manifest.json").write_text('{"form')
    with pytest.raises(ReverieError, match="another corpus: 0 of its 2 recordings"):
        make(one, out)
    assert make(other, out).content_hash == replaced.content_hash


def test_its_own_recordings_may_move_come_and_go(tmp_path: Path) -> None:
    one, out = tunes(tmp_path / "one", 0, 3), tmp_path / "corpus"
    first = make(one, out)
    moved = one.rename(tmp_path / "moved")
    (moved / "2.wav").unlink()
    assert [rec.path for rec in make(moved, out).recordings] == ["0.wav", "1.wav"]
    # The same folder by another name of it, with other music in it.
    (tmp_path / "link").symlink_to(moved)
    tunes(moved, 20, 3)
    again = make(tmp_path / "link", out)
    assert len(again.recordings) == 3
    assert again.content_hash != first.content_hash


def test_a_preparation_that_was_stopped_is_another_corpus_too(tmp_path: Path) -> None:
    one, other, out = tunes(tmp_path / "one", 0), tunes(tmp_path / "other", 10), tmp_path / "corpus"
    make(one, out)
    (out / "manifest.json").unlink()
    with pytest.raises(ReverieError, match="the beginning of another corpus"):
        make(other, out)
    assert len(make(one, out).recordings) == 2


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("config.json", {"format": "reverie-run"}),
        ("experiment.json", {"format": "reverie-experiment"}),
        ("test.json", {"format": "reverie-listening-test"}),
        ("manifest.json", {"manifest_version": 3, "name": "an extension of a browser"}),
        ("notes.txt", {}),
    ],
)
def test_other_folders_are_refused(tmp_path: Path, name: str, told: dict[str, object]) -> None:
    one, out = tunes(tmp_path / "one", 0, 1), tmp_path / "out"
    out.mkdir()
    (out / ".lock").touch()
    (out / name).write_text(json.dumps(told))
    before = state(out)
    for replace in (False, True):
        with pytest.raises(ReverieError, match="Choose a new folder for the corpus"):
            make(one, out, replace=replace)
    assert state(out) == before
    assert sorted(one.name for one in out.iterdir()) == sorted([".lock", name])


def test_a_newer_corpus_is_not_replaced_unasked(tmp_path: Path) -> None:
    one, out = tunes(tmp_path / "one", 0, 1), tmp_path / "corpus"
    make(one, out)
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps(manifest | {"format_version": 99}))
    with pytest.raises(ReverieError, match="in a format this version does not know"):
        make(one, out)
    assert len(make(one, out, replace=True).recordings) == 1


def test_a_corpus_and_its_recordings_may_not_be_one_folder(tmp_path: Path) -> None:
    one = tunes(tmp_path / "music" / "one", 0, 1)
    with pytest.raises(ReverieError, match="the folder of recordings itself"):
        make(one, tmp_path / "music" / ".." / "music" / "one")
    with pytest.raises(ReverieError, match="contains the recordings"):
        make(one, tmp_path / "music")
    with pytest.raises(ReverieError, match="contains the recordings"):
        make(one / "0.wav", one)
    assert [path.name for path in one.iterdir()] == ["0.wav"]
