"""The index over training music is made once, goes on where it was, and finds what is in it."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32
from reverie.corpus import index
from reverie.corpus.corpus import Corpus
from reverie.corpus.index import FOLDER, search_recordings
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.similarity import part as parts
from reverie.similarity.landmark_search import LandmarkMatch, LandmarkSearch
from reverie.similarity.nearest import Nearest, NearestSearch
from tests.music import write_recordings

RATE_HZ = 8000
Found = tuple[list[LandmarkMatch], list[Nearest]]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven recordings in three shards."""
    folder = tmp_path_factory.mktemp("indexed")
    write_recordings(folder / "recordings", 7, 12.0, RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ, shard_megabytes=1)
    prepare(folder / "recordings", folder / "corpus", settings, processes=1, quiet=True)
    return folder / "corpus"


@pytest.fixture
def corpus(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    monkeypatch.setattr(index, "PART_SECONDS", 1.0)
    shutil.copytree(prepared, tmp_path / "corpus")
    shutil.rmtree(tmp_path / "corpus" / FOLDER, ignore_errors=True)
    return Corpus.open(tmp_path / "corpus")


def clips(corpus: Corpus) -> list[NDArray[np.float32]]:
    """A copy of each training recording's middle, and held-out music."""
    size = 4 * RATE_HZ
    of = [*corpus.of_split("train"), corpus.of_split("held-out")[0]]
    return [to_float32(corpus.pcm(one)[0, size : 2 * size]) for one in of]


def search(corpus: Corpus) -> Found:
    waves = clips(corpus)
    landmarks, nearest = LandmarkSearch(waves, RATE_HZ), NearestSearch(waves, RATE_HZ, (0, 1))
    training = corpus.of_split("train")
    search_recordings(corpus, [landmarks, nearest], training, "searching", quiet=True)
    return landmarks.best(), nearest.best()


def again(corpus: Corpus) -> Found:
    """Search as another process does."""
    return search(Corpus.open(corpus.folder))


def require_copies(found: Found, recordings: int) -> None:
    for of_clips in found:
        for number, match in enumerate(of_clips[:recordings]):
            assert match.recording == number
            at = match.offset_seconds - match.clip_seconds
            assert at == pytest.approx(4.0, abs=0.1)
    assert all(match.similarity > 0.9 for match in found[1][:recordings])


def test_it_is_made_once(corpus: Corpus) -> None:
    found = search(corpus)
    require_copies(found, len(corpus.of_split("train")))
    assert len(list((corpus.folder / FOLDER).iterdir())) > 1
    with patch.object(index, "measure", side_effect=AssertionError):
        assert again(corpus) == found


def test_an_interrupted_search_goes_on(corpus: Corpus) -> None:
    measure, most, measured = parts.measure, 1, list[int]()

    def counted(source: Corpus, recordings: Sequence[object], *others: object) -> parts.Part:
        if len(measured) == most:
            raise KeyboardInterrupt
        measured.append(len(recordings))
        return measure(source, recordings, *others)  # type: ignore[arg-type]

    with patch.object(index, "measure", counted):
        with pytest.raises(KeyboardInterrupt):
            search(corpus)
        most = 100
        found = again(corpus)
    assert sum(measured) == len(corpus.of_split("train"))
    require_copies(found, len(corpus.of_split("train")))


@pytest.mark.parametrize("name", [parts.ABOUT, parts.KEYS, parts.SPECTRA, parts.CODES])
def test_what_is_damaged_is_made_again(
    corpus: Corpus, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "ALL_SECONDS", 0.0)
    found = search(corpus)
    for damage in ("short", "changed"):
        for path in (corpus.folder / FOLDER).glob(f"*/{name}"):
            content = path.read_bytes()
            changed = bytes(255 - byte for byte in content)
            path.write_bytes(content[:-1] if damage == "short" else changed)
        assert again(corpus) == found


def test_on_a_read_only_disk_it_is_passed_over(corpus: Corpus) -> None:
    found = search(corpus)
    shutil.rmtree(corpus.folder / FOLDER)
    (corpus.folder / FOLDER).touch()
    assert again(corpus) == found
    with patch.object(index, "ALL_SECONDS", 0.0):
        require_copies(again(corpus), len(corpus.of_split("train")))


def test_sketches_find_the_same_copies(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they propose is compared exactly, so that similarities are the same."""
    every = search(corpus)
    monkeypatch.setattr(index, "ALL_SECONDS", 0.0)
    proposed = again(corpus)
    assert proposed[0] == every[0]
    copies = len(corpus.of_split("train"))
    require_copies(proposed, copies)
    for one, other in zip(proposed[1], every[1], strict=True):
        assert one.similarity <= other.similarity + 1e-6
    for one, other in zip(proposed[1][:copies], every[1][:copies], strict=True):
        assert one.similarity == pytest.approx(other.similarity, abs=1e-6)


def test_parts_of_other_recordings_are_removed(corpus: Corpus) -> None:
    search(corpus)
    folder = corpus.folder / FOLDER
    (folder / "0123").mkdir()
    (folder / ".0123.999999.partial").mkdir()
    shutil.rmtree(next(path for path in folder.iterdir() if len(path.name) == 32))
    again(corpus)
    assert all(len(path.name) == 32 for path in folder.iterdir())
