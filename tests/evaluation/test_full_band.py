"""`reverie evaluate` of stereo at 44.1 kHz: what the mono mix does not have is reported."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

import reverie
from reverie.audio.channels import mixed
from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.evaluation.evaluate import evaluate
from reverie.evaluation.figures import Evaluation, SystemFigures
from reverie.evaluation.reports.page import write_evaluation
from reverie.evaluation.systems import System, read_systems
from tests.browser import visit
from tests.stereo import duet

RATE_HZ, SECONDS, CLIPS = 44100, 2.0, 3
ROWS = (
    "Stereo width",
    "Correlation of left and right",
    "Stereo drift",
    "Third octave of 16 kHz, dB",
)

pytestmark = pytest.mark.usefixtures("no_transcriber")


def bright(seconds: float, seed: int) -> NDArray[np.float32]:
    """Two tunes, with hiss of its own on either side: float32 [S, 2]."""
    hiss = np.random.default_rng(seed).standard_normal((round(seconds * RATE_HZ), 2))
    return (duet(seconds, RATE_HZ, seed) + 0.01 * hiss).astype(np.float32)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Five recordings of 16 seconds, one of them held out."""
    folder = tmp_path_factory.mktemp("stereo")
    (folder / "recordings").mkdir()
    for number in range(5):
        path = folder / "recordings" / f"{number}.wav"
        soundfile.write(path, bright(16.0, number), RATE_HZ, subtype="PCM_16")
    settings = PrepareSettings(rate_hz=RATE_HZ, channels=2)
    return prepare(folder / "recordings", folder / "corpus", settings, processes=1, quiet=True)


