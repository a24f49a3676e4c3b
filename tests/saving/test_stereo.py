"""Stereo clips that are saved: left stays left in every format, in loops and in trims."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from reverie.audio.provenance import Sidecar, write_sidecar
from reverie.audio.reading.decode import load
from reverie.audio.tags import tags_of
from reverie.audio.writing.formats import FORMATS, Format
from reverie.audio.writing.writer import AudioWriter
from reverie.saving.clip import ClipInMemory, ClipOnDisk, write_clip
from reverie.saving.settings import SaveSettings
from tests.audio.test_loops import joint_click, pulse
from tests.audio.told import made
from tests.stereo import is_in_order, tones

RATE_HZ = 16000


@pytest.mark.parametrize("format_", FORMATS)
def test_left_stays_left_in_every_format(tmp_path: Path, format_: Format) -> None:
    sound = tones(2.0, RATE_HZ)
    clip = ClipInMemory(lambda: sound, RATE_HZ, made(run="runs/gone"))
    saved = write_clip(clip, tmp_path, "a", SaveSettings(format_=format_, picture=True))
    read, rate_hz = soundfile.read(saved.path, dtype="float32")
    assert read.shape[1] == 2
    assert is_in_order(read.T, rate_hz)
    assert is_in_order(load(saved.path, RATE_HZ, 2), RATE_HZ)
    assert saved.path.with_suffix(".png").exists()


def test_a_loop_of_two_channels_has_no_click_on_either_side(tmp_path: Path) -> None:
    path, about = tmp_path / "001.wav", made(run="runs/gone")
    sides = np.stack([pulse(120, 6.0), 0.5 * pulse(120, 6.0) + 0.01 * tones(6.0, RATE_HZ)[1]])
    with AudioWriter(path, RATE_HZ, channels=2, tags=tags_of(about)) as writer:
        writer.write(sides.astype(np.float32))
    write_sidecar(path, Sidecar(about))
    settings = SaveSettings(format_="wav32f", loop="beats")
    saved = write_clip(ClipOnDisk(path), tmp_path, "loop", settings)
    assert saved.loop is not None
    assert saved.loop.bpm == pytest.approx(120, rel=0.01)
    wave, _ = soundfile.read(saved.path, dtype="float32")
    for channel in wave.T:
        assert joint_click(channel) < 1.5
    assert np.abs(wave[:, 0]).max() > 1.5 * np.abs(wave[:, 1]).max()
