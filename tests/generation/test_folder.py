"""A folder of clips: each whole or not there, finished by the same call, nothing else replaced."""

import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reverie.audio.provenance import read_sidecar
from reverie.errors import ReverieError
from reverie.generation import clips
from reverie.generation.clips import generate, generate_missing
from reverie.runs.checkpoint import MODEL
from reverie.runs.run import Run
from reverie.storage import only_one
from tests.forking import ended, forked
from tests.generation.making import DRAWN, contents, times


@pytest.fixture(scope="module")
def three(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of clips, for tests that leave it as it is."""
    folder = tmp_path_factory.mktemp("three")
    generate(run, DRAWN, folder, quiet=True)
    return folder


def test_a_finished_call_is_not_made_again(run: Run, tmp_path: Path) -> None:
    first = generate(run, DRAWN, tmp_path / "clips", quiet=True)
    before = times(tmp_path / "clips")
    again = generate(run, DRAWN, tmp_path / "clips", quiet=True)
    assert times(tmp_path / "clips") == before
    assert [clip.generated for clip in again] == [False, False, False]
    assert [replace(clip, generated=True) for clip in again] == first


@pytest.mark.parametrize("lost", ["001", "002", "003"])
def test_the_same_call_makes_what_is_missing_to_the_byte(
    run: Run, tmp_path: Path, lost: str
) -> None:
    generate(run, DRAWN, tmp_path / "clips", quiet=True)
    whole, before = contents(tmp_path / "clips"), times(tmp_path / "clips")
    for path in (tmp_path / "clips").glob(f"{lost}.*"):
        path.unlink()
    again = generate(run, DRAWN, tmp_path / "clips", quiet=True)
    assert contents(tmp_path / "clips") == whole
    assert {clip.path.stem for clip in again if clip.generated} == {lost}
    after = times(tmp_path / "clips")
    assert {name for name in after if after[name] != before[name]} == {
        f"{lost}.json", f"{lost}.png", f"{lost}.wav"
    }  # fmt: skip


@pytest.mark.parametrize("damage", [b"", b"torn"])
def test_a_lost_or_torn_picture_is_drawn_again(run: Run, tmp_path: Path, damage: bytes) -> None:
    generate(run, DRAWN, tmp_path, quiet=True)
    whole, before = contents(tmp_path), times(tmp_path)
    if damage:
        (tmp_path / "002.png").write_bytes(damage)
    else:
        (tmp_path / "002.png").unlink()
    assert not any(clip.generated for clip in generate(run, DRAWN, tmp_path, quiet=True))
    assert contents(tmp_path) == whole
    after = times(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {"002.png"}


def test_pictures_may_be_left_out_and_come_later(run: Run, tmp_path: Path) -> None:
    generate(run, DRAWN, tmp_path, pictures=False, quiet=True)
    assert not list(tmp_path.glob("*.png"))
    sounds = times(tmp_path)
    generate(run, DRAWN, tmp_path, quiet=True)
    assert len(list(tmp_path.glob("*.png"))) == 3
    assert sounds.items() <= times(tmp_path).items()
    other = replace(DRAWN, seed=2)
    generate(run, other, tmp_path, overwrite=True, pictures=False, quiet=True)
    assert not list(tmp_path.glob("*.png"))  # they would be of other clips


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 2}, "seed = 1, not 2"),
        ({"count": 2}, "count = 3, not 2"),
        ({"seconds": 0.1}, "seconds = 0.2, not 0.1"),
        ({"temperature": 0.25}, "temperature = 0.5, not 0.25"),
        ({"checkpoint": "3"}, "checkpoint = epoch-00006, not epoch-00003"),
        ({"prompt": "training"}, "made with"),
        ({"format": "float-wav"}, "format = wav, not float-wav"),
    ],
)
def test_clips_of_other_settings_are_refused_by_name(
    run: Run, three: Path, changes: dict[str, Any], named: str
) -> None:
    before = contents(three)
    with pytest.raises(ReverieError, match=r"001.wav is there already") as refusal:
        generate(run, replace(DRAWN, **changes), three, quiet=True)
    assert named in str(refusal.value)
    assert "`overwrite=True`" in refusal.value.remedy
    assert contents(three) == before


def test_another_name_of_the_same_checkpoint_is_no_other_setting(run: Run, three: Path) -> None:
    assert run.find_checkpoint("latest") == run.find_checkpoint("6")
    again = generate(run, replace(DRAWN, checkpoint="6"), three, quiet=True)
    assert not any(clip.generated for clip in again)


def test_other_weights_under_the_same_name_are_other_clips(
    run: Run, three: Path, tmp_path: Path
) -> None:
    shutil.copytree(run.folder, tmp_path / "run")
    moved = Run.open(tmp_path / "run")
    assert not any(clip.generated for clip in generate(moved, DRAWN, three, quiet=True))
    with (moved.find_checkpoint() / MODEL).open("r+b") as file:
        file.seek(-4, 2)
        file.write(b"\0\0\0\0")
    with pytest.raises(ReverieError):  # a checkpoint that is checked says so itself
        generate(moved, DRAWN, three, quiet=True)


def test_overwriting_replaces_whatever_is_there(run: Run, tmp_path: Path) -> None:
    generate(run, DRAWN, tmp_path / "a", quiet=True)
    generate(run, replace(DRAWN, seed=9), tmp_path / "b", quiet=True)
    made = generate(run, DRAWN, tmp_path / "b", overwrite=True, quiet=True)
    assert all(clip.generated for clip in made)
    assert contents(tmp_path / "b") == contents(tmp_path / "a")
    before = times(tmp_path / "b")
    generate(run, DRAWN, tmp_path / "b", overwrite=True, quiet=True)
    assert all(value != before[name] for name, value in times(tmp_path / "b").items())


def test_missing_clips_are_made_in_place_of_others(run: Run, tmp_path: Path) -> None:
    generate(run, DRAWN, tmp_path, quiet=True)
    whole, before = contents(tmp_path), times(tmp_path)
    (tmp_path / "002.wav").write_bytes(b"another sound")
    paths = generate_missing(run, DRAWN, tmp_path, quiet=True)
    assert [path.name for path in paths] == ["001.wav", "002.wav", "003.wav"]
    assert contents(tmp_path) == whole
    assert times(tmp_path)["003.wav"] == before["003.wav"]
    assert times(tmp_path)["002.wav"] != before["002.wav"]
    (flac,) = generate_missing(run, replace(DRAWN, format="flac", count=1), tmp_path, quiet=True)
    assert flac.name == "001.flac"
    assert not (tmp_path / "001.wav").exists()


def test_a_number_has_one_format(run: Run, tmp_path: Path) -> None:
    """Two sounds of one stem would share a provenance and a picture."""
    generate(run, replace(DRAWN, count=1), tmp_path, quiet=True)
    before = contents(tmp_path)
    flac = replace(DRAWN, count=1, format="flac")
    with pytest.raises(ReverieError, match=r"001.wav is there already, .* another format"):
        generate(run, flac, tmp_path, quiet=True)
    assert contents(tmp_path) == before
    generate(run, flac, tmp_path, overwrite=True, quiet=True)
    assert sorted(contents(tmp_path)) == ["001.flac", "001.json", "001.png"]
    assert read_sidecar(tmp_path / "001.flac").provenance
    (again,) = generate(run, flac, tmp_path, quiet=True)
    assert not again.generated
    with pytest.raises(ReverieError, match=r"001.flac is there already"):
        generate(run, replace(DRAWN, count=1), tmp_path, quiet=True)
    generate(run, replace(DRAWN, count=1), tmp_path, overwrite=True, quiet=True)
    assert sorted(contents(tmp_path)) == ["001.json", "001.png", "001.wav"]


def test_two_at_once_do_not_mix(run: Run, tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(ReverieError, match="being written by another process"):
        generate(run, DRAWN, tmp_path, quiet=True)
    assert contents(tmp_path) == {}
    generate(run, DRAWN, tmp_path, quiet=True)


def test_a_killed_call_leaves_whole_clips_and_the_same_call_ends_it(
    run: Run, tmp_path: Path
) -> None:
    cut_off, whole = tmp_path / "cut off", tmp_path / "whole"
    publish = clips.publish

    def dies(stage: Path, sound: Path) -> None:
        if sound.name == "002.wav":
            os.kill(os.getpid(), signal.SIGKILL)
        publish(stage, sound)

    def work() -> None:
        clips.publish = dies
        generate(run, DRAWN, cut_off, quiet=True)

    assert ended(forked(work)) == -signal.SIGKILL
    litter = [path for path in cut_off.iterdir() if path.name.endswith(".partial")]
    assert [path.suffix for path in litter] == [".partial"]
    assert set(contents(cut_off)) == {"001.json", "001.png", "001.wav"}
    assert read_sidecar(cut_off / "001.wav").provenance
    made = [clip.generated for clip in generate(run, DRAWN, cut_off, quiet=True)]
    assert made == [False, True, True]
    assert not litter[0].exists()
    generate(run, DRAWN, whole, quiet=True)
    assert contents(cut_off) == contents(whole)


def test_what_is_not_ours_is_left_alone(run: Run, tmp_path: Path) -> None:
    one = replace(DRAWN, count=1)
    taken = {
        "001.wav": (b"my own recording", "nothing beside it says how it was made"),
        "001.mp3": (b"my own recording", "another format"),
        "001.json": (b'{"mine": true}', "not of Reverie"),
        "001.png": (b"my own picture", "not of Reverie"),
    }
    for at, (name, (content, why)) in enumerate(taken.items()):
        folder = tmp_path / str(at)
        folder.mkdir()
        (folder / name).write_bytes(content)
        with pytest.raises(ReverieError, match=why) as refusal:
            generate(run, one, folder, quiet=True)
        assert str(folder / name) in str(refusal.value)
        assert contents(folder) == {name: content}
    (tmp_path / "4").mkdir()
    (tmp_path / "4" / "002.wav").write_bytes(b"of no concern")
    generate(run, one, tmp_path / "4", quiet=True)


def test_a_pipe_in_place_of_a_picture_is_not_waited_for(run: Run, tmp_path: Path) -> None:
    generate(run, DRAWN, tmp_path, quiet=True)
    whole, picture = contents(tmp_path), tmp_path / "002.png"
    picture.unlink()
    os.mkfifo(picture)
    generate(run, DRAWN, tmp_path, quiet=True)
    assert picture.is_file()
    assert contents(tmp_path) == whole


def test_a_pipe_in_place_of_the_weights_is_not_waited_for(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run.folder, folder)
    copy = Run.open(folder)
    weights = copy.find_checkpoint("latest") / MODEL
    weights.unlink()
    os.mkfifo(weights)
    with pytest.raises(ReverieError, match="is a pipe, not a file of a run"):
        generate(copy, DRAWN, tmp_path / "clips", quiet=True)


def test_links_are_not_written_through(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.wav").write_bytes(b"my own recording")
    folder = tmp_path / "clips"
    folder.mkdir()
    (folder / "001.wav").symlink_to(tmp_path / "mine.wav")
    with pytest.raises(ReverieError, match="no plain file"):
        generate(run, replace(DRAWN, count=1), folder, quiet=True)
    generate(run, replace(DRAWN, count=1), folder, overwrite=True, quiet=True)
    assert not (folder / "001.wav").is_symlink()
    assert (tmp_path / "mine.wav").read_bytes() == b"my own recording"


def test_a_provenance_whose_sound_is_gone_is_replaced(run: Run, tmp_path: Path) -> None:
    generate(run, DRAWN, tmp_path, quiet=True)
    whole = contents(tmp_path)
    (tmp_path / "001.wav").unlink()  # as a crash may leave it, or somebody who liked it not
    (tmp_path / "002.wav").unlink()
    (tmp_path / "002.png").unlink()
    generate(run, DRAWN, tmp_path, quiet=True)
    assert contents(tmp_path) == whole


@pytest.mark.parametrize(
    "damage",
    [
        b"{",
        b"[]",
        b"null",
        b'{"audio_sha256": 5}',
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"made_by": NaN}',
        b"x" * (1 << 21),
    ],
)
def test_damaged_provenance_is_named(run: Run, tmp_path: Path, damage: bytes) -> None:
    one = replace(DRAWN, count=1)
    generate(run, one, tmp_path, quiet=True)
    whole = contents(tmp_path)
    (tmp_path / "001.json").write_bytes(damage)
    with pytest.raises(ReverieError, match=r"001.wav is there already, .*001.json"):
        generate(run, one, tmp_path, quiet=True)
    generate(run, one, tmp_path, overwrite=True, quiet=True)
    assert contents(tmp_path) == whole


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("prompt", {}),
        ("prompt", {"recording": 5, "offset_seconds": 0.0, "seconds": 1.0}),
        ("clipped_samples", -1),
        ("clipped_samples", "3"),
        ("epoch", None),
        ("made_by", 3),
        ("settings", []),
        ("settings", None),
        ("corpus_hash", {"a": 1}),
    ],
)
def test_provenance_of_a_wrong_type_is_named(
    run: Run, tmp_path: Path, key: str, value: object
) -> None:
    one = replace(DRAWN, count=1)
    generate(run, one, tmp_path, quiet=True)
    told = json.loads((tmp_path / "001.json").read_text())
    (tmp_path / "001.json").write_text(json.dumps(told | {key: value}))
    with pytest.raises(ReverieError, match=r"001.wav is there already"):
        generate(run, one, tmp_path, quiet=True)
