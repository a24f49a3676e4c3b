"""Trimming cuts what is asked, proposes what is quiet, and says what it did."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from reverie.audio.provenance import HASH, read_sidecar, sidecar_of
from reverie.cli.app import app
from reverie.errors import ReverieError
from reverie.generation.trim import propose_trim, trim_clip
from reverie.storage import file_sha256

RATE_HZ = 8000


def clip(path: Path, quiet: float = 1.0) -> Path:
    """`quiet` seconds of nearly nothing, five of a tone, and as many of nearly nothing again."""
    hush = np.full(int(quiet * RATE_HZ), 1e-4, np.float32)
    tone = 0.3 * np.sin(np.arange(5 * RATE_HZ) * 0.3).astype(np.float32)
    soundfile.write(path, np.concatenate([hush, tone, hush]), RATE_HZ, subtype="PCM_16")
    return path


def tell(sound: Path, told: dict[str, Any]) -> None:
    sidecar_of(sound).write_text(json.dumps({HASH: file_sha256(sound)} | told))


def test_quiet_ends_are_proposed(tmp_path: Path) -> None:
    original = clip(tmp_path / "a.wav")
    before = original.read_bytes()
    tell(original, {"epoch": 7})
    found = trim_clip(original, tmp_path / "out" / "a.wav", None, None)
    assert found == pytest.approx((1.0, 6.0), abs=0.06)
    assert soundfile.info(tmp_path / "out" / "a.wav").duration == pytest.approx(5.0, abs=0.1)
    told = json.loads((tmp_path / "out" / "a.json").read_text())
    assert told["epoch"] == 7
    assert told["trim"]["how"] == "by levels"
    assert told["trim"]["cut_seconds"] == pytest.approx(2.0, abs=0.1)
    assert told["trim"]["of"] == "a.wav"
    assert told["trim"]["of_sha256"] == file_sha256(original)
    assert told["audio_sha256"] == file_sha256(tmp_path / "out" / "a.wav")
    assert original.read_bytes() == before


def test_by_hand(tmp_path: Path) -> None:
    found = trim_clip(clip(tmp_path / "a.wav"), tmp_path / "b.flac", 2.0, 4.5)
    assert found == (2.0, 4.5)
    samples, _ = soundfile.read(tmp_path / "b.flac")
    whole, _ = soundfile.read(tmp_path / "a.wav")
    np.testing.assert_array_equal(samples, whole[2 * RATE_HZ : int(4.5 * RATE_HZ)])
    assert json.loads((tmp_path / "b.json").read_text())["trim"]["how"] == "by hand"


@pytest.mark.parametrize("samples", [np.zeros(40000), np.full(200, 0.1), np.zeros(3)])
def test_silence_and_short_clips_stay_whole(samples: np.ndarray) -> None:
    found = propose_trim(samples.astype(np.float32), RATE_HZ)
    assert found == (0.0, len(samples) / RATE_HZ)


def test_little_sound_is_not_cut_to_nothing() -> None:
    samples = np.zeros(80000, np.float32)
    samples[40000:41000] = 0.5
    assert propose_trim(samples, RATE_HZ) == (0.0, 10.0)


def test_mistakes_are_named(tmp_path: Path) -> None:
    one = clip(tmp_path / "a.wav")
    with pytest.raises(ReverieError, match=r"nothing of .*a.wav lies between 5 s and 2 s"):
        trim_clip(one, tmp_path / "b.wav", 5.0, 2.0)
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(ReverieError, match=r"text.wav cannot be read"):
        trim_clip(tmp_path / "text.wav", tmp_path / "b.wav", None, None)
    with pytest.raises(ReverieError, match=r"gone.wav cannot be read"):
        trim_clip(tmp_path / "gone.wav", tmp_path / "b.wav", None, None)
    assert not (tmp_path / "b.wav").exists()


@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT"])
def test_what_stays_keeps_every_bit(tmp_path: Path, subtype: str) -> None:
    rng = np.random.default_rng(0)
    loud = 3 * rng.standard_normal((3 * RATE_HZ, 2))
    sound = np.concatenate([np.zeros((RATE_HZ, 2)), loud, np.zeros((RATE_HZ, 2))])
    sound = sound if subtype == "FLOAT" else sound / np.abs(sound).max() * 0.999
    soundfile.write(tmp_path / "a.wav", sound, RATE_HZ, subtype=subtype)
    kind = "float32" if subtype == "FLOAT" else "int32"
    whole, _ = soundfile.read(tmp_path / "a.wav", dtype=kind)
    for start, end in ((None, None), (1.25, None), (None, 3.5), (0.0, 5.0)):
        begin, finish = trim_clip(tmp_path / "a.wav", tmp_path / "b.wav", start, end)
        part, rate_hz = soundfile.read(tmp_path / "b.wav", dtype=kind)
        told = soundfile.info(tmp_path / "b.wav")
        assert (told.subtype, told.channels, rate_hz) == (subtype, 2, RATE_HZ)
        expected = whole[round(begin * RATE_HZ) : round(finish * RATE_HZ)]
        np.testing.assert_array_equal(part, expected)
        assert (begin, finish) == (1.0 if start is None else start, 4.0 if end is None else end)


def test_one_loud_channel_is_sound(tmp_path: Path) -> None:
    sound = np.zeros((6 * RATE_HZ, 2))
    sound[RATE_HZ : 4 * RATE_HZ, 1] = 0.5
    sound[:, 0] = 1e-5
    assert propose_trim(sound, RATE_HZ) == (1.0, 4.0)
    soundfile.write(tmp_path / "a.wav", sound, RATE_HZ, subtype="PCM_16")
    assert trim_clip(tmp_path / "a.wav", tmp_path / "b.wav", None, None) == (1.0, 4.0)


def test_numbers_that_are_none_count_as_silence() -> None:
    sound = np.full(6 * RATE_HZ, np.nan, np.float32)
    sound[2 * RATE_HZ : 5 * RATE_HZ] = 0.5
    sound[3 * RATE_HZ] = np.inf
    assert propose_trim(sound, RATE_HZ) == (2.0, 5.0)
    assert propose_trim(np.full(6 * RATE_HZ, np.inf), RATE_HZ) == (0.0, 6.0)


def test_a_trim_of_a_trim_says_both(tmp_path: Path) -> None:
    one = clip(tmp_path / "a.wav")
    tell(one, {"epoch": 7})
    trim_clip(one, tmp_path / "b.wav", 1.0, 5.0)
    trim_clip(tmp_path / "b.wav", tmp_path / "c.wav", 0.5, 2.0)
    assert not read_sidecar(tmp_path / "c.wav").doubt
    told = json.loads((tmp_path / "c.json").read_text())
    assert told["epoch"] == 7
    assert (told["trim"]["of"], told["trim"]["start_seconds"]) == ("b.wav", 0.5)
    before = told["trim"]["before"]
    assert (before["of"], before["end_seconds"]) == ("a.wav", 5.0)


@pytest.mark.parametrize(
    "beside",
    [b"{", b"[1]", b'{"epoch": 7}', b'{"audio_sha256": "0", "epoch": 7}', b'{"a": NaN}', b"\xff"],
)
def test_what_tells_of_another_sound_is_not_carried_on(tmp_path: Path, beside: bytes) -> None:
    one = clip(tmp_path / "a.wav")
    (tmp_path / "a.json").write_bytes(beside)
    trim_clip(one, tmp_path / "b.wav", 1.0, 2.0)
    assert set(json.loads((tmp_path / "b.json").read_text())) == {HASH, "trim"}
    assert (tmp_path / "a.json").read_bytes() == beside
    result = CliRunner().invoke(app, ["trim", str(one), "--out", str(tmp_path / "c.wav")])
    assert result.exit_code == 0
    assert "is not carried on" in result.stderr
    assert "a.json" in result.stderr


def test_nothing_of_anothers_is_replaced(tmp_path: Path) -> None:
    one = clip(tmp_path / "a.wav")
    tell(one, {"epoch": 7})
    before = (tmp_path / "a.json").read_bytes()
    for overwrite in (False, True):
        with pytest.raises(ReverieError, match=r"a.json is there already, and is of a.wav"):
            trim_clip(one, tmp_path / "a.flac", 1.0, 2.0, overwrite=overwrite)
        with pytest.raises(ReverieError, match=r"a.wav is there already"):
            trim_clip(one, one, 1.0, 2.0, overwrite=overwrite)
    assert (tmp_path / "a.json").read_bytes() == before
    assert not (tmp_path / "a.flac").exists()
    (tmp_path / "mine.json").write_text('{"mine": true}')
    with pytest.raises(ReverieError, match=r"mine.json is there already"):
        trim_clip(one, tmp_path / "mine.wav", 1.0, 2.0, overwrite=False)
    trim_clip(one, tmp_path / "b.wav", 1.0, 2.0, overwrite=False)
    with pytest.raises(ReverieError, match=r"b.wav is there already"):
        trim_clip(one, tmp_path / "b.wav", 1.0, 3.0, overwrite=False)
    (tmp_path / "b.wav").unlink()  # its provenance alone is in nobody's way
    trim_clip(one, tmp_path / "b.wav", 1.0, 3.0, overwrite=False)
    trim_clip(one, tmp_path / "b.wav", 1.0, 4.0)
    assert soundfile.info(tmp_path / "b.wav").duration == 3.0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.json",
        "a.wav",
        "b.json",
        "b.wav",
        "mine.json",
    ]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--start", "nan"], "setting start"),
        (["--start", "inf"], "setting start"),
        (["--start", "-1"], "setting start"),
        (["--end", "nan"], "setting end"),
        (["--end", "inf"], "setting end"),
        (["--end", "-0.5"], "setting end"),
        (["--start", "1e300"], "nothing of"),
        (["--start", "7.0"], "nothing of"),
        (["--end", "0"], "nothing of"),
        (["--start", "2", "--end", "2.00001"], "nothing of"),
    ],
)
def test_times_that_are_none_are_named(tmp_path: Path, options: list[str], named: str) -> None:
    one = clip(tmp_path / "a.wav")
    result = CliRunner().invoke(app, ["trim", str(one), *options])
    assert result.exit_code == 2
    assert named in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_an_end_past_the_end_is_the_end(tmp_path: Path) -> None:
    assert trim_clip(clip(tmp_path / "a.wav"), tmp_path / "b.wav", 6.5, 1e300) == (6.5, 7.0)


def test_a_file_without_samples(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.empty(0, np.int16), RATE_HZ)
    with pytest.raises(ReverieError, match="nothing of"):
        trim_clip(tmp_path / "a.wav", tmp_path / "b.wav", None, None)


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder with a clip, on a file system that nothing can be written to."""
    folder = tmp_path / "read only"
    folder.mkdir()
    clip(folder / "a.wav")
    mounts = (["mount", "--bind", folder, folder], ["mount", "-o", "remount,ro,bind", folder])
    if any(subprocess.run(one, capture_output=True, check=False).returncode for one in mounts):
        pytest.skip("mounting needs root")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_read_only_folder_is_named(read_only: Path, tmp_path: Path) -> None:
    words = ["trim", str(read_only / "a.wav"), "--start", "1", "--end", "2"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert f"{read_only} cannot be written: read-only file system" in result.stderr
    assert "--out" in result.stderr
    elsewhere = tmp_path / "b.wav"
    assert CliRunner().invoke(app, [*words, "--out", str(elsewhere)]).exit_code == 0
    assert soundfile.info(elsewhere).duration == 1.0


def test_litter_of_dead_processes_is_swept(tmp_path: Path) -> None:
    one = clip(tmp_path / "a.wav")
    dead = subprocess.Popen(["true"])
    dead.wait()
    litter = tmp_path / f".clips.{dead.pid}.partial"
    litter.mkdir()
    (litter / "b.wav").write_bytes(b"half")
    below = tmp_path / "other" / litter.name
    below.mkdir(parents=True)
    alive = tmp_path / f".b.wav.{os.getppid()}.partial"
    alive.write_bytes(b"half")
    trim_clip(one, tmp_path / "b.wav", 1.0, 2.0)
    assert not litter.exists()
    assert below.exists()  # a folder of somebody else's may lie there
    assert alive.exists()
