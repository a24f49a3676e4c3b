"""Clips cut into parts: what changes on the way shows from part to part."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

import reverie
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation import parts
from reverie.evaluation.parts import cut_into_parts
from reverie.evaluation.systems import Broken, Loaded, System
from tests.evaluation.conftest import RATE_HZ
from tests.music import random_melody


def waves(*seconds: float) -> System:
    clips = tuple(
        Loaded(f"{at}.wav", np.arange(round(length * RATE_HZ), dtype=np.float32), path=Path("x"))
        for at, length in enumerate(seconds)
    )
    return System("mine", clips, (Broken("2.wav", "empty"),), ("doubted",))


def test_parts_are_whole_and_in_order() -> None:
    found = cut_into_parts(waves(65, 30), 20, RATE_HZ)
    assert [part.name for part in found] == [
        "mine, 0:00.0 to 0:20.0",
        "mine, 0:20.0 to 0:40.0",
        "mine, 0:40.0 to 1:00.0",
    ]
    names = [[clip.name for clip in part.clips] for part in found]
    assert names[0] == ["0.wav 0:00.0", "0.wav 0:10.0", "1.wav 0:00.0", "1.wav 0:10.0"]
    # The shorter clip ends within the second part.
    assert names[1:] == [["0.wav 0:20.0", "0.wav 0:30.0"], ["0.wav 0:40.0", "0.wav 0:50.0"]]
    assert [clip.wave[0] / RATE_HZ for clip in found[2].clips] == [40, 50]
    assert {len(clip.wave) for part in found for clip in part.clips} == {10 * RATE_HZ}
    assert all(clip.path is None for part in found for clip in part.clips)
    assert [len(part.broken) + len(part.doubts) for part in found] == [2, 0, 0]


def test_a_short_part_is_one_clip() -> None:
    found = cut_into_parts(waves(3.5), 1.5, RATE_HZ)
    assert [len(clip.wave) for part in found for clip in part.clips] == [12000, 12000]


def test_parts_longer_than_every_clip_are_refused() -> None:
    with pytest.raises(ReverieError, match=r"no clip of mine is 66 s long. Choose shorter parts"):
        cut_into_parts(waves(65, 30), 66, RATE_HZ)


@pytest.mark.usefixtures("no_transcriber")
def test_a_clip_that_fades_is_softer_from_part_to_part(
    music: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also beyond two minutes, where a clip is not judged as a whole."""
    monkeypatch.setattr(parts, "STRETCH_SECONDS", 5.0)
    fading = np.concatenate(
        [gain * random_melody(at, RATE_HZ, 50.0) for at, gain in enumerate((1.0, 0.5, 0.25))]
    )
    soundfile.write(tmp_path / "long.wav", fading, RATE_HZ)
    found = reverie.evaluate(tmp_path, music.folder, part_seconds=50, copying=False)
    levels = [one.figures["level"].value for one in found.figures.systems]
    assert np.diff(levels) == pytest.approx([-6, -6], abs=1.5)
    assert all(len(one.clips) == 10 for one in found.figures.systems)
    assert all(one.distances["mfcc"].mmd for one in found.figures.systems)
