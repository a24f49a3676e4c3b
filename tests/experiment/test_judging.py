"""Judging an experiment's clips: once for the same clips, and never silently not at all."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from reverie.api import experiment as scripted
from reverie.audio.pcm import to_int16
from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.experiment.judging import Judgement, judge_models
from reverie.experiment.protocol import Experiment
from tests.cli.test_errors import reverie
from tests.conftest import RATE_HZ
from tests.music import random_melody, write_recordings


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("judged")
    write_recordings(folder / "recordings", 5, 12.0, RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ)
    return prepare(folder / "recordings", folder / "corpus", settings, processes=1, quiet=True)


@pytest.fixture
def clips(tmp_path: Path) -> dict[str, Path]:
    """Two models' clips, of two seconds."""
    found: dict[str, Path] = {}
    for at, model in enumerate(("gruv", "conv")):
        found[model] = tmp_path / "clips" / model
        found[model].mkdir(parents=True)
        for number in range(2):
            wave = to_int16(random_melody(10 * at + number, RATE_HZ, 2.0))
            soundfile.write(found[model] / f"00{number}.wav", wave, RATE_HZ)
    return found


def test_the_same_clips_are_judged_once(
    music: Corpus, clips: dict[str, Path], tmp_path: Path
) -> None:
    figures = tmp_path / "evaluation" / "evaluation.json"

    def judged_again(seed: int = 0) -> bool:
        before = figures.stat().st_mtime_ns
        found = judge_models(tmp_path, music, clips, seed, quiet=True)
        assert not found.why_not
        assert set(found.models) == {"gruv", "conv"}
        return figures.stat().st_mtime_ns != before

    first = judge_models(tmp_path, music, clips, 0, quiet=True)
    assert first.models["gruv"].clips == 2
    assert not judged_again()
    assert judge_models(tmp_path, music, clips, 0, quiet=True) == first
    soundfile.write(clips["conv"] / "000.wav", np.zeros(2 * RATE_HZ), RATE_HZ)  # exchanged
    assert judged_again()
    assert not judged_again()
    assert judged_again(seed=1)
    shutil.copy(clips["gruv"] / "000.wav", clips["gruv"] / "002.wav")
    assert judged_again(seed=1)
    figures.write_text(figures.read_text().replace("0.", "1.", 1))  # touched by another hand
    assert judged_again(seed=1)
    (tmp_path / "evaluation" / "asked.json").write_text("[]")
    assert judged_again(seed=1)


def test_clips_of_any_format_are_judged(
    music: Corpus, clips: dict[str, Path], tmp_path: Path
) -> None:
    for path in clips["gruv"].glob("*.wav"):
        soundfile.write(path.with_suffix(".flac"), *soundfile.read(path, dtype="int16"))
        path.unlink()
    found = judge_models(tmp_path, music, clips, 0, quiet=True)
    assert found.models["gruv"].clips == 2


def test_too_little_held_out_music_is_a_reason_and_no_fault(
    corpus: Corpus, clips: dict[str, Path], tmp_path: Path
) -> None:
    found = judge_models(tmp_path, corpus, clips, 0, quiet=True)
    assert not found.models
    assert "holds out less than four excerpts of 2 s" in found.why_not
    assert not found.failed


def test_any_other_reason_is_a_fault(music: Corpus, clips: dict[str, Path], tmp_path: Path) -> None:
    assert not judge_models(tmp_path, music, {}, 0, quiet=True).why_not
    shutil.rmtree(clips["conv"])
    gone = judge_models(tmp_path, music, clips, 0, quiet=True)
    assert gone.failed
    assert "conv is not a folder of clips" in gone.why_not
    for path in clips["gruv"].iterdir():
        path.write_bytes(b"no sound")
    broken = judge_models(tmp_path, music, {"gruv": clips["gruv"]}, 0, quiet=True)
    assert broken.failed
    assert "none of the 2 clips can be judged" in broken.why_not


@pytest.mark.parametrize("failed", [True, False])
def test_why_nothing_was_judged_is_in_the_report_and_a_fault_in_the_exit_status(
    ten: Path, done: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failed: bool
) -> None:
    shutil.copytree(done.folder, tmp_path / "e")
    judged = Judgement(why_not="the clips are all gone.", failed=failed)
    found = dataclasses.replace(done, folder=tmp_path / "e", judged=judged)
    monkeypatch.setattr(scripted, "run", lambda *_, **__: found)
    ended = reverie("experiment", "paper", ten, "--out", tmp_path / "e", "--quiet")
    assert ended.returncode == (2 if failed else 0), ended.stderr
    assert ("are not judged: the clips are all gone" in ended.stderr) == failed
    for name in ("report.md", "report.html"):
        assert "the clips are all gone." in (tmp_path / "e" / name).read_text()
