"""The journal of a corpus: what was noted is there again, whatever a crash did to its last line."""

from pathlib import Path

from reverie.corpus.journal import NAME, Entry, Journal


def entry(path: str) -> Entry:
    return Entry(path, 1, 2, 3, 4, "", 16000, 1, False, unusable="silent")


def noted(folder: Path, *paths: str) -> None:
    journal = Journal(folder)
    for path in paths:
        journal.add(entry(path))


def test_what_is_noted_is_there_again(tmp_path: Path) -> None:
    noted(tmp_path, "a.wav", "b.wav")
    noted(tmp_path, "c.wav")
    assert Journal(tmp_path).entries == {name: entry(name) for name in ("a.wav", "b.wav", "c.wav")}


def test_a_torn_last_line_takes_none_with_it(tmp_path: Path) -> None:
    noted(tmp_path, "a.wav", "b.wav")
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:-20])
    noted(tmp_path, "c.wav", "d.wav")
    assert list(Journal(tmp_path).entries) == ["a.wav", "c.wav", "d.wav"]


def test_an_entry_noted_whole_but_for_its_end_of_line(tmp_path: Path) -> None:
    noted(tmp_path, "a.wav")
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    noted(tmp_path, "b.wav")
    assert list(Journal(tmp_path).entries) == ["a.wav", "b.wav"]


def test_it_is_rewritten_to_hold_some_alone(tmp_path: Path) -> None:
    noted(tmp_path, "a.wav", "b.wav", "a.wav")
    Journal(tmp_path).rewrite([entry("a.wav")])
    assert (tmp_path / NAME).read_text().count("\n") == 1
    assert list(Journal(tmp_path).entries) == ["a.wav"]
