"""What lies beside clips is believed of the very sound alone, and never stops an evaluation."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from reverie.audio.provenance import HASH, sidecar_of
from reverie.cli.app import app
from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.evaluation.systems import Loaded, System, read_systems
from reverie.storage import file_sha256
from tests.audio.told import TOLD
from tests.conftest import RATE_HZ
from tests.music import random_melody, write_recordings
from tests.optional import hide_transcriber


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("systems")
    write_recordings(folder / "recordings", 5, 12.0, RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ)
    return prepare(folder / "recordings", folder / "corpus", settings, processes=1, quiet=True)


def save(path: Path, number: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, random_melody(number, RATE_HZ, 2.0), RATE_HZ, subtype="PCM_16")
    return path


def tell(sound: Path, corpus: Corpus, **changes: Any) -> None:
    told = TOLD | {
        HASH: file_sha256(sound),
        "corpus_hash": corpus.content_hash,
        "prompt": {
            "recording": corpus.of_split("held-out")[0].path,
            "offset_seconds": 1.5,
            "seconds": 2.0,
        },
    }
    sidecar_of(sound).write_text(json.dumps(told | changes))


def read(folder: Path, corpus: Corpus) -> tuple[System, Loaded]:
    (system,) = read_systems([folder], corpus)
    return system, system.clips[0]


def test_a_clip_of_ours_says_what_it_goes_on_from(music: Corpus, tmp_path: Path) -> None:
    tell(save(tmp_path / "001.wav"), music)
    system, clip = read(tmp_path, music)
    assert system.doubts == ()
    assert clip.hop_samples == 250
    assert clip.prompt is not None
    pcm = music.pcm(music.of_split("held-out")[0])[0][round(1.5 * RATE_HZ) : round(3.5 * RATE_HZ)]
    np.testing.assert_allclose(clip.prompt, pcm / 32768)


def test_an_exchanged_sound_is_not_what_the_provenance_tells_of(
    music: Corpus, tmp_path: Path
) -> None:
    tell(save(tmp_path / "001.wav"), music)
    save(tmp_path / "001.wav", 1)
    system, clip = read(tmp_path, music)
    assert (clip.prompt, clip.hop_samples) == (None, None)
    assert "describes another file than 001.wav" in system.doubts[0]


@pytest.mark.parametrize(
    "prompt",
    [
        {"recording": "not there.wav", "offset_seconds": 0.0, "seconds": 2.0},
        {"offset_seconds": 1e12},
        {"offset_seconds": 11.5, "seconds": 3.0},
        {"seconds": 0.5},
        {"recording": ""},
    ],
)
def test_a_seed_that_is_not_in_the_corpus_is_none(
    music: Corpus, tmp_path: Path, prompt: dict[str, Any]
) -> None:
    sound = save(tmp_path / "001.wav")
    whole = {"recording": music.of_split("held-out")[0].path, "offset_seconds": 0.0, "seconds": 2.0}
    tell(sound, music, prompt=whole | prompt)
    system, clip = read(tmp_path, music)
    assert clip.prompt is None
    assert clip.hop_samples == 250
    assert system.doubts == ()


def test_a_clip_of_another_corpus_has_no_seed_here(music: Corpus, tmp_path: Path) -> None:
    tell(save(tmp_path / "001.wav"), music, corpus_hash="another")
    _, clip = read(tmp_path, music)
    assert clip.prompt is None


@pytest.mark.parametrize("hop_samples", [10**30, 1, 2])
def test_any_frame_length_can_be_judged(
    music: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hop_samples: int
) -> None:
    hide_transcriber(monkeypatch)
    for number in range(2):
        tell(save(tmp_path / "a" / f"{number}.wav", number), music, hop_samples=hop_samples)
    words = ["evaluate", str(tmp_path / "a"), "--corpus", str(music.folder), "--quiet"]
    result = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output


def test_foreign_clips_are_judged_and_what_is_not_used_is_said(
    music: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide_transcriber(monkeypatch)
    folder = tmp_path / "foreign"
    beside = (b"{", b"[1, 2]", b'{"prompt": "piano"}', b"[" * 100_000, b'{"a": Infinity}', b"\xff")
    for number, content in enumerate(beside):
        sidecar_of(save(folder / f"{number}.wav", number)).write_bytes(content)
    os.mkfifo(sidecar_of(save(folder / "pipe.wav", 9)))
    os.mkfifo(folder / "sound.wav")
    save(folder / "plain.wav", 10)
    words = ["evaluate", str(folder), "--corpus", str(music.folder), "--quiet"]
    result = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    told = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert len(told["systems"][0]["clips"]) == len(beside) + 2
    assert f"foreign: not used: {folder / '0.json'} cannot be read" in result.stderr
    assert "(6 more beside its other clips)" in result.stderr
    assert "sound.wav cannot be judged" in result.stdout
