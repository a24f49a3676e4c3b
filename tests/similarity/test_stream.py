"""Recordings stream past in pieces that overlap, and none of their samples is passed over."""

import numpy as np
import pytest

from reverie.audio.pcm import to_float32
from reverie.corpus.corpus import Corpus
from reverie.similarity import stream
from reverie.similarity.stream import pieces


def test_pieces_overlap_and_cover_every_recording(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PIECE_SECONDS", 1.0)
    monkeypatch.setattr(stream, "OVERLAP_SECONDS", 0.25)
    rate_hz, recordings = corpus.rate_hz, corpus.recordings
    step, overlap = rate_hz, rate_hz // 4
    for number, recording in enumerate(recordings):
        wave = to_float32(corpus.pcm(recording)[0])
        own = [one for one in pieces(corpus, recordings) if one.recording == number]
        assert len(own) > 1
        heard = 0
        for piece in own:
            start = round(piece.start_seconds * rate_hz)
            assert start == heard - (overlap if heard else 0)
            assert np.array_equal(piece.wave, wave[start : start + step + overlap])
            heard = start + len(piece.wave)
        assert heard == len(wave)
