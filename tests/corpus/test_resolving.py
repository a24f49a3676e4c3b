"""What the settings of a corpus leave open is as it was before, or by the recordings."""

import json
from pathlib import Path
from typing import Any

import pytest

from reverie.corpus.corpus import Corpus
from reverie.corpus.manifest import MANIFEST
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from tests.audio.making import music, wav


def make(recordings: Path, out: Path, **changes: Any) -> Corpus:
    return prepare(recordings, out, PrepareSettings(**changes), processes=1, quiet=True)


def write(folder: Path, rates_hz: tuple[int, ...], first: int = 0) -> None:
    folder.mkdir(exist_ok=True)
    for number, rate_hz in enumerate(rates_hz, first):
        wav(folder / f"{number}.wav", music(2.5, seed=number, rate_hz=rate_hz), rate_hz=rate_hz)


@pytest.mark.parametrize(
    ("rates_hz", "wanted_hz"),
    [
        ((8000, 11025), 16000),
        ((22050, 22050), 22050),
        ((8000, 48000), 44100),
        ((8000, 24000, 48000), 22050),
        ((96000, 192000), 44100),
        ((32000, 32000, 8000), 32000),
    ],
)
def test_a_new_corpus_has_the_rate_of_half_of_the_recordings(
    tmp_path: Path, rates_hz: tuple[int, ...], wanted_hz: int
) -> None:
    write(tmp_path / "in", rates_hz)
    (tmp_path / "in" / "broken.wav").write_bytes(b"RIFF")
    corpus = make(tmp_path / "in", tmp_path / "out")
    assert corpus.rate_hz == corpus.settings["rate_hz"] == wanted_hz


def test_a_corpus_that_grows_keeps_its_rate_and_its_channels(tmp_path: Path) -> None:
    write(tmp_path / "in", (8000, 16000))
    before = make(tmp_path / "in", tmp_path / "out", channels=1)
    write(tmp_path / "in", (48000,) * 3, first=2)
    after = make(tmp_path / "in", tmp_path / "out")
    assert (before.rate_hz, after.rate_hz, len(after.recordings)) == (16000, 16000, 5)
    assert after.settings["channels"] == 1
    assert make(tmp_path / "in", tmp_path / "out", rate_hz=44100).rate_hz == 44100


def test_a_corpus_that_says_nothing_of_channels_is_mono(tmp_path: Path) -> None:
    write(tmp_path / "in", (8000, 16000))
    make(tmp_path / "in", tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / MANIFEST).read_text())
    del manifest["settings"]["channels"]
    (tmp_path / "out" / MANIFEST).write_text(json.dumps(manifest))
    assert make(tmp_path / "in", tmp_path / "out").settings["channels"] == 1


def test_a_folder_of_nothing_readable_is_refused_as_before(tmp_path: Path) -> None:
    from reverie.corpus.nothing_usable import NothingUsable

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "broken.wav").write_bytes(b"RIFF")
    with pytest.raises(NothingUsable):
        make(tmp_path / "in", tmp_path / "out")
