"""What is wrong with a corpus is named when it is read, and mended by preparing it again."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import ITIMER_REAL, setitimer
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from reverie.cli.app import app
from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.errors import ReverieError
from tests.audio.making import music, wav
from tests.corpus.older import as_version_3, forge


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`tunes/` and their `corpus/`."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "tunes").mkdir()
    for number in range(3):
        played = music(3.0, seed=number, rate_hz=16000)
        wav(folder / "tunes" / f"{number}.wav", played, rate_hz=16000)
    make(folder / "tunes", folder / "corpus")
    return folder


@pytest.fixture
def tunes(made: Path) -> Path:
    return made / "tunes"


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of the corpus, to be damaged."""
    return Path(shutil.copytree(made / "corpus", tmp_path / "corpus"))


def make(recordings: Path, out: Path) -> Corpus:
    return prepare(recordings, out, PrepareSettings(), processes=1, quiet=True)


@contextmanager
def no_waiting() -> Iterator[None]:
    """What waits for ever dies of SIGALRM."""
    setitimer(ITIMER_REAL, 60)
    try:
        yield
    finally:
        setitimer(ITIMER_REAL, 0)


def flip(folder: Path, name: str) -> None:
    """Flip one bit in the middle of a recording's samples."""
    one = next(one for one in Corpus.open(folder).recordings if one.path == name)
    with (folder / "shards" / f"{one.shard:05d}.pcm").open("r+b") as shard:
        shard.seek(2 * one.offset_samples + one.samples)
        byte = shard.read(1)[0]
        shard.seek(-1, os.SEEK_CUR)
        shard.write(bytes([byte ^ 0x10]))


def test_one_flipped_bit_is_named_and_mended(tunes: Path, folder: Path) -> None:
    corpus = Corpus.open(folder)
    whole = {one.path: corpus.pcm(one)[0].copy() for one in corpus.recordings}
    flip(folder, "1.wav")
    corpus = Corpus.open(folder)
    first, second, third = corpus.recordings
    np.testing.assert_array_equal(corpus.pcm(first)[0], whole["0.wav"])
    with pytest.raises(ReverieError, match=r"1\.wav is damaged.*not those that") as said:
        corpus.pcm(second)
    assert f"reverie prepare {tunes} --out {folder}" in said.value.remedy
    np.testing.assert_array_equal(corpus.pcm(third)[0], whole["2.wav"])
    with pytest.raises(ReverieError, match=r"1\.wav is damaged"):
        corpus.check(quiet=True)
    with pytest.raises(ReverieError, match=r"1\.wav is damaged"):
        corpus.pcm(second)
    told = CliRunner().invoke(app, ["inspect", str(folder), "--quiet", "--no-leaks"])
    assert told.exit_code == 2
    assert "1.wav is damaged" in told.stderr

    mended = make(tunes, folder)
    for one in mended.recordings:
        np.testing.assert_array_equal(mended.pcm(one)[0], whole[one.path])


def test_all_that_are_damaged_are_counted(folder: Path) -> None:
    for number in range(3):
        flip(folder, f"{number}.wav")
    with pytest.raises(ReverieError, match=r"^3 recordings of .*: 0\.wav, 1\.wav, 2\.wav"):
        Corpus.open(folder).check(quiet=True)


def test_of_many_damaged_some_are_named_and_the_rest_counted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        flip(folder, f"{number}.wav")
    monkeypatch.setattr("reverie.corpus.corpus.MOST_NAMED", 2)
    with pytest.raises(ReverieError, match=r"^3 recordings of .*: 0\.wav, 1\.wav and 1 more; "):
        Corpus.open(folder).check(quiet=True)
    monkeypatch.setattr("reverie.corpus.corpus.MOST_NAMED", 3)
    with pytest.raises(ReverieError, match=r": 0\.wav, 1\.wav, 2\.wav; "):
        Corpus.open(folder).check(quiet=True)


