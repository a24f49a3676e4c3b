"""`reverie inspect`, and the page of a corpus in a real browser."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reverie.cli.app import app
from reverie.cli.inspect import inspect
from reverie.corpus.corpus import Corpus, Recording
from reverie.corpus.inspection import findings
from reverie.corpus.page import write_corpus_page
from reverie.corpus.recordings import Recordings
from reverie.errors import ReverieError
from tests.browser import visit
from tests.music import write_recordings


def test_the_table_names_every_recording(corpus_folder: Path) -> None:
    result = CliRunner().invoke(app, ["inspect", str(corpus_folder)])
    assert result.exit_code == 0
    for number in range(5):
        assert f"tune {number}.wav" in result.stdout
    assert "4 to train on" in result.stdout
    assert "too little to learn from" in result.stdout


def test_json_is_for_scripts(corpus_folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    arguments = ["inspect", str(corpus_folder), "--json", "--html", str(page), "--quiet"]
    told = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert len(told["recordings"]) == 5
    assert told["findings"][0]["tone"] == "bad"
    assert told["page"] == str(page)
    assert page.is_file()


def test_no_hour_of_work_is_begun_unasked(
    corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(corpus_folder, tmp_path / "corpus")
    (tmp_path / "corpus" / "leaks.json").unlink(missing_ok=True)
    shutil.rmtree(tmp_path / "corpus" / "index", ignore_errors=True)
    asked = ["inspect", str(tmp_path / "corpus"), "--quiet"]
    monkeypatch.setattr("reverie.corpus.leaks.MEASURED_SECONDS", 2e6)
    monkeypatch.setattr("reverie.corpus.inspection.CHECKED_BYTES_A_SECOND", 100.0)
    monkeypatch.setattr("reverie.cli.inspect.MOST_ROWS", 3)
    said = CliRunner().invoke(app, asked).stdout
    assert "not searched for held-out music: that takes about 1 h 51 min" in " ".join(said.split())
    assert "not compared with their hashes: that takes about 1 h 20 min" in " ".join(said.split())
    assert "--leaks" in said
    assert "--check" in said
    assert "2 more are told with --json" in said
    assert not (tmp_path / "corpus" / "leaks.json").exists()
    told = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert told["not_done"].keys() == {"check", "leaks"}
    told = json.loads(CliRunner().invoke(app, [*asked, "--json", "--leaks"]).stdout)
    assert told["not_done"].keys() == {"check"}
    assert (tmp_path / "corpus" / "leaks.json").exists()
    # What is known already takes no time.
    assert "not searched" not in CliRunner().invoke(app, asked).stdout
    shard = tmp_path / "corpus" / "shards" / "00000.pcm"
    shard.write_bytes(bytes(shard.stat().st_size))
    assert CliRunner().invoke(app, asked).exit_code == 0
    assert CliRunner().invoke(app, [*asked, "--check"]).exit_code != 0


def test_a_browser_shows_the_page(corpus: Corpus, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    write_corpus_page(corpus, page, most_pictures=3, quiet=True)
    with visit(page, "dark", 390) as seen:
        assert seen.page.locator("tbody tr").count() == 5
        pictures = seen.page.locator("img")
        assert pictures.evaluate_all("all => all.map(one => one.naturalWidth > 0)") == [True] * 3
        drawn = seen.page.locator(".article-head h3").all_inner_texts()
        assert drawn == ["tune 0.wav", "tune 1.wav", "tune 3.wav"]
        assert "3 of the 5 recordings" in seen.page.locator("main").inner_text()
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert seen.complaints == []
        assert [url for url in seen.requests if not url.startswith("file:")] == []


def test_what_is_not_used_is_said_in_the_terminal_and_on_the_page(tmp_path: Path) -> None:
    music, corpus, page = tmp_path / "music", tmp_path / "corpus", tmp_path / "page.html"
    write_recordings(music, 2, 3.0, 8000)
    (music / "notes.txt").write_text("no music")
    (music / ".Trash").mkdir()
    (music / "broken.wav").write_bytes(b"no sound at all")
    assert CliRunner().invoke(app, ["prepare", str(music), "--out", str(corpus)]).exit_code == 0
    result = CliRunner().invoke(app, ["inspect", str(corpus), "--html", str(page)])
    with visit(page, "light", 1024) as seen:
        text = seen.page.locator("main").inner_text()
        for said in ("broken.wav", ".Trash", "1 other file ignored", "1 .txt"):
            assert said in result.stdout
            assert said in text
        assert seen.complaints == []


def test_what_is_no_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match="not a corpus"):
        inspect(str(tmp_path))


class Given(Corpus):
    """A corpus of recordings that are only claimed."""

    def __init__(self, recordings: tuple[Recording, ...], rate_hz: int = 16000) -> None:
        self.recordings, self.refused, self.rate_hz = Recordings.of(recordings), (), rate_hz
        self.settings = {}


def tones(recordings: list[Recording]) -> dict[str, str]:
    return {one.text: one.tone for one in findings(Given(tuple(recordings)))}


@pytest.mark.parametrize(
    ("minutes", "tone", "words"),
    [
        (65, "good", "enough"),
        (31, "warn", "begin"),
        (10, "warn", "little"),
        (1, "bad", "too little"),
    ],
)
def test_the_verdict_goes_by_minutes(corpus: Corpus, minutes: int, tone: str, words: str) -> None:
    one = replace(corpus.recordings[0], seconds=minutes * 30.0, source_rate_hz=44100)
    found = tones([replace(one, split="train"), replace(one, split="held-out")])
    assert list(found.values()) == [tone]
    assert words in next(iter(found))


def test_what_stands_out_is_told(corpus: Corpus) -> None:
    one = replace(corpus.recordings[0], seconds=4000.0, split="train", notes=())
    loud = replace(one, rms_dbfs=-10.0, path="loud.wav", source_rate_hz=8000)
    quiet = replace(one, rms_dbfs=-40.0, path="quiet.wav", notes=("clipped",))
    text = " ".join(tones([loud, quiet]))
    assert "Nothing is held out" in text
    assert "30 dB, from quiet.wav to loud.wav" in text
    assert "8000 Hz" in text
    assert "quiet.wav: clipped." in text
