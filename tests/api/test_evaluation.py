"""Evaluation, as scripts hold it, and its tables."""

import json
from pathlib import Path

import pytest

import reverie
from reverie.api.clip import Clips
from tests.music import write_recordings


@pytest.fixture(scope="module")
def evaluation(
    clips: Clips, corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> reverie.Evaluation:
    """Of clips in memory, a folder, and files."""
    folder = tmp_path_factory.mktemp("clips")
    paths = clips.save(folder / "mine")
    write_recordings(folder / "theirs", 2, 2.0, 11025)
    systems = {
        "held": clips,
        "folder": str(folder / "mine"),
        "files": [str(paths[0]), paths[1]],
        "theirs": folder / "theirs",
        "one": paths[0],
    }
    return reverie.evaluate(systems, str(corpus_folder))


def test_clips_folders_and_files_are_judged_alike(evaluation: reverie.Evaluation) -> None:
    systems = {one.name: one for one in evaluation.figures.systems}
    assert [*systems] == ["held", "folder", "files", "theirs", "one"]
    assert [*evaluation.verdicts()] == [*systems]
    assert all(evaluation.verdicts().values())
    table = evaluation.table()
    assert set(systems) < set(table.headings)
    column = {name: [row[table.headings.index(name)] for row in table.rows] for name in systems}
    assert column["folder"] == column["files"]
    assert column["folder"] != column["theirs"]


def test_it_is_shown_and_kept(evaluation: reverie.Evaluation, tmp_path: Path) -> None:
    assert repr(evaluation).splitlines() == [
        f"{name}: {line}" for name, line in evaluation.verdicts().items()
    ]
    assert evaluation._repr_html_() == evaluation.table().as_html()
    wide = evaluation.table(intervals=True)
    assert wide.headings == evaluation.table().headings
    assert wide.rows != evaluation.table().rows
    json.dumps(evaluation.as_dict())
    page = evaluation.write(str(tmp_path / "judged"))
    assert page.is_file()
    assert "<audio" in page.read_text(encoding="utf-8")


def test_the_search_for_copies_can_be_left_out(
    clips: Clips, corpus_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    corpus = reverie.open_corpus(corpus_folder)
    quick = reverie.evaluate({"mine": clips[:1]}, corpus, copying=False)
    assert len(quick.figures.systems) == 1
    assert capfd.readouterr() == ("", "")


def test_errors_are_one_kind(clips: Clips, corpus_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(reverie.ReverieError, match="nothing to judge"):
        reverie.evaluate({}, corpus_folder)
    with pytest.raises(reverie.ReverieError):
        reverie.evaluate({"mine": tmp_path / "nowhere"}, corpus_folder)
    with pytest.raises(reverie.ReverieError):
        reverie.evaluate({"mine": [tmp_path / "nowhere.wav"]}, corpus_folder)
    with pytest.raises(reverie.ReverieError):
        reverie.evaluate({"mine": []}, corpus_folder)
    with pytest.raises(reverie.ReverieError):
        reverie.evaluate({"mine": clips}, tmp_path / "no corpus")


def test_a_table_as_text() -> None:
    table = reverie.Table(["", "mine", "music"], [["pulse", "0.1", "0.45"], ["x", "-", "12"]])
    assert str(table) == repr(table)
    assert str(table).splitlines() == [
        "       mine  music",
        "------------------",
        "pulse   0.1   0.45",
        "x         -     12",
    ]


def test_a_table_as_html_is_escaped() -> None:
    shown = reverie.Table(["<b>", "b & c"], [["<i>", '"1"']])._repr_html_()
    assert shown == (
        "<table><thead><tr><th>&lt;b&gt;</th><th>b &amp; c</th></tr></thead>"
        "<tbody><tr><td>&lt;i&gt;</td><td>&quot;1&quot;</td></tr></tbody></table>"
    )
    assert "<tbody></tbody>" in reverie.Table(["a"], []).as_html()
