"""Stereo as scripts see it: librosa's shapes, from recordings to clips."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import soundfile

import reverie
from reverie.api.run import Run
from tests.api.making import SMALL_FRAMES
from tests.audio.making import music, wav
from tests.stereo import write_duets

RATE_HZ = 8000


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("stereo")
    write_duets(folder / "music", 4, 6.0, RATE_HZ)
    wav(folder / "music" / "mono.wav", music(6.0, rate_hz=RATE_HZ), rate_hz=RATE_HZ)
    corpus = reverie.prepare(
        folder / "music", folder / "corpus", rate_hz=RATE_HZ, channels=2, train_on=["mono.wav"]
    )
    assert corpus.channels == 2
    settings = {**SMALL_FRAMES, "frames.channels": "each"}
    return reverie.train(corpus, "paper", folder / "run", settings)


def test_clips_are_two_by_n(run: Run, tmp_path: Path) -> None:
    held = run.generate(seconds=1.2, count=2, temperature=0.5)
    written = run.generate(seconds=1.2, count=2, temperature=0.5, out=tmp_path / "clips")
    assert written.page is not None
    for one, other in zip(held, written, strict=True):
        assert one.samples.shape == other.samples.shape == (2, round(1.2 * RATE_HZ))
        assert (one.channels, one.seconds) == (2, 1.2)
        np.testing.assert_allclose(np.clip(one.samples, -1, 1), other.samples, atol=1 / 32000)
        assert other.path is not None
        read, _ = soundfile.read(other.path, dtype="float32")
        np.testing.assert_array_equal(read.T, other.samples)
        assert one.verdict.verdict is not None
        assert "<audio" in one.as_html()
    saved = held[0].save(tmp_path / "a.flac")
    again = reverie.Clip.open(saved)
    np.testing.assert_array_equal(again.samples, written[0].samples)


def test_a_stream_gives_blocks_of_two_by_n(run: Run, tmp_path: Path) -> None:
    stream = run.stream(temperature=0.5, block_frames=2)
    assert stream.channels == 2
    blocks = list(itertools.islice(stream, 20))
    assert {block.shape for block in blocks} == {(2, stream.block_samples)}
    heard = np.concatenate(blocks, axis=1)
    kept = stream.keep(0.5)
    np.testing.assert_array_equal(kept.samples, heard[:, -RATE_HZ // 2 :])
    on_disk = stream.keep(0.5, out=tmp_path / "kept")
    assert on_disk.path is not None
    read, _ = soundfile.read(on_disk.path, dtype="float32")
    np.testing.assert_allclose(read.T, np.clip(kept.samples, -1, 1), atol=1 / 32000)


def test_stereo_clips_are_evaluated(run: Run) -> None:
    clips = run.generate(seconds=1.2, count=2, temperature=0.5)
    found = reverie.evaluate({"mine": clips}, run.corpus)
    assert found.verdicts()["mine"]
