"""Notes: the model hears a scale, the decoder counts, histograms are compared."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.evaluation.measures.notes import (
    KEYS,
    LOWEST_MIDI,
    Note,
    Transcriber,
    decode_notes,
    histogram_distance,
    model_path,
    note_figures,
)

MODEL = model_path()
RATE_HZ = 16000


@pytest.mark.skipif(MODEL is None, reason="basic-pitch is not installed")
def test_a_scale_is_heard() -> None:
    assert MODEL is not None
    scale = (60, 62, 64, 65, 67, 69, 71, 72)
    time = np.arange(RATE_HZ // 2) / RATE_HZ
    wave = np.concatenate(
        [
            sum(
                np.sin(2 * np.pi * harmonic * 440 * 2 ** ((midi - 69) / 12) * time) / harmonic
                for harmonic in range(1, 5)
            )
            * np.exp(-3 * time)
            for midi in scale
        ]
    )
    found = Transcriber(MODEL).notes((0.2 * wave).astype(np.float32), RATE_HZ)
    heard = [note.midi for note in found]
    assert len(set(scale) & set(heard)) >= 7
    starts = {note.midi: note.start_seconds for note in found}
    assert starts[67] == pytest.approx(2.0, abs=0.08)
    figures = note_figures(found, len(wave) / RATE_HZ)
    assert figures.onsets_per_second == pytest.approx(2.0, abs=0.8)


@pytest.mark.skipif(MODEL is None, reason="basic-pitch is not installed")
def test_silence_has_no_notes() -> None:
    assert MODEL is not None
    assert Transcriber(MODEL).notes(np.zeros(RATE_HZ, np.float32), RATE_HZ) == []


def test_a_note_lasts_while_it_sounds() -> None:
    sounding = np.zeros((200, KEYS), np.float32)
    onsets = np.zeros((200, KEYS), np.float32)
    onsets[10, 39], sounding[10:60, 39] = 0.9, 0.8
    onsets[100, 39], sounding[100:105, 39] = 0.9, 0.8  # Too short to be one.
    onsets[120, 50], sounding[120:200, 50] = 0.9, 0.8
    onsets[150, 50] = 0.7
    found = decode_notes(sounding, onsets)
    assert [note.midi for note in found] == [39 + LOWEST_MIDI, 50 + LOWEST_MIDI, 50 + LOWEST_MIDI]
    assert found[0].seconds == pytest.approx(50 * 256 / 22050)
    assert found[1].seconds == pytest.approx(30 * 256 / 22050)


def test_figures_of_a_phrase() -> None:
    chord = [Note(60, 0.0, 1.0), Note(64, 0.01, 1.0), Note(67, 0.02, 1.0)]
    found = note_figures([*chord, Note(72, 1.0, 0.5), Note(48, 1.5, 0.5)], 2.0)
    assert found.notes_per_second == 2.5
    assert found.onsets_per_second == 1.5
    assert found.pitch_classes[0] == pytest.approx(2.0)
    assert found.intervals[12 + 5] == 1
    assert found.intervals[0] == 1  # Two octaves down count as one.
    assert found.polyphony == pytest.approx(2.0, abs=0.05)
    assert note_figures([], 2.0).polyphony == 0.0


@given(
    st.lists(st.floats(0, 10), min_size=12, max_size=12),
    st.lists(st.floats(0, 10), min_size=12, max_size=12),
)
def test_histogram_distance_is_a_distance(a: list[float], b: list[float]) -> None:
    one, other = np.array(a), np.array(b)
    found = histogram_distance(one, other)
    assert 0 <= found <= 1 + 1e-9
    assert found == pytest.approx(histogram_distance(other, one), abs=1e-9)
    assert histogram_distance(one, 3 * one) == pytest.approx(0, abs=1e-6)


def test_nothing_in_common_is_one() -> None:
    a, b = np.eye(12)[0], np.eye(12)[5]
    assert histogram_distance(a, b) == pytest.approx(1.0)
    assert histogram_distance(a, np.zeros(12)) == 1.0
    assert histogram_distance(np.zeros(12), np.zeros(12)) == 0.0
