"""Trimming cuts what is asked, proposes what is quiet, and says what it did."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from reverie.errors import ReverieError
from reverie.generation.trim import propose_trim, trim_clip

RATE_HZ = 8000


def clip(path: Path, quiet: float = 1.0) -> Path:
    """`quiet` seconds of nearly nothing, five of a tone, and as many of nearly nothing again."""
    hush = np.full(int(quiet * RATE_HZ), 1e-4, np.float32)
    tone = 0.3 * np.sin(np.arange(5 * RATE_HZ) * 0.3).astype(np.float32)
    soundfile.write(path, np.concatenate([hush, tone, hush]), RATE_HZ, subtype="PCM_16")
    return path


def test_quiet_ends_are_proposed(tmp_path: Path) -> None:
    original = clip(tmp_path / "a.wav")
    before = original.read_bytes()
    (tmp_path / "a.json").write_text('{"epoch": 7}')
    found = trim_clip(original, tmp_path / "out" / "a.wav", None, None)
    assert found == pytest.approx((1.0, 6.0), abs=0.06)
    assert soundfile.info(tmp_path / "out" / "a.wav").duration == pytest.approx(5.0, abs=0.1)
    told = json.loads((tmp_path / "out" / "a.json").read_text())
    assert told["epoch"] == 7
    assert told["trim"]["how"] == "by levels"
    assert told["trim"]["cut_seconds"] == pytest.approx(2.0, abs=0.1)
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
