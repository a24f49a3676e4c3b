"""Excerpts of recordings: where they lie, how long they are, and that none is passed over."""

import numpy as np
import pytest

from reverie.audio.pcm import to_float32
from reverie.corpus import excerpts
from reverie.corpus.corpus import Corpus
from reverie.corpus.excerpts import cut_evenly, pieces


def test_pieces_overlap_and_cover_every_recording(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excerpts, "PIECE_SECONDS", 1.0)
    monkeypatch.setattr(excerpts, "OVERLAP_SECONDS", 0.25)
    rate_hz, recordings = corpus.rate_hz, corpus.recordings
    step, overlap = rate_hz, rate_hz // 4
    for number, recording in enumerate(recordings):
        wave = to_float32(corpus.pcm(recording))
        own = [one for one in pieces(corpus, recordings) if one.recording == number]
        assert len(own) > 1
        heard = 0
        for piece in own:
            start = round(piece.start_seconds * rate_hz)
            assert start == heard - (overlap if heard else 0)
            assert np.array_equal(piece.wave, wave[start : start + step + overlap])
            heard = start + len(piece.wave)
        assert heard == len(wave)


def test_excerpts_are_as_long_as_asked_and_are_the_recordings(corpus: Corpus) -> None:
    recordings, seconds = corpus.recordings, 0.5
    cut = cut_evenly(corpus, recordings, seconds, 40)
    assert len(cut) == 40
    assert {one.recording for one in cut} == set(range(len(recordings)))
    assert len({(one.recording, one.start_seconds) for one in cut}) == 40
    for one in cut:
        start = round(one.start_seconds * corpus.rate_hz)
        wave = to_float32(corpus.pcm(recordings[one.recording]))
        assert len(one.wave) == round(seconds * corpus.rate_hz)
        assert np.array_equal(one.wave, wave[start : start + len(one.wave)])


def test_no_excerpt_is_longer_than_its_recording(corpus: Corpus) -> None:
    assert cut_evenly(corpus, corpus.recordings, 1000.0, 4) == []
