import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reverie
from reverie.errors import ReverieError
from reverie.remote.places import place_at
from tests.api.making import SMALL_FRAMES
from tests.remote.store import FaultyServer

SHORT = {**SMALL_FRAMES, "training.epochs": 2, "training.keep_epochs": [1]}


@pytest.fixture(scope="module")
def plain(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> reverie.Run:
    """A run in a folder."""
    return reverie.train(corpus_folder, "paper", tmp_path_factory.mktemp("plain") / "run", SHORT)


def bytes_of(run: reverie.Run, checkpoint: str = "latest") -> bytes:
    return (run.opened.find_checkpoint(checkpoint) / "model.safetensors").read_bytes()


def names_at(files: Any, url: str) -> set[str]:
    return {name.partition(url.removeprefix("s3://"))[2][1:] for name in files.find(url)}


def test_a_run_is_trained_at_an_url_and_generates_elsewhere(
    s3: str, corpus_folder: Path, plain: reverie.Run, files: Any, another_machine: Any,
    server: FaultyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    url = f"{s3}/run"
    del server.requests[:]
    with server.failing(itertools.cycle(["503", None, None]), "PUT"):
        run = reverie.train(corpus_folder, "paper", url, SHORT)
    assert run.url == url
    assert bytes_of(run) == bytes_of(plain)
    put = [path.rpartition("/")[2] for method, path in server.requests if method == "PUT"]
    assert put.index("model.safetensors") < put.index("state.json")
    there = names_at(files, url)
    assert {"config.json", "corpus.json", "frames.safetensors", "metrics.jsonl"} < there
    assert ".writer.json" not in there
    assert not any("secret" in files.cat_file(f"{url}/{name}").decode("latin-1") for name in there)

    another_machine()
    monkeypatch.chdir(tmp_path)
    with server.failing(itertools.cycle(["cut", None, "503", None]), "GET"):
        opened = reverie.load(url, corpus_folder)
        made = opened.generate(seconds=1, count=1)
    assert opened.checkpoints == plain.checkpoints
    assert opened.metrics == run.metrics
    here = plain.generate(seconds=1, count=1)
    np.testing.assert_array_equal(made[0].samples, here[0].samples)
    held = place_at(url).folder / "checkpoints" / "epoch-00001"
    assert [one.name for one in held.iterdir()] == ["state.json"], "weights that nobody asked for"
    assert opened.clips_folder() == Path("run-clips") / "epoch-00002"
    by_name = reverie.load(f"{url}/checkpoints/epoch-00001", corpus_folder)
    assert by_name.checkpoint == "epoch-00001"
    assert bytes_of(by_name, "1") == bytes_of(plain, "1")


def test_a_run_goes_on_on_another_machine(
    s3: str, corpus_folder: Path, plain: reverie.Run, files: Any, another_machine: Any
) -> None:
    reverie.train(corpus_folder, "paper", s3, {**SHORT, "training.epochs": 1})
    another_machine()
    run = reverie.train(corpus_folder, "paper", s3, SHORT)
    assert run.checkpoints == plain.checkpoints
    assert bytes_of(run) == bytes_of(plain)
    assert files.cat_file(f"{s3}/checkpoints/epoch-00002/model.safetensors") == bytes_of(plain)


def test_a_store_that_is_away_stops_no_training_and_loses_nothing(
    s3: str, corpus_folder: Path, plain: reverie.Run, files: Any, server: FaultyServer,
    capfd: pytest.CaptureFixture[str], another_machine: Any
) -> None:  # fmt: skip
    with server.down("PUT", "checkpoints"):
        run = reverie.train(corpus_folder, "paper", s3, SHORT)
    assert bytes_of(run) == bytes_of(plain)
    said = capfd.readouterr().err
    assert f"{s3} does not have all of the run" in said
    assert not any(name.endswith("state.json") for name in names_at(files, s3))
    assert place_at(s3).is_unsent
    reverie.train(corpus_folder, "paper", s3, SHORT)
    assert not place_at(s3).is_unsent
    another_machine()
    assert bytes_of(reverie.load(s3)) == bytes_of(plain)


def test_a_checkpoint_without_its_state_is_none(
    s3: str, corpus_folder: Path, plain: reverie.Run, files: Any
) -> None:
    files.put(str(plain.folder), s3, recursive=True)
    files.rm(f"{s3}/checkpoints/epoch-00002/state.json")
    assert reverie.load(s3).checkpoints == ["epoch-00001"]
    run = reverie.train(corpus_folder, "paper", s3, SHORT)
    assert bytes_of(run) == bytes_of(plain)


def test_weights_that_were_changed_at_the_url_are_refused(
    s3: str, plain: reverie.Run, files: Any
) -> None:
    files.put(str(plain.folder), s3, recursive=True)
    name = f"{s3}/checkpoints/epoch-00002/model.safetensors"
    content = bytearray(files.cat_file(name))
    content[-1] ^= 1
    files.pipe_file(name, bytes(content))
    with pytest.raises(ReverieError, match=f"{s3}/checkpoints.*is not what was saved there"):
        reverie.load(s3).generate(seconds=1, count=1, prompt=None)


def test_another_run_in_its_place_is_refused(
    s3: str, corpus_folder: Path, files: Any, server: FaultyServer
) -> None:
    with server.down("PUT", "checkpoints"):
        reverie.train(corpus_folder, "paper", s3, {**SHORT, "training.epochs": 1})
    record = json.loads(files.cat_file(f"{s3}/config.json"))
    record["frames_sha256"] = "0" * 64
    files.pipe_file(f"{s3}/config.json", json.dumps(record).encode())
    with pytest.raises(ReverieError, match="is another run than the one that was not sent"):
        reverie.train(corpus_folder, "paper", s3, SHORT)


def test_who_lost_the_lease_sends_nothing_more(
    s3: str, corpus_folder: Path, files: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    def lose(*_: Any, **__: Any) -> None:
        files.pipe_file(f"{s3}/.writer.json", json.dumps({"writer": "another", "at": 1}).encode())

    reverie.train(corpus_folder, "paper", s3, SHORT, on_epoch=lose)
    assert "is written by another process now" in capfd.readouterr().err
    assert not any(name.endswith("epoch-00002/state.json") for name in names_at(files, s3))
    assert files.exists(f"{s3}/.writer.json"), "it is the other's"


def test_a_run_and_its_corpus_at_urls_find_each_other(
    s3: str, corpus_folder: Path, files: Any, another_machine: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    files.put(str(corpus_folder), f"{s3}/corpus", recursive=True)
    settings = {**SHORT, "training.epochs": 1}
    monkeypatch.chdir(tmp_path)
    here = reverie.train(f"{s3}/corpus", "paper", None, settings)
    assert here.folder == Path("corpus-paper")
    assert here.opened.corpus_folder == f"{s3}/corpus"
    reverie.train(f"{s3}/corpus", "paper", f"{s3}/run", settings)
    another_machine()
    with pytest.raises(ReverieError, match=f"the corpus of .* was at {s3}/corpus"):
        _ = reverie.load("corpus-paper").corpus
    assert reverie.load("corpus-paper", f"{s3}/corpus").corpus.url == f"{s3}/corpus"
    another_machine()
    assert reverie.load(f"{s3}/run").corpus.url == f"{s3}/corpus"


def test_clips_and_reports_go_to_urls(
    s3: str, plain: reverie.Run, corpus_folder: Path, files: Any, another_machine: Any
) -> None:
    clips = plain.generate({"seconds": 1.2, "count": 2}, out=f"{s3}/clips")
    assert len(clips) == 2
    there = names_at(files, f"{s3}/clips")
    assert sum(name.endswith(".wav") for name in there) == 2
    another_machine()
    plain.generate({"seconds": 1.2, "count": 1}, out=f"{s3}/clips")
    assert sum(name.endswith(".wav") for name in names_at(files, f"{s3}/clips")) == 3
    plain.generate({"seconds": 1}, out=f"{s3}/alone.wav", prompt=f"{s3}/clips/001.wav")
    assert files.exists(f"{s3}/alone.wav")
    another_machine()
    judged = reverie.evaluate(f"{s3}/clips", corpus_folder, copying=False)
    judged.write(f"{s3}/judged")
    assert {"report.html", "evaluation.json"} <= names_at(files, f"{s3}/judged")
    assert not names_at(files, s3) & {".writer.json"}
