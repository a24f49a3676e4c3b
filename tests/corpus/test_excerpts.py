"""Excerpts are as long as asked, and are what the recordings hold there."""

import numpy as np

from reverie.audio.pcm import to_float32
from reverie.corpus.corpus import Corpus
from reverie.corpus.excerpts import cut_evenly


def test_excerpts_are_as_long_as_asked_and_are_the_recordings(corpus: Corpus) -> None:
    recordings, seconds = corpus.recordings, 0.5
    cut = cut_evenly(corpus, recordings, seconds, 40)
    assert len(cut) == 40
    assert {one.recording for one in cut} == set(range(len(recordings)))
    assert len({(one.recording, one.start_seconds) for one in cut}) == 40
    for one in cut:
        start = round(one.start_seconds * corpus.rate_hz)
        wave = to_float32(corpus.pcm(recordings[one.recording])[0])
        assert len(one.wave) == round(seconds * corpus.rate_hz)
        assert np.array_equal(one.wave, wave[start : start + len(one.wave)])


def test_no_excerpt_is_longer_than_its_recording(corpus: Corpus) -> None:
    assert cut_evenly(corpus, corpus.recordings, 1000.0, 4) == []