@pytest.mark.parametrize("name", ["rms_dbfs", "peak_dbfs", "loudness_lufs"])
def test_a_level_that_no_sound_has_is_damage(folder: Path, name: str) -> None:
    read = as_version_3(folder)
    read["recordings"][1][name] = 1e308
    (folder / "manifest.json").write_text(json.dumps(read))
    with pytest.raises(ReverieError, match=rf"recordings\.1\.{name}: "):
        Corpus.open(folder)


@pytest.mark.parametrize("name", ["a-corpus", "zebra", ""])
def test_a_manifest_of_another_format_is_none_of_ours(folder: Path, name: str) -> None:
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": name}))
    with pytest.raises(ReverieError, match="is not the manifest of a corpus"):
        Corpus.open(folder)


def test_a_copy_of_what_is_damaged_is_not_taken_for_it(
    tunes: Path, folder: Path, tmp_path: Path
) -> None:
    flip(folder, "0.wav")
    shutil.copytree(tunes, tmp_path / "tunes")
    (tmp_path / "tunes" / "0.wav").rename(tmp_path / "tunes" / "renamed.wav")
    mended = make(tmp_path / "tunes", folder)
    mended.check(quiet=True)
    assert [one.path for one in mended.recordings] == ["1.wav", "2.wav", "renamed.wav"]


