"""Which of several tracks is the recording."""

from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest
from av.stream import Disposition

from reverie.audio.reading.decode import load
from reverie.audio.reading.source import Source
from tests.audio.making import RATE_HZ, music

TUNES = [music(1.5, seed=number)[:, 0] for number in range(3)]


def with_tracks(path: Path, dispositions: list[Disposition], languages: str = "   ") -> Path:
    with av.open(str(path), "w") as output:
        streams: list[av.AudioStream] = []
        for disposition, language in zip(dispositions, languages.split(" "), strict=False):
            stream = cast(av.AudioStream, output.add_stream("flac", rate=RATE_HZ, layout="mono"))
            stream.disposition = disposition
            if language:
                stream.metadata["language"] = language
            streams.append(stream)
        for number, stream in enumerate(streams):
            whole = (TUNES[number] * 30000).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE_HZ, 0
            for packet in [*stream.encode(frame), *stream.encode(None)]:
                output.mux(packet)
    return path


@pytest.mark.parametrize(
    ("dispositions", "number"),
    [
        ([Disposition.comment, Disposition.default], 1),
        ([Disposition.default, Disposition.default], 0),
        ([Disposition(0), Disposition.default, Disposition(0)], 1),
        ([Disposition.visual_impaired, Disposition(0)], 1),
        ([Disposition.karaoke, Disposition.dub], 0),
        ([Disposition.default | Disposition.comment, Disposition.default], 1),
    ],
)
def test_the_default_track_is_used(
    tmp_path: Path, dispositions: list[Disposition], number: int
) -> None:
    path = with_tracks(tmp_path / "a.mkv", dispositions)
    got = load(path, RATE_HZ)[0]
    assert np.corrcoef(got, TUNES[number][: len(got)])[0, 1] > 0.99
    with Source(path) as source:
        note = source.parts[0].track_note
    assert note is not None
    assert f"holds {len(dispositions)} tracks of sound: track {number + 1}" in note


def test_a_language_is_said_if_it_is_one(tmp_path: Path) -> None:
    dispositions = [Disposition(0), Disposition.default]
    for language, told in (("ger", "(the default, language ger)"), ("g\x1b[", "(the default)")):
        path = with_tracks(tmp_path / f"{told}.mkv", dispositions, f"eng {language}")
        with Source(path) as source:
            assert told in str(source.parts[0].track_note)


def test_one_track_is_not_worth_a_word(tmp_path: Path) -> None:
    with Source(with_tracks(tmp_path / "a.mkv", [Disposition(0)])) as source:
        assert source.parts[0].track_note is None
