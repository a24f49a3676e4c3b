"""Two trims to one name at once: one is refused, or comes after the other, whole."""

import json
import os
import select
from pathlib import Path

import pytest
import soundfile

from reverie.audio.provenance import HASH, read_sidecar, sidecar_of
from reverie.errors import ReverieError
from reverie.generation import trim
from reverie.generation.trim import trim_clip
from reverie.storage import file_sha256
from tests.forking import ended, forked
from tests.generation.test_trim import clip


def test_a_faster_trim_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, out, copy = clip(tmp_path / "a.wav"), tmp_path / "b.wav", trim.copy_part

    def faster() -> None:
        monkeypatch.setattr(trim, "copy_part", copy)
        trim_clip(one, out, 1.0, 2.0, overwrite=False)

    def slow(*arguments: object) -> None:
        assert ended(forked(faster)) == 0
        copy(*arguments)  # pyright: ignore

    monkeypatch.setattr(trim, "copy_part", slow)
    with pytest.raises(ReverieError, match=r"b.wav is there already"):
        trim_clip(one, out, 1.0, 4.0, overwrite=False)
    assert soundfile.info(out).duration == 1.0
    told = read_sidecar(out).trim
    assert told
    assert told.end_seconds == 2.0


def test_sound_and_provenance_stay_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, out = clip(tmp_path / "a.wav"), tmp_path / "b.wav"
    begun, begins = os.pipe()
    done, does = os.pipe()
    replace = Path.replace

    def pausing(path: Path, target: Path) -> Path:
        moved = replace(path, target)
        if target == sidecar_of(out):
            os.write(begins, b"1")
            select.select([done], [], [], 1)  # until the other is through, if it does not wait
        return moved

    def first() -> None:
        monkeypatch.setattr(Path, "replace", pausing)
        trim_clip(one, out, 1.0, 2.0)

    child = forked(first)
    assert os.read(begun, 1) == b"1"
    trim_clip(one, out, 1.0, 4.0)
    os.write(does, b"1")
    assert ended(child) == 0
    assert soundfile.info(out).duration == 3.0
    assert json.loads(sidecar_of(out).read_text())[HASH] == file_sha256(out)
    for end in (begun, begins, done, does):
        os.close(end)
