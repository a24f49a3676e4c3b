"""Provenance is believed of the very sound it is of; nothing beside a sound gives a traceback."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.audio.provenance import HASH, Sidecar, read_sidecar, sidecar_of, write_sidecar
from reverie.storage import file_sha256
from tests.audio.told import TOLD


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "001.wav"
    path.write_bytes(b"a sound")
    return path


def tell(sound: Path, **changes: Any) -> None:
    told = TOLD | {HASH: file_sha256(sound)} | changes
    sidecar_of(sound).write_text(json.dumps(told))


def test_it_is_believed_of_its_sound(sound: Path) -> None:
    tell(sound)
    found = read_sidecar(sound)
    assert not found.doubt
    made = found.provenance
    assert made
    assert made.settings == {"anything": [1, 2]}
    assert (made.epoch, made.hop_samples, made.corpus_hash) == (3, 250, "c")
    assert (made.prompt.recording, made.prompt.offset_seconds, made.prompt.seconds) == (
        "a.wav",
        1.5,
        2,
    )


def test_nothing_there_is_no_doubt(sound: Path) -> None:
    assert read_sidecar(sound) == Sidecar()


def test_it_is_not_believed_of_another_sound(sound: Path) -> None:
    tell(sound)
    sound.write_bytes(b"another")
    found = read_sidecar(sound)
    assert found == Sidecar(doubt=found.doubt)
    assert "describes another file than 001.wav" in found.doubt
    flac = sound.with_suffix(".flac")
    flac.write_bytes(b"a sound")
    assert read_sidecar(flac).provenance


TRIM: dict[str, Any] = {
    "of": "001.wav",
    "of_sha256": "0",
    "how": "by hand",
    "start_seconds": 1.0,
    "end_seconds": 4,
    "cut_seconds": 2.5,
}


def test_what_another_made_is_kept_without_provenance(sound: Path) -> None:
    """A trim of a sound of one's own says what was cut, and of no model."""
    sidecar_of(sound).write_text(json.dumps({HASH: file_sha256(sound), "trim": TRIM}))
    found = read_sidecar(sound)
    assert found.trim
    assert found.trim.how == "by hand"
    assert found.provenance is None
    assert not found.doubt


def test_what_is_read_is_written_again(sound: Path) -> None:
    """So a trim carries on what it was told, other versions' words and names of any bytes too."""
    name = os.fsdecode(b"caf\xe9.wav")
    prompt = {"recording": name, "offset_seconds": 0.5, "seconds": 1.0}
    prompt |= {"silence_seconds": 0.0, "samples_sha256": "s"}
    changes = {"prompt": prompt, "lacks": "level", "settings": {"prompt": name, "most": None}}
    tell(sound, **changes, run_name="piano", later="version", trim=TRIM | {"before": TRIM})
    told = json.loads(sidecar_of(sound).read_text())
    write_sidecar(sound, read_sidecar(sound))
    assert json.loads(sidecar_of(sound).read_text()) == told
    sound.write_bytes(b"another")
    write_sidecar(sound, Sidecar())
    assert json.loads(sidecar_of(sound).read_text()) == {HASH: file_sha256(sound)}


@pytest.mark.parametrize(
    "changes",
    [
        {"made_by": "another program"},
        {"made_by": None},
        {"epoch": -1},
        {"epoch": 1.5},
        {"epoch": "3"},
        {"epoch": True},
        {"hop_samples": 0},
        {"corpus_hash": 3},
        {"prompt": None},
        {"prompt": []},
        {"prompt": {"recording": "a", "offset_seconds": -1.0, "seconds": 1.0}},
        {"prompt": {"recording": "a", "offset_seconds": 1e999, "seconds": 1.0}},
        {"prompt": {"recording": "a", "offset_seconds": 1.0}},
        {"settings": []},
        {"rate_hz": 0},
        {"trim": None},
        {"trim": {"how": "by hand"}},
        {"trim": TRIM | {"how": "by magic"}},
    ],
)
def test_wrong_values_are_doubted(sound: Path, changes: dict[str, Any]) -> None:
    tell(sound, **changes)
    sidecar_of(sound).write_text(sidecar_of(sound).read_text().replace("Infinity", "1e999"))
    found = read_sidecar(sound)
    assert found == Sidecar(doubt=found.doubt)
    assert "001.json" in found.doubt


def test_names_that_are_not_utf8_are_kept(sound: Path) -> None:
    name = os.fsdecode(b"caf\xe9.wav")
    tell(sound, prompt={"recording": name, "offset_seconds": 0.0, "seconds": 1.0})
    made = read_sidecar(sound).provenance
    assert made
    assert made.prompt.recording == name


def test_pipes_folders_and_links_are_doubted(sound: Path, tmp_path: Path) -> None:
    told = sidecar_of(sound)
    os.mkfifo(told)
    assert "a pipe" in read_sidecar(sound).doubt
    told.unlink()
    told.mkdir()
    assert read_sidecar(sound).doubt
    told.rmdir()
    told.symlink_to(tmp_path / "nowhere")
    assert "a link" in read_sidecar(sound).doubt


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(key=st.sampled_from([*TOLD, HASH]), value=JSON)
def test_no_value_gives_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: object
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any value"
    folder.mkdir(exist_ok=True)
    sound = folder / "001.wav"
    sound.write_bytes(b"a sound")
    tell(sound, **{key: value})
    found = read_sidecar(sound)
    assert found.provenance is None or not found.doubt


@given(content=st.binary(max_size=100))
def test_no_bytes_give_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any bytes"
    folder.mkdir(exist_ok=True)
    (folder / "001.wav").write_bytes(b"a sound")
    (folder / "001.json").write_bytes(content)
    assert read_sidecar(folder / "001.wav").doubt
