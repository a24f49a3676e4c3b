"""Recordings prepared in portions give the corpus of one machine; nothing finished is done again.

The portions are done in this process; tests/execution/test_cluster.py has real nodes.
"""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reverie.corpus.corpus import Corpus
from reverie.corpus.discover import discover
from reverie.corpus.journal import NAME, Entry, Journal
from reverie.corpus.place import PORTIONS
from reverie.corpus.portion import Portion, prepare_portion
from reverie.corpus.prepare import prepare
from reverie.corpus.prepare_url import prepare_at_url
from reverie.corpus.settings import PrepareSettings, ResolvedSettings
from reverie.errors import ReverieError
from reverie.execution.local import LocalExecutor
from reverie.execution.task import Done
from tests.conftest import RATE_HZ
from tests.corpus.seeing import places, seen
from tests.music import write_recordings
from tests.remote.conftest import forget

SETTINGS = PrepareSettings(rate_hz=RATE_HZ)


class Here(LocalExecutor):
    """A cluster of one node, which is this process."""

    processors = (1,)

    def __init__(self, around: Callable[[Callable[[], Done]], Done]) -> None:
        super().__init__()
        self._around = around

    def next(self) -> Done:
        return self._around(super().next)


def write_music(folder: Path) -> None:
    """Five tunes, one of them twice, and what is no music."""
    write_recordings(folder, 5, 3.0, RATE_HZ)
    shutil.copy(folder / "tune 3.wav", folder / "again.wav")
    (folder / "noise.mp3").write_bytes(b"no music" * 100)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    write_music(tmp_path / "music")
    return tmp_path / "music"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """What a reader sees of the corpus that one machine makes of the same music."""
    folder = tmp_path_factory.mktemp("alone")
    write_music(folder / "music")
    corpus = prepare(folder / "music", folder / "corpus", SETTINGS, processes=1, quiet=True)
    return seen(corpus)


def spread(
    music: Path | str,
    out: Path | str,
    monkeypatch: pytest.MonkeyPatch,
    around: Callable[[Callable[[], Done]], Done] = lambda do: do(),
    portions: int = 1,
) -> Corpus:
    def executor(*_: Any) -> Here:
        return Here(around)

    with monkeypatch.context() as patched:
        patched.setattr("reverie.corpus.prepare.RayExecutor", executor)
        patched.setattr("reverie.corpus.spreading.EACH", portions)
        if isinstance(out, str):
            return prepare_at_url(music, out, SETTINGS, processes=1, ray="here", quiet=True)
        return prepare(music, out, SETTINGS, processes=1, ray="here", quiet=True)


def test_the_corpus_is_that_of_one_machine(
    music: Path, alone: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "spread"
    assert seen(spread(music, out, monkeypatch, portions=2)) == alone
    assert not (out / PORTIONS).exists()
    # Of one more, the nodes are given this one alone.
    shutil.copy(music / "tune 0.wav", music / "more.wav")
    before = places(out)
    spread(music, out, monkeypatch)
    assert before.items() < places(out).items()


def test_a_portion_goes_on_and_what_was_done_is_taken_over(
    music: Path, alone: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "corpus"
    files = tuple(discover(music, out).files)
    settings = ResolvedSettings(rate_hz=RATE_HZ)
    portion = Portion(0, out, str(music), files[:4], {}, settings, 1)
    left = dataclasses.replace(portion, files=files[:2])
    assert not prepare_portion(left).unseen
    begun = Journal(out, portion.folder).entries
    assert list(begun) == [file.path for file in files[:2]]
    # The node that did it is lost; another goes on, in another shard.
    with (portion.folder / NAME).open("a") as journal:
        journal.write('{"path": "half a li')
    prepare_portion(portion)
    noted = Journal(out, portion.folder).entries
    assert begun.items() < noted.items()
    assert {one.shard for one in noted.values() if one.analysed} == {0, 1}
    # So is the process that asked for it, and the next one may be of one machine.
    read: list[str] = []
    real = Journal.add

    def add(self: Journal, *entries: Entry) -> None:
        read.extend(one.path for one in entries)
        real(self, *entries)

    monkeypatch.setattr(Journal, "add", add)
    corpus = prepare(music, out, SETTINGS, processes=1, quiet=True)
    assert sorted(read) == [file.path for file in files]
    assert not (out / PORTIONS).exists()
    assert noted.items() <= Journal(out).entries.items()
    assert seen(corpus) == alone


def test_a_node_that_sees_no_recordings_is_named(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(do: Callable[[], Done]) -> Done:
        music.rename(tmp_path / "unmounted")
        try:
            return do()
        finally:
            (tmp_path / "unmounted").rename(music)

    with pytest.raises(ReverieError, match=r"the node \S+ does not see .* in .*music\. Put the"):
        spread(music, tmp_path / "corpus", monkeypatch, elsewhere)


def test_a_recording_that_is_gone_is_refused_as_on_one_machine(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(do: Callable[[], Done]) -> Done:
        (music / "tune 2.wav").unlink(missing_ok=True)
        return do()

    corpus = spread(music, tmp_path / "corpus", monkeypatch, gone)
    (why,) = (one.reason for one in corpus.refused if one.path == "tune 2.wav")
    assert why == "not there any more"


def test_nodes_that_do_not_share_the_corpus_are_named(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unshared(do: Callable[[], Done]) -> Done:
        done = do()
        (done.task.arguments[0].folder / NAME).unlink()
        return done

    with pytest.raises(ReverieError, match=r"does not show what the node \S+ wrote"):
        spread(music, tmp_path / "corpus", monkeypatch, unshared)


def test_what_a_node_cannot_write_is_told_with_its_name(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = tmp_path / "full"
    monkeypatch.setattr("tempfile.tempdir", str(full))
    with pytest.raises(ReverieError, match=r"portion 1 of 1 was not prepared: on the node .*full"):
        spread(music, tmp_path / "corpus", monkeypatch)


def test_nodes_fetch_recordings_from_an_url_for_a_corpus_at_another(
    music: Path, alone: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsspec = pytest.importorskip("fsspec")
    monkeypatch.setenv("REVERIE_CACHE", str(tmp_path / "cache"))
    store = fsspec.filesystem("memory")
    try:
        store.put(str(music), "/archive", recursive=True)
        corpus = spread("memory://archive", "memory://corpus", monkeypatch, portions=2)
        assert seen(corpus) == alone
        there = store.find("/corpus")
        assert len([name for name in there if name.endswith(".pcm") and "/shards/" in name]) == 2
        assert not any(PORTIONS in name for name in there)
    finally:
        store.store.clear()
        forget()
