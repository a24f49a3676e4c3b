"""One clip: every format holds its samples, its provenance, its best stretch or its loop."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from reverie.audio.provenance import read_sidecar, sidecar_of
from reverie.audio.reading.inside import has_mark, provenance_inside
from reverie.audio.writing.formats import FORMATS, LOSSY, Format, suffix_of
from reverie.audio.writing.writer import AudioWriter
from reverie.errors import ReverieError
from reverie.saving.clip import ClipInMemory, ClipOnDisk, SavedClip, write_clip
from reverie.saving.settings import SaveSettings, save_settings
from reverie.storage import file_sha256
from tests.audio.test_loops import joint_click, pulse
from tests.audio.told import made
from tests.music import random_melody
from tests.saving.making import clip, stereo


def save(source: Path, stage: Path, **settings: object) -> SavedClip:
    stage.mkdir(exist_ok=True)
    return write_clip(ClipOnDisk(source), stage, "a", SaveSettings(**settings))  # pyright: ignore


@pytest.mark.parametrize("format_", FORMATS)
def test_all_of_it_in_every_format(tmp_path: Path, format_: Format) -> None:
    source = clip(tmp_path / "001.wav")
    before, _ = soundfile.read(source, dtype="float32")
    saved = save(source, tmp_path / "out", format_=format_)
    assert saved.path == tmp_path / "out" / f"a{suffix_of(format_)}"
    assert (saved.seconds, saved.rate_hz) == (4.0, 16000)
    after, _ = soundfile.read(saved.path, dtype="float32")
    assert len(after) == len(before)
    if format_ in LOSSY:
        assert np.corrcoef(after, before)[0, 1] > 0.99
    else:
        np.testing.assert_array_equal(after, before)
    beside = read_sidecar(saved.path)
    assert beside.provenance == read_sidecar(source).provenance
    assert (beside.trim, beside.loop, beside.doubt) == (None, None, "")
    inside = provenance_inside(saved.path)
    assert inside is not None
    assert beside.provenance is not None
    assert inside.deciding() == beside.provenance.deciding()


def test_a_loop_of_a_clip(tmp_path: Path) -> None:
    source = clip(tmp_path / "001.wav", seconds=9.0)
    saved = save(source, tmp_path / "out", loop="bars", format_="wav32f")
    assert saved.loop is not None
    assert saved.loop.beats % 4 == 0 < saved.loop.beats
    assert saved.loop.bpm == pytest.approx(120, rel=0.01)
    wave, rate_hz = soundfile.read(saved.path, dtype="float32")
    assert len(wave) / rate_hz == saved.seconds
    assert saved.seconds == pytest.approx(saved.loop.beats / 2, abs=0.03)
    assert joint_click(wave) < 1.5
    told = json.loads(sidecar_of(saved.path).read_text())
    assert told["loop"]["beats"] == saved.loop.beats
    assert told["trim"]["how"] == "as a loop"
    assert told["trim"]["of"] == "001.wav"
    assert told["trim"]["of_sha256"] == file_sha256(source)
    assert b"BPM" in saved.path.read_bytes()
    # Saved once more, it is still that loop.
    again = save(saved.path, tmp_path / "again", format_="flac")
    assert read_sidecar(again.path).loop == saved.loop


def test_the_best_stretch_of_a_clip(tmp_path: Path) -> None:
    path = tmp_path / "001.wav"
    with AudioWriter(path, 16000) as writer:
        sound = np.concatenate([np.zeros(32000, np.float32), random_melody(0, 16000, 9.0)])
        writer.write(sound[None])
    saved = save(path, tmp_path / "out", trim=True)
    assert saved.stretch is not None
    assert saved.stretch.start_seconds > 1.5
    assert saved.seconds == saved.stretch.end_seconds - saved.stretch.start_seconds
    both = save(path, tmp_path / "both", trim=True, loop="beats")
    told = read_sidecar(both.path).trim
    assert told is not None
    assert told.start_seconds >= saved.stretch.start_seconds
    assert told.end_seconds <= saved.stretch.end_seconds


def test_channels_and_rates_of_others_are_kept(tmp_path: Path) -> None:
    source = stereo(tmp_path / "a.wav")
    before, _ = soundfile.read(source, dtype="int32")
    saved = save(source, tmp_path / "out", format_="flac24")
    after, rate_hz = soundfile.read(saved.path, dtype="int32")
    assert rate_hz == 44100
    np.testing.assert_array_equal(after, before)
    assert not sidecar_of(saved.path).exists()
    assert not has_mark(saved.path)


def test_a_clip_in_memory(tmp_path: Path) -> None:
    sound = 2 * pulse(120, 3.0)
    held = ClipInMemory(lambda: sound[None], 16000, made())
    saved = write_clip(held, tmp_path, "a", SaveSettings())
    beside = read_sidecar(saved.path).provenance
    assert beside is not None
    assert beside.clipped_samples == saved.clipped_samples
    assert saved.clipped_samples == np.count_nonzero(np.abs(sound) > 1)
    looped = write_clip(held, tmp_path, "b", SaveSettings(loop="beats"))
    told = read_sidecar(looped.path).trim
    assert told is not None
    assert (told.of, told.of_sha256) == ("", "")


def test_a_picture_too(tmp_path: Path) -> None:
    saved = save(clip(tmp_path / "001.wav", 1.0), tmp_path / "out", format_="mp3", picture=True)
    assert saved.path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("format_", ["wav24", "flac", "mp3", "opus"])
def test_memory_does_not_grow_with_a_clip(tmp_path: Path, format_: Format) -> None:
    peaks: list[int] = []
    for seconds in (20, 400):
        path = tmp_path / f"{seconds}.wav"
        with AudioWriter(path, 8000) as writer:
            for _ in range(seconds):
                writer.write(np.zeros((1, 8000), np.float32))
        tracemalloc.start()
        save(path, tmp_path / str(seconds), format_=format_)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # 400 s are 12.8 MB of floats.
    assert peaks[1] < peaks[0] + 2e6


def test_memory_does_not_grow_with_a_loop(tmp_path: Path) -> None:
    rng, peaks = np.random.default_rng(0), list[int]()
    for seconds in (100, 500):
        path = tmp_path / f"{seconds}.wav"
        with AudioWriter(path, 8000) as writer:
            for _ in range(seconds):
                writer.write(rng.uniform(-0.5, 0.5, (1, 8000)).astype(np.float32))
        tracemalloc.start()
        saved = save(path, tmp_path / str(seconds), format_="wav32f", loop="beats")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert saved.seconds > seconds - 10
    # 400 s more are 12.8 MB of floats.
    assert peaks[1] < peaks[0] + 4e6


def test_mistakes_are_named(tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match=r"gone\.wav cannot be read: it does not exist"):
        save(tmp_path / "gone.wav", tmp_path / "out")
    with AudioWriter(tmp_path / "empty.wav", 8000):
        pass
    with pytest.raises(ReverieError, match=r"empty\.wav holds no samples"):
        save(tmp_path / "empty.wav", tmp_path / "out")
    short = clip(tmp_path / "short.wav", 0.3)
    with pytest.raises(ReverieError, match=r"short\.wav: 0\.30 s of sound are too short"):
        save(short, tmp_path / "out", loop="beats")
    for loop in ("bar", 4, None):
        with pytest.raises(ReverieError, match="setting loop is wrong"):
            save_settings("wav16", trim=False, loop=loop, copies=True, picture=False)  # pyright: ignore
    with pytest.raises(ReverieError, match="there is no 'aac'"):
        save_settings("aac", trim=False, loop=False, copies=True, picture=False)
