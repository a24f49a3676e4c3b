"""Embeddings: their shape, what they hear, and musicnn's forward pass against its own program."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.errors import ReverieError
from reverie.evaluation.distances.embedding import MfccStatistics, windows
from reverie.evaluation.distances.musicnn import TAGS, WEIGHTS, Musicnn
from reverie.evaluation.measures.mel import RATE_HZ, mel_power
from tests.music import random_melody


def signal() -> NDArray[np.float32]:
    """What the stored tags were made of: a chirp, a chord and noise, the same on any machine."""
    time = np.arange(6 * RATE_HZ) / RATE_HZ
    chord = sum(np.sin(2 * np.pi * f * time) * np.exp(-(time % 0.5) * 4) for f in (220, 277, 330))
    chirp = np.sin(2 * np.pi * (300 * time + 150 * time**2))
    noise = np.random.Generator(np.random.PCG64(7)).standard_normal(len(time))
    return (0.15 * chord + 0.1 * chirp + 0.01 * noise).astype(np.float32)


@pytest.mark.parametrize("seconds", [1.0, 3.0, 10.0, 31.7])
def test_a_row_for_each_three_seconds(seconds: float) -> None:
    rows = MfccStatistics().embed(random_melody(1, RATE_HZ, seconds))["mfcc"]
    assert rows.shape == (max(round(seconds / 3), 1), 60)
    assert np.isfinite(rows).all()


def test_windows_cover_the_clip() -> None:
    columns = np.arange(400, dtype=np.float32)[:, None]
    cut = windows(columns)
    assert cut[0, 0] == 0
    assert cut[-1, -1] == 399


def test_silence_is_embedded() -> None:
    rows = MfccStatistics().embed(np.zeros(2 * RATE_HZ, np.float32))["mfcc"]
    assert np.isfinite(rows).all()


def test_mel_bands_follow_pitch() -> None:
    time = np.arange(RATE_HZ) / RATE_HZ
    low, high = (
        mel_power(np.sin(2 * np.pi * f * time).astype(np.float32), 40).mean(axis=0).argmax()
        for f in (200, 3000)
    )
    assert low < 6
    assert high > 20


def test_tags_equal_those_of_the_original_program() -> None:
    stored = json.loads(Path(__file__).with_name("musicnn_tags.json").read_text())
    network = Musicnn()
    found = network.tags(network.embed(signal())["musicnn"])
    assert found.shape == (2, len(TAGS))
    np.testing.assert_allclose(found, np.array(stored["tags"]), atol=2e-5)


def test_musicnn_embeds() -> None:
    found = Musicnn().embed(random_melody(1, RATE_HZ, 10.0))
    assert found["musicnn"].shape == (3, 200)
    assert found["musicnn-pooled"].shape == (3, 1506)
    assert np.isfinite(found["musicnn-pooled"]).all()


def test_damaged_or_missing_weights_are_refused(tmp_path: Path) -> None:
    content, copy = WEIGHTS.read_bytes(), tmp_path / "copy.safetensors"
    with pytest.raises(ReverieError, match="cannot be read"):
        Musicnn(copy)
    flipped = content[:-1] + bytes([content[-1] ^ 1])
    for damaged in (b"", content[:5000], flipped):
        copy.write_bytes(damaged)
        with pytest.raises(ReverieError, match="is damaged"):
            Musicnn(copy)