def set_to(*keys: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(manifest: dict[str, Any]) -> None:
        place: Any = manifest
        for key in keys[:-1]:
            place = place[key]
        if value is None:
            del place[keys[-1]]
        else:
            place[keys[-1]] = value

    return change


def of(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return set_to("recordings", 1, key, value=value)


def longer(manifest: dict[str, Any]) -> None:
    manifest["recordings"][1] |= {"samples": 1 << 40, "seconds": (1 << 40) / 16000}


def twice(manifest: dict[str, Any]) -> None:
    manifest["recordings"].append(manifest["recordings"][0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (of("samples", 10**15), "recordings.1.samples"),
        (of("samples", 0), "recordings.1.samples"),
        (of("samples", -1), "recordings.1.samples"),
        (of("samples", 48000.0), "recordings.1.samples"),
        (of("samples", 24000), "recordings.1.seconds"),
        (of("samples", None), "recordings.1.samples"),
        (of("offset_samples", -48000), "recordings.1.offset_samples"),
        (of("offset_samples", 10**12), "shorter than manifest.json says"),
        (longer, "shorter than manifest.json says"),
        (of("shard", -1), "recordings.1.shard"),
        (of("shard", 10**9), "1000000000.pcm"),
        (of("shard", "0"), "recordings.1.shard"),
        (of("seconds", 1e300), "recordings.1.seconds"),
        (of("seconds", float("inf")), "Infinity"),
        (of("seconds", float("nan")), "NaN"),
        (of("path", 3), "recordings.1.path"),
        (of("path", "2.wav"), "2.wav occurs 2 times"),
        (of("content_hash", "0" * 63), "recordings.1.content_hash"),
        (of("content_hash", "0" * 64), "content_hash"),
        (of("split", "test"), "recordings.1.split"),
        (of("notes", {"a": 1}), "recordings.1.notes"),
        (of("source_rate_hz", 0), "recordings.1.source_rate_hz"),
        (of("loudness_lufs", "loud"), "recordings.1.loudness_lufs"),
        (of("more", 1), "recordings.1.more"),
        (twice, "0.wav occurs 2 times"),
        (set_to("recordings", value=[]), "the list is empty"),
        (set_to("recordings", value=None), "recordings"),
        (set_to("recordings", value="many"), "recordings"),
        (set_to("rate_hz", value=0), "rate_hz"),
        (set_to("rate_hz", value=10**9), "rate_hz"),
        (set_to("rate_hz", value=8000), "recordings.0.seconds"),
        (set_to("settings", value=[]), "settings"),
        (set_to("ignored", value=-1), "ignored"),
        (set_to("refused", value=[["a", "b"]]), "refused.0"),
        (set_to("source", value=None), "source"),
        (set_to("format", value="reverie-run"), "not the manifest of a corpus"),
        (set_to("format_version", value=[1]), "format this version does not know"),
    ],
)
def test_a_manifest_of_version_3_is_not_believed_blindly(
    folder: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    path = folder / "manifest.json"
    manifest = as_version_3(folder)
    change(manifest)
    path.write_text(json.dumps(manifest))
    with pytest.raises(ReverieError) as error:
        Corpus.open(folder)
    assert said in error.value.problem
    assert str(folder) in error.value.problem


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE recordings SET samples = 24000 WHERE id = 1", "recordings.1: its numbers"),
        ("UPDATE recordings SET samples = -1 WHERE id = 1", "recordings.1.samples: "),
        ("UPDATE recordings SET samples = 'many' WHERE id = 1", "recordings.1.samples: "),
        ("UPDATE recordings SET split = 'test' WHERE id = 1", "recordings.1.split: "),
        ("UPDATE recordings SET sounding_end = 1 << 40 WHERE id = 1", "recordings.1: its numbers"),
        ("UPDATE recordings SET shard = -1 WHERE id = 1", "recordings.1.shard: "),
        ("UPDATE recordings SET channels = NULL WHERE id = 1", "recordings.1.channels: "),
        ("UPDATE recordings SET offset_samples = 1 << 40", "shorter than manifest.json says"),
        ("UPDATE recordings SET shard = 1000000000", "1000000000.pcm"),
        ("UPDATE recordings SET id = 7 WHERE id = 1", "their numbers have gaps"),
        ("DELETE FROM recordings", "the list is empty"),
        ("DROP TABLE recordings", "another table"),
        ("CREATE TABLE more (id)", "another table"),
        ("CREATE TRIGGER t AFTER INSERT ON recordings BEGIN SELECT 1; END", "another table"),
    ],
)
def test_a_table_is_not_believed_blindly(folder: Path, change: str, said: str) -> None:
    forge(folder, change)
    with pytest.raises(ReverieError) as error:
        Corpus.open(folder)
    assert said in error.value.problem
    assert str(folder) in error.value.problem


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE recordings SET path = CAST(x'80' AS TEXT) WHERE id = 1", "is damaged"),
        ("UPDATE recordings SET notes = '{}' WHERE id = 1", "recordings.1"),
        ("UPDATE recordings SET notes = '[3]' WHERE id = 1", "recordings.1.notes"),
        ("UPDATE recordings SET content_hash = 'x' WHERE id = 1", "recordings.1"),
        ("UPDATE recordings SET peak_dbfs = 1e308 WHERE id = 1", "recordings.1.peak_dbfs"),
        ("UPDATE recordings SET source_rate_hz = 0 WHERE id = 1", "recordings.1.source_rate_hz"),
        ("UPDATE recordings SET content_hash = zeroblob(32) WHERE id = 1", "1.wav is damaged"),
        ("UPDATE recordings SET path = '7.wav' WHERE id = 1", "content_hash: it belongs to other"),
    ],
)
def test_nor_is_a_row(folder: Path, change: str, said: str) -> None:
    forge(folder, change)
    corpus = Corpus.open(folder)
    with pytest.raises(ReverieError) as error:
        corpus.check(quiet=True)
    assert said in error.value.problem


def test_a_table_of_another_manifest_is_none_of_its(folder: Path) -> None:
    (table,) = folder.glob("recordings-*.sqlite")
    table.write_bytes(table.read_bytes() + b"\0")
    with pytest.raises(ReverieError, match="not what its corpus's manifest was written for"):
        Corpus.open(folder)
    table.unlink()
    with pytest.raises(ReverieError, match="no such file"):
        Corpus.open(folder)


@pytest.mark.parametrize("name", ["../recordings-0123456789ab.sqlite", "/etc/passwd", "x.sqlite"])
def test_a_manifest_names_no_file_elsewhere(folder: Path, name: str) -> None:
    path = folder / "manifest.json"
    read = json.loads(path.read_text())
    read["recordings"]["file"] = name
    path.write_text(json.dumps(read))
    with pytest.raises(ReverieError, match=r"recordings\.file"):
        Corpus.open(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [("source_channels", 0), ("samples", 1 << 60), ("content_hash", "x"), ("peak_dbfs", "loud")],
)
def test_a_line_of_the_journal_that_cannot_be_true_costs_that_file_alone(
    tunes: Path, folder: Path, key: str, value: object
) -> None:
    path = folder / "journal.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[0]["analysed"][key] = value
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    before = Corpus.open(folder).content_hash
    assert make(tunes, folder).content_hash == before


