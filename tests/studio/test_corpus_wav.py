"""A recording of a corpus as a WAV file: all of it, or a range, in mono and in stereo."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from starlette.requests import Request

from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.studio.media.corpus_wav import corpus_wav
from tests.audio.making import music, wav
from tests.loop import run
from tests.stereo import is_in_order, tones

RATE_HZ = 8000


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus wav")
    (folder / "in").mkdir()
    wav(folder / "in" / "mono.wav", music(3.0, rate_hz=RATE_HZ), rate_hz=RATE_HZ)
    wav(folder / "in" / "stereo.wav", tones(3.0, RATE_HZ).T, rate_hz=RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ, channels=2)
    return prepare(folder / "in", folder / "out", settings, processes=1, quiet=True)


def answered(corpus: Corpus, number: int, asked: str = "") -> bytes:
    headers = [(b"range", asked.encode())] if asked else []
    request = Request({"type": "http", "method": "GET", "headers": headers})
    recording = corpus.recordings[number]
    response = corpus_wav(request, corpus.folder, recording, corpus.rate_hz)

    async def body() -> bytes:
        return b"".join([bytes(piece) async for piece in response.body_iterator])  # pyright: ignore

    content = run(body())
    assert int(response.headers["content-length"]) == len(content)
    return content


def test_it_plays_as_it_was_stored(corpus: Corpus) -> None:
    for number, recording in enumerate(corpus.recordings):
        content = answered(corpus, number)
        read, rate_hz = soundfile.read(io.BytesIO(content), dtype="int16", always_2d=True)
        assert rate_hz == RATE_HZ
        np.testing.assert_array_equal(read.T, corpus.pcm(recording))
        assert answered(corpus, number, "bytes=100-1099") == content[100:1100]
        if recording.channels == 2:
            assert is_in_order(read.T / 32768, RATE_HZ)


def test_both_kinds_are_there(corpus: Corpus) -> None:
    assert [Path(one.path).stem for one in corpus.recordings] == ["mono", "stereo"]
    assert [one.channels for one in corpus.recordings] == [1, 2]
