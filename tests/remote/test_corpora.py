import itertools
import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import s3fs
import soundfile

import reverie
from reverie.corpus.samples import FetchedSamples
from reverie.errors import ReverieError
from reverie.remote.cache import cache
from reverie.remote.lease import writing
from reverie.remote.places import place_at
from tests.music import music
from tests.remote.conftest import RATE_HZ
from tests.remote.store import FaultyServer


def prepare(recordings: Any, out: Any, **settings: Any) -> reverie.Corpus:
    return reverie.prepare(recordings, out, rate_hz=RATE_HZ, processes=1, **settings)


@pytest.fixture(scope="module")
def plain(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> reverie.Corpus:
    """The same recordings, prepared from a folder into a folder."""
    return prepare(recordings, tmp_path_factory.mktemp("plain") / "corpus")


@pytest.fixture(scope="module")
def there(server: FaultyServer, plain: reverie.Corpus) -> str:
    """The URL of a copy of that corpus."""
    del server
    s3fs.S3FileSystem().put(str(plain.folder), "s3://music/corpus", recursive=True)
    return "s3://music/corpus"


def samples(corpus: reverie.Corpus) -> list[bytes]:
    return [corpus.opened.pcm(one).tobytes() for one in corpus.recordings]


def cached(folder: Path) -> list[Path]:
    return [one for one in (folder / "samples").rglob("*") if one.is_file()]


def test_recordings_at_an_url_give_the_corpus_that_a_folder_gives(
    s3: str, server: FaultyServer, files: Any, recordings: Path, plain: reverie.Corpus,
    own_cache: Path, tmp_path: Path
) -> None:  # fmt: skip
    files.put(str(recordings), s3, recursive=True)
    files.pipe_file(f"{s3}/a readme.txt", b"notes")
    with server.failing(itertools.cycle(["503", None, None, "cut", None]), "GET"):
        made = prepare(s3, tmp_path / "corpus")
    assert made.opened.content_hash == plain.opened.content_hash
    assert made.opened.source == s3
    assert made.opened.ignored == 1
    assert list((own_cache / "recordings").iterdir()) == []


def test_only_what_changed_at_an_url_is_read_again(
    s3: str, server: FaultyServer, files: Any, recordings: Path, tmp_path: Path
) -> None:
    files.put(str(recordings), s3, recursive=True)
    prepare(s3, tmp_path / "corpus")
    # Of the same length: its version alone tells.
    changed = tmp_path / "tune 1.wav"
    soundfile.write(changed, music(6.0, seed=99, rate_hz=RATE_HZ), RATE_HZ, subtype="PCM_16")
    files.put_file(str(changed), f"{s3}/tune 1.wav")
    del server.requests[:]
    made = prepare(s3, tmp_path / "corpus")
    read = {path.rpartition("/")[2] for method, path in server.requests if method == "GET"}
    assert [name for name in read if name.endswith(".wav")] == ["tune 1.wav"]
    assert len(made.recordings) == 5


def test_an_outage_while_preparing_is_no_smaller_corpus(
    s3: str, server: FaultyServer, files: Any, recordings: Path, plain: reverie.Corpus,
    tmp_path: Path
) -> None:  # fmt: skip
    files.put(str(recordings), s3, recursive=True)
    with server.down("GET", "tune 3"), pytest.raises(ReverieError, match="cannot be read"):
        prepare(s3, tmp_path / "corpus")
    with pytest.raises(ReverieError):
        reverie.open_corpus(tmp_path / "corpus")
    assert prepare(s3, tmp_path / "corpus").opened.content_hash == plain.opened.content_hash


def test_clips_and_hidden_files_at_an_url_are_left_out(
    s3: str, files: Any, recordings: Path, there: str, tmp_path: Path
) -> None:
    files.put(str(recordings), s3, recursive=True)
    files.copy(there, f"{s3}/a corpus", recursive=True)
    for name in (".trash/tune.wav", "._tune 1.wav", "empty.mp3"):
        files.pipe_file(f"{s3}/{name}", b"" if name == "empty.mp3" else b"x")
    made = prepare(s3, tmp_path / "corpus").opened
    assert {one.name: one.what for one in made.left_out} == {
        ".trash": "trash",
        "._tune 1.wav": "kept by a system for itself",
        "a corpus": "a corpus of Reverie",
    }
    assert [one.path for one in made.refused] == ["empty.mp3"]


def test_a_corpus_at_an_url_is_read_recording_by_recording(
    there: str, plain: reverie.Corpus, own_cache: Path, server: FaultyServer
) -> None:
    corpus = reverie.open_corpus(there)
    assert corpus.url == there
    assert cached(own_cache) == []
    first = corpus.recordings[0]
    with server.failing(["cut", "503"], "GET", "shards"):
        heard = corpus.opened.pcm(first)
    np.testing.assert_array_equal(heard, plain.opened.pcm(plain.recordings[0]))
    assert [one.name for one in cached(own_cache)] == [f"{first.content_hash}.pcm"]
    assert samples(corpus) == samples(plain)
    corpus.check()


def test_what_is_fetched_once_is_not_fetched_again(there: str, server: FaultyServer) -> None:
    samples(reverie.open_corpus(there))
    del server.requests[:]
    samples(reverie.open_corpus(there))
    assert not [path for method, path in server.requests if method == "GET" and "." in path]


def test_the_cache_stays_within_its_size(
    there: str, plain: reverie.Corpus, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = 2 * plain.recordings[0].samples
    monkeypatch.setenv("REVERIE_CACHE_GB", f"{2.5 * one / 1e9:.9f}")
    corpus = reverie.open_corpus(there)
    for _ in range(2):
        assert samples(corpus) == samples(plain)
        assert sum(path.stat().st_size for path in cached(own_cache)) <= 2.5 * one
    assert corpus.opened.is_larger_than_cache
    assert isinstance(corpus.opened._samples, FetchedSamples)
    # What is gone from the cache is not held on the disk by a mapping.
    assert len(corpus.opened._samples._mapped) <= 2


def test_a_cache_too_small_for_one_recording_says_which_setting(
    there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVERIE_CACHE_GB", "0.00001")
    corpus = reverie.open_corpus(there)
    with pytest.raises(ReverieError, match="Set REVERIE_CACHE_GB to more"):
        corpus.opened.pcm(corpus.recordings[0])
    monkeypatch.setenv("REVERIE_CACHE_GB", "much")
    with pytest.raises(ReverieError, match="'much'"):
        cache()


def test_damage_is_found_at_the_url_and_mended_in_the_cache(
    there: str, s3: str, files: Any, own_cache: Path
) -> None:
    files.copy(there, s3, recursive=True)
    corpus = reverie.open_corpus(s3)
    first, second = corpus.recordings[:2]
    corpus.opened.pcm(first)
    (path,) = cached(own_cache)
    path.write_bytes(bytes(path.stat().st_size))
    again = reverie.open_corpus(s3)
    assert again.opened.pcm(first).any()
    shard = bytearray(files.cat_file(f"{s3}/shards/00000.pcm"))
    shard[2 * second.offset_samples + 50] ^= 1
    files.pipe_file(f"{s3}/shards/00000.pcm", bytes(shard))
    with pytest.raises(ReverieError, match=f"{s3}/shards/00000.pcm does not hold the samples"):
        reverie.open_corpus(s3).opened.pcm(second)
    with pytest.raises(ReverieError, match="shorter than manifest"):
        files.pipe_file(f"{s3}/shards/00000.pcm", bytes(shard[:-2]))
        reverie.open_corpus(s3)


def test_a_table_of_another_manifest_is_refused(there: str, s3: str, files: Any) -> None:
    files.copy(there, s3, recursive=True)
    (table,) = files.glob(f"{s3}/recordings-*.sqlite")
    files.pipe_file(table, files.cat_file(table)[:-1] + b"x")
    with pytest.raises(ReverieError, match="is not what its corpus's manifest was written for"):
        reverie.open_corpus(s3)
    files.rm(table)
    with pytest.raises(ReverieError, match="the table of its recordings is missing"):
        reverie.open_corpus(s3)


def test_a_corpus_is_prepared_at_an_url(
    s3: str, recordings: Path, plain: reverie.Corpus, files: Any, another_machine: Any,
    server: FaultyServer, capfd: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    del server.requests[:]
    with server.failing(itertools.cycle([None, "503"]), "PUT"):
        made = prepare(recordings, f"{s3}/corpus")
    assert made.url == f"{s3}/corpus"
    put = [path for method, path in server.requests if method == "PUT" and ".writer" not in path]
    assert put[-1].endswith("/manifest.json")
    assert not files.exists(f"{s3}/corpus/.writer.json")
    assert f"The corpus is in {s3}/corpus." in made.lines()[-1]
    assert samples(made) == samples(plain)
    another_machine()
    corpus = reverie.open_corpus(f"{s3}/corpus")
    assert corpus.opened.content_hash == plain.opened.content_hash
    assert samples(corpus) == samples(plain)
    assert "a-secret" not in capfd.readouterr().err


def test_a_corpus_at_an_url_is_updated_by_another_machine(
    s3: str, recordings: Path, files: Any, another_machine: Any, tmp_path: Path
) -> None:
    shutil.copytree(recordings, tmp_path / "music")
    prepare(tmp_path / "music", s3)
    another_machine()
    write = tmp_path / "music" / "new.wav"
    soundfile.write(write, music(6.0, seed=7, rate_hz=RATE_HZ), RATE_HZ, subtype="PCM_16")
    made = prepare(tmp_path / "music", s3)
    assert len(made.recordings) == 6
    assert len(files.glob(f"{s3}/recordings-*.sqlite")) == 1
    assert len(samples(made)) == 6


def test_a_corpus_that_was_not_sent_whole_is_none(
    s3: str, recordings: Path, server: FaultyServer, another_machine: Any
) -> None:
    with (
        server.down("PUT", "manifest.json"),
        pytest.raises(ReverieError, match="cannot be written"),
    ):
        prepare(recordings, s3)
    with pytest.raises(ReverieError, match="holds no corpus, but one that was begun"):
        another_machine()
        reverie.open_corpus(s3)
    assert len(prepare(recordings, s3).recordings) == 5
    another_machine()
    assert len(reverie.open_corpus(s3).recordings) == 5


def test_two_writers_are_refused(s3: str, recordings: Path, files: Any) -> None:
    said = {"writer": "another", "at": time.time()}
    files.pipe_file(f"{s3}/.writer.json", json.dumps(said).encode())
    with pytest.raises(ReverieError, match="is being written by another process"):
        prepare(recordings, s3)
    said["at"] = time.time() - 1000  # it was killed
    files.pipe_file(f"{s3}/.writer.json", json.dumps(said).encode())
    with writing(place_at(s3)):
        assert json.loads(files.cat_file(f"{s3}/.writer.json"))["writer"] != "another"
    assert not files.exists(f"{s3}/.writer.json")


def test_a_corpus_goes_among_no_other_files(s3: str, recordings: Path, files: Any) -> None:
    files.pipe_file(f"{s3}/letter.txt", b"dear")
    with pytest.raises(ReverieError, match=r"holds other files, such as letter.txt"):
        prepare(recordings, s3)
    assert files.ls(s3) == [f"{s3}/letter.txt".removeprefix("s3://")]
