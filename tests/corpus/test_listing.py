"""The corpora in a folder, by their manifests."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reverie.cli.app import app
from reverie.corpus.corpus import Corpus
from reverie.corpus.listing import list_corpora
from reverie.errors import ReverieError
from tests.corpus.test_prepare import make, tune


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    for name, count in (("piano", 3), ("organ", 2)):
        for number in range(count):
            tune(tmp_path / "music" / name / f"{number}.wav", 10 * count + number)
        make(tmp_path / "music" / name, tmp_path / "shelf" / name / "corpus", rate_hz=8000)
    return tmp_path / "shelf"


def test_every_corpus_is_listed(shelf: Path) -> None:
    organ, piano = list_corpora(shelf)
    assert (organ.folder, piano.folder) == (shelf / "organ/corpus", shelf / "piano/corpus")
    assert (piano.recordings, piano.held_out, piano.rate_hz) == (3, 1, 8000)
    assert piano.seconds == pytest.approx(9.0)
    assert piano.bytes > 9 * 8000 * 2
    assert piano.written > 1e9
    assert [one.folder for one in list_corpora(piano.folder)] == [piano.folder]


def test_no_sample_is_read(shelf: Path) -> None:
    before = list_corpora(shelf)
    for shard in shelf.glob("*/corpus/shards/*"):
        shard.unlink()
    assert [one.recordings for one in list_corpora(shelf)] == [one.recordings for one in before]


def test_what_is_damaged_or_begun_is_named_with_its_problem(shelf: Path) -> None:
    (shelf / "organ/corpus/manifest.json").unlink()
    (shelf / "piano/corpus/manifest.json").write_text('{"format": "reverie-corpus"')
    begun, damaged = list_corpora(shelf)
    assert "manifest.json" in begun.problem
    assert "manifest.json" in damaged.problem


def test_where_nothing_is(tmp_path: Path) -> None:
    assert list_corpora(tmp_path) == []
    with pytest.raises(ReverieError, match="is not a folder"):
        list_corpora(tmp_path / "gone")


def test_the_command(shelf: Path, corpus: Corpus) -> None:
    told = CliRunner().invoke(app, ["corpora", str(shelf)])
    assert told.exit_code == 0
    assert max(map(len, told.stdout.splitlines())) <= 80
    assert "piano/corpus" in told.stdout
    assert "8 kHz" in told.stdout
    (one,) = json.loads(CliRunner().invoke(app, ["corpora", str(corpus.folder), "--json"]).stdout)
    assert (one["folder"], one["recordings"]) == (str(corpus.folder), 5)
    assert (
        "No corpus is in"
        in CliRunner().invoke(app, ["corpora", str(shelf / "piano" / "corpus" / "shards")]).stdout
    )