def test_a_manifest_without_what_older_versions_did_not_write_is_read(folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest["left_out"], manifest["ignored_suffixes"], manifest["sample"]
    path.write_text(json.dumps(manifest))
    assert Corpus.open(folder).left_out == ()


def test_a_shard_that_lost_its_end_or_is_gone(tunes: Path, folder: Path) -> None:
    shard = folder / "shards" / "00000.pcm"
    os.truncate(shard, shard.stat().st_size - 1)
    with pytest.raises(ReverieError, match="exceeds its end"):
        Corpus.open(folder)
    shard.unlink()
    with pytest.raises(ReverieError, match=r"00000\.pcm cannot be read: no such file"):
        Corpus.open(folder)
    assert len(make(tunes, folder).recordings) == 3


NAMES = ["shards/00000.pcm", "shards", "journal.jsonl", "manifest.json", ".lock"]


@pytest.mark.parametrize("name", NAMES)
def test_links_in_a_corpus_are_not_written_through(
    tunes: Path, folder: Path, tmp_path: Path, name: str
) -> None:
    (folder / ".lock").touch()
    target = tmp_path / "precious"
    (folder / name).rename(target)
    (folder / name).symlink_to(target)
    files = [path for path in [target, *target.rglob("*")] if path.is_file()]
    before = [(path.name, path.read_bytes()) for path in files]
    with pytest.raises(ReverieError, match=rf"{name.split('/', maxsplit=1)[0]}\S* is a link"):
        make(tunes, folder)
    if name.startswith(("shards", "manifest")):
        with pytest.raises(ReverieError, match="is a link"):
            Corpus.open(folder)
    files = [path for path in [target, *target.rglob("*")] if path.is_file()]
    assert [(path.name, path.read_bytes()) for path in files] == before


def test_nor_is_a_link_that_no_recording_lies_behind(
    tunes: Path, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "precious").touch()
    (folder / "shards" / "00009.pcm").symlink_to(tmp_path / "precious")
    with pytest.raises(ReverieError, match=r"00009\.pcm is a link"):
        make(tunes, folder)


@pytest.mark.parametrize("kind", [os.mkfifo, os.mkdir])
@pytest.mark.parametrize("name", [one for one in NAMES if one != "shards"])
def test_pipes_and_folders_are_not_waited_for(
    tunes: Path, folder: Path, name: str, kind: Callable[[Path], None]
) -> None:
    (folder / name).unlink(missing_ok=True)
    kind(folder / name)
    with no_waiting(), pytest.raises(ReverieError, match=r"is a (pipe|folder), not"):
        make(tunes, folder)
    if name.startswith(("shards", "manifest")):
        with no_waiting(), pytest.raises(ReverieError, match=r"is a (pipe|folder), not"):
            Corpus.open(folder)


def test_what_dead_processes_left_is_swept(tunes: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").touch()
    (folder / ".analysing-dead").mkdir()
    (folder / ".analysing-dead" / "0.pcm").touch()
    (folder / ".analysing-link").symlink_to(tmp_path / "elsewhere")
    (folder / ".manifest.json.99999999.partial").touch()
    (folder / "shards" / "00007.pcm").write_bytes(bytes(10))
    (folder / "shards" / "\u00b2.pcm").touch()
    make(tunes, folder)
    left = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    assert not [name for name in left if name.startswith((".analysing", ".manifest"))]
    assert {name for name in left if name.startswith("shards/")} == {
        "shards/00000.pcm", "shards/\u00b2.pcm"
    }  # fmt: skip
    assert (tmp_path / "elsewhere" / "kept").exists()