@pytest.fixture(scope="module")
def systems(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> list[System]:
    """Music like the corpus's, the same in mono, at 16 kHz, and silence."""
    folder = tmp_path_factory.mktemp("clips")
    names = ("real", "mono", "dull", "silence")
    for name in names:
        (folder / name).mkdir()
    for at in range(CLIPS):
        music = bright(SECONDS, 10 + at)
        dull = soxr.resample(music, RATE_HZ, 16000)
        soundfile.write(folder / "real" / f"{at}.wav", music, RATE_HZ)
        soundfile.write(folder / "mono" / f"{at}.wav", mixed(music.T), RATE_HZ)
        soundfile.write(folder / "dull" / f"{at}.wav", dull, 16000)
        soundfile.write(folder / "silence" / f"{at}.wav", 0 * music, RATE_HZ)
    return read_systems([folder / name for name in names], corpus)


@pytest.fixture(scope="module")
def found(corpus: Corpus, systems: list[System]) -> Evaluation:
    return evaluate(systems, corpus, copying=False, quiet=True)


def named(found: Evaluation, name: str) -> SystemFigures:
    return next(one for one in [*found.systems, *found.references] if one.name == name)


def test_clips_are_measured_as_held_out_music_is(found: Evaluation) -> None:
    real, music = named(found, "real"), named(found, "real music")
    for key in ("width", "correlation", "third_octave_16_khz"):
        assert real.figures[key].value == pytest.approx(music.figures[key].value, rel=0.2, abs=0.2)
    assert music.figures["width"].value == pytest.approx(0.5, abs=0.1)
    assert music.figures["width"].low is not None
    assert real.third_octaves is not None
    assert real.third_octaves.largest is not None
    assert real.third_octaves.largest.value < 5
    assert [*real.third_octaves.by_band] == ["10 kHz", "12.5 kHz", "16 kHz"]


def test_what_is_lost_shows(found: Evaluation) -> None:
    mono, dull = named(found, "mono"), named(found, "dull")
    assert mono.figures["width"].value == 0
    assert mono.figures["correlation"].value == 1
    assert mono.figures["stereo_drift"].value == 0
    # One channel of two unlike ones has half the power, of hiss as of notes.
    assert mono.third_octaves is not None
    assert mono.third_octaves.largest is not None
    assert mono.third_octaves.largest.value < 5
    assert dull.figures["width"].value == pytest.approx(0.5, abs=0.1)
    assert dull.third_octaves is not None
    assert dull.third_octaves.largest is not None
    assert dull.third_octaves.largest.value > 40
    assert all(one.value < -40 for one in dull.third_octaves.by_band.values())


def test_of_silence_nothing_is_said(found: Evaluation) -> None:
    known = next(one for one in found.references if one.kind == "silence")
    for silent in (named(found, "silence"), known):
        assert silent.third_octaves is None
        assert not {"width", "correlation", "stereo_drift"} & set(silent.figures)
    loop, music = named(found, "a second, looped"), named(found, "real music")
    assert loop.figures["width"].value == pytest.approx(music.figures["width"].value, abs=0.1)


def test_all_else_is_of_the_mono_mix(found: Evaluation) -> None:
    real, mono = named(found, "real"), named(found, "mono")
    for one, other in zip(real.clips, mono.clips, strict=True):
        assert one.health.rms_dbfs == pytest.approx(other.health.rms_dbfs, abs=0.01)
        assert one.structure.pulse == pytest.approx(other.structure.pulse, abs=0.01)
    deciding = [one.distances["musicnn"].mmd for one in (real, mono)]
    assert deciding[0] is not None
    assert deciding[1] is not None
    assert deciding[0].value == pytest.approx(deciding[1].value, abs=0.1)


def test_the_report_shows_it(
    found: Evaluation, systems: list[System], corpus: Corpus, tmp_path: Path
) -> None:
    page = write_evaluation(found, systems, corpus, tmp_path)
    with visit(page, "light", 1200) as seen:
        text = seen.page.locator("main").inner_text()
    for row in (*ROWS, "Difference above 8 kHz, dB", "Difference at 12.5 kHz, dB"):
        assert row in text
    assert "what lies above 8 kHz and how the left channel differs from the right" in text
    told = json.loads((tmp_path / "evaluation.json").read_text())
    mono = told["systems"][1]
    assert [clip["full_band"]["width"] for clip in mono["clips"]] == [0.0] * CLIPS
    assert set(mono["third_octaves"]["largest"]) == {"value", "low", "high"}


def test_clips_in_memory_and_parts_of_clips_are_measured(corpus: Corpus) -> None:
    wide, narrow = bright(1.5, 20), bright(1.5, 21).mean(axis=1, keepdims=True).repeat(2, axis=1)
    samples = np.concatenate([wide, narrow]).T.astype(np.float32)
    clip = reverie.Clip(lambda: samples, RATE_HZ, None)
    whole = reverie.evaluate([clip], corpus.folder, copying=False).figures.systems[0]
    parts = reverie.evaluate([clip], corpus.folder, copying=False, part_seconds=1.5).figures.systems
    widths = [one.figures["width"].value for one in (whole, *parts)]
    assert widths[1] == pytest.approx(0.5, abs=0.1)
    assert widths[2] == pytest.approx(0, abs=0.01)
    # The mix of two unlike channels has half their power.
    assert widths[0] == pytest.approx(1 / 3, abs=0.1)
    assert whole.figures["stereo_drift"].value == pytest.approx(0.5, abs=0.1)


def test_a_stereo_corpus_at_a_low_rate_has_width_alone(tmp_path: Path) -> None:
    rate_hz = 16000
    for folder, count in (("recordings", 5), ("clips", 2)):
        (tmp_path / folder).mkdir()
        for at in range(count):
            sound = duet(10.0 if count == 5 else 2.0, rate_hz, at + count)
            soundfile.write(tmp_path / folder / f"{at}.wav", sound, rate_hz)
    settings = PrepareSettings(rate_hz=rate_hz, channels=2)
    out = tmp_path / "corpus"
    prepare(tmp_path / "recordings", out, settings, processes=1, quiet=True)
    found = reverie.evaluate(tmp_path / "clips", out, copying=False)
    rows = [row[0] for row in found.table().rows]
    assert "Stereo width" in rows
    assert not [row for row in rows if "kHz" in row]
    text = found.write(tmp_path / "judged").read_text()
    assert "how the left channel differs from the right has rows of its own" in text


def test_a_mono_corpus_at_16_khz_is_reported_as_before(music: Corpus, tmp_path: Path) -> None:
    """Stereo clips at a high rate too: the corpus says what counts."""
    soundfile.write(tmp_path / "a.wav", bright(2.0, 1), RATE_HZ)
    soundfile.write(tmp_path / "b.wav", bright(2.0, 2), RATE_HZ)
    found = reverie.evaluate([tmp_path / "a.wav", tmp_path / "b.wav"], music.folder, copying=False)
    rows = [row[0] for row in found.table().rows]
    assert not [row for row in rows if row in ROWS or "kHz" in row]
    told = found.as_dict()["systems"][0]
    assert [clip["full_band"] for clip in told["clips"]] == [None, None]
    assert told["third_octaves"] is None
    text = found.write(tmp_path / "judged").read_text()
    assert "Everything is measured at 16 kHz: what lies above 8 kHz is not judged." in text
    assert "kHz, dB" not in text
