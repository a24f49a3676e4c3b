"""A corpus, as scripts hold it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import reverie
from reverie.api.corpus import as_corpus
from tests.music import write_recordings


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("music") / "recordings"
    write_recordings(folder, 3, 2.0, 8000)
    (folder / "broken.wav").write_bytes(b"RIFF")
    return folder


@pytest.mark.parametrize("kind", [str, Path])
def test_prepare_and_open(music: Path, tmp_path: Path, kind: Callable[[Path], str | Path]) -> None:
    corpus = reverie.prepare(kind(music), kind(tmp_path / "corpus"), rate_hz=8000, processes=1)
    assert corpus.folder == tmp_path / "corpus"
    assert corpus.rate_hz == 8000
    assert corpus.seconds == pytest.approx(6.0, abs=0.01)
    assert [one.path for one in corpus.recordings] == ["tune 0.wav", "tune 1.wav", "tune 2.wav"]
    assert {*corpus.train, *corpus.held_out} == {*corpus.recordings}
    assert len(corpus.held_out) == 1
    assert [one.path for one in corpus.refused] == ["broken.wav"]
    again = reverie.open_corpus(kind(tmp_path / "corpus"))
    assert again.recordings == corpus.recordings
    assert as_corpus(kind(tmp_path / "corpus")).recordings == corpus.recordings
    assert as_corpus(corpus) is corpus
    corpus.check()
    json.dumps(corpus.as_dict())


def test_it_says_what_it_is_in_one_line(corpus_folder: Path) -> None:
    said = repr(reverie.open_corpus(corpus_folder))
    assert said.startswith(f"Corpus {corpus_folder}: 5 recordings, ")
    assert said.endswith("held out (6 s)")
    assert "\n" not in said


def test_findings_and_the_page(corpus_folder: Path, tmp_path: Path) -> None:
    corpus = reverie.open_corpus(corpus_folder)
    assert corpus.findings()[0].text
    assert corpus.findings(leaks=False) == corpus.findings()
    assert corpus.leaks() == []
    page = corpus.write_page(str(tmp_path / "page.html"))
    assert page == tmp_path / "page.html"
    assert "tune 0.wav" in page.read_text(encoding="utf-8")
    assert corpus.write_page(tmp_path / "no leaks.html", leaks=False).is_file()


def test_nothing_is_shown_unless_asked_for(
    music: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    reverie.prepare(music, tmp_path / "corpus", processes=1)
    assert capfd.readouterr() == ("", "")


def test_the_folder_is_named_after_the_recordings(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    corpus = reverie.prepare(music, processes=1)
    assert corpus.folder == Path("recordings-corpus")
    assert (tmp_path / "recordings-corpus").is_dir()


def test_errors_are_one_kind(music: Path, tmp_path: Path) -> None:
    with pytest.raises(reverie.ReverieError, match="Did you mean rate_hz"):
        reverie.prepare(music, tmp_path / "corpus", rate=8000)
    with pytest.raises(reverie.ReverieError, match="rate_hz"):
        reverie.prepare(music, tmp_path / "corpus", rate_hz="fast")
    with pytest.raises(reverie.ReverieError):
        reverie.open_corpus(tmp_path / "nowhere")
    with pytest.raises(reverie.ReverieError):
        reverie.prepare(tmp_path / "nowhere", tmp_path / "corpus")


def test_damage_is_found(music: Path, tmp_path: Path) -> None:
    corpus = reverie.prepare(music, tmp_path / "corpus", processes=1)
    shard = max(corpus.folder.rglob("*"), key=lambda path: path.stat().st_size)
    content = bytearray(shard.read_bytes())
    content[100] ^= 1
    shard.write_bytes(content)
    with pytest.raises(reverie.ReverieError):
        corpus.check()
