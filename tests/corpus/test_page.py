"""The page of a corpus: its recordings can be heard, and it stays small."""

from pathlib import Path

import pytest

from reverie.corpus import page as corpus_page
from reverie.corpus.corpus import Corpus
from reverie.corpus.page import write_corpus_page
from tests.browser import visit

LENGTHS = "[...document.querySelectorAll('audio')].map(one => one.duration)"
READY = "[...document.querySelectorAll('audio')].every(one => one.readyState > 0)"


def lengths(page: Path) -> list[float]:
    with visit(page, "light", 800) as seen:
        seen.page.wait_for_function(READY)
        assert seen.complaints == []
        return seen.page.evaluate(LENGTHS)


def test_each_recording_that_is_drawn_plays(corpus: Corpus, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    write_corpus_page(corpus, page, quiet=True)
    assert lengths(page) == pytest.approx([6.0] * 5)
    assert page.read_text().count("all of it") == 5


def test_excerpts_come_from_the_middle(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus_page, "EXCERPT_SECONDS", 2.0)
    page = tmp_path / "page.html"
    write_corpus_page(corpus, page, most_pictures=2, quiet=True)
    assert lengths(page) == pytest.approx([2.0] * 2)
    assert page.read_text().count("0:02.0 to 0:04.0") == 2


def test_of_many_recordings_each_has_less(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus_page, "MOST_SAMPLES", 5 * corpus.rate_hz)
    page = tmp_path / "page.html"
    write_corpus_page(corpus, page, quiet=True)
    assert lengths(page) == pytest.approx([1.0] * 5)
