"""Frames of music and notes, as bytes."""

import json

import numpy as np
import pytest

from reverie.studio.playing.samples import MOST_SECONDS, samples_frames
from reverie.studio.playing.wire import (
    HEADER,
    MOST_BYTES,
    NOTE,
    SAMPLES,
    note_frame,
    read_header,
)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [3, 8000, 44100])
@pytest.mark.parametrize("count", [0, 1, 799, 800, 801, 20000])
def test_frames_hold_the_samples_one_after_the_other(
    rate_hz: int, count: int, channels: int
) -> None:
    line = np.linspace(-1, 1, count, dtype=np.float32)
    samples = np.stack([line, -0.5 * line][:channels])
    content, at = b"", 5.0
    for frame in samples_frames(samples, rate_hz, 5.0):
        header = read_header(frame[: HEADER.size])
        assert header.kind == SAMPLES
        assert (header.rate_hz, header.channels) == (rate_hz, channels)
        assert header.at_seconds == pytest.approx(at)
        assert header.size == len(frame) - HEADER.size
        assert header.seconds <= max(MOST_SECONDS, 1 / rate_hz)
        at += header.seconds
        content += frame[HEADER.size :]
    found = np.frombuffer(content, "<i2").reshape(-1, channels).T / 32768
    assert np.allclose(found, samples, atol=1 / 32000)


def test_a_note_is_read_back() -> None:
    frame = note_frame({"problem": "Über"}, 2.5)
    header = read_header(frame[: HEADER.size])
    assert (header.kind, header.at_seconds, header.seconds) == (NOTE, 2.5, 0.0)
    assert json.loads(frame[HEADER.size :]) == {"problem": "Über"}


@pytest.mark.parametrize(
    "content",
    [
        bytes(HEADER.size),
        HEADER.pack(b"abcd", 2, 8000, 1, 0.0),
        HEADER.pack(SAMPLES, 2, 0, 1, 0.0),
        HEADER.pack(SAMPLES, 2, 8000, 0, 0.0),
        HEADER.pack(SAMPLES, 2, 8000, 3, 0.0),
        HEADER.pack(NOTE, MOST_BYTES + 1, 0, 0, 0.0),
    ],
)
def test_what_is_no_header_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="frame"):
        read_header(content)
