"""Several clips: named apart, into a folder or a zip, whole or not there, never over others."""

import json
import os
import tracemalloc
import zipfile
from pathlib import Path

import mutagen.wave
import numpy as np
import pytest
import soundfile

from reverie.audio.writing.formats import Format
from reverie.audio.writing.writer import AudioWriter
from reverie.errors import ReverieError
from reverie.saving.clip import ClipOnDisk, Takeable
from reverie.saving.selection import clips_in, names_of, save_all, save_to_file
from reverie.saving.settings import SaveSettings
from tests.saving.making import clip


def named(*paths: Path) -> list[tuple[Takeable, str]]:
    return [(ClipOnDisk(path), name) for path, name in zip(paths, names_of(paths), strict=True)]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_of_clips(tmp_path: Path) -> None:
    clips = [clip(tmp_path / "a" / "001.wav", 1.0), clip(tmp_path / "b" / "001.wav", 1.0)]
    saved = save_all(named(*clips), tmp_path / "out", SaveSettings("flac"), quiet=True)
    assert names_in(tmp_path / "out") == ["a-001.flac", "a-001.json", "b-001.flac", "b-001.json"]
    assert [one.path.name for one in saved] == ["a-001.flac", "b-001.flac"]


def test_nothing_is_ever_replaced(tmp_path: Path) -> None:
    clips = [clip(tmp_path / f"{number}.wav", 1.0) for number in range(3)]
    out = tmp_path / "out"
    out.mkdir()
    for taken in ("1.mp3", "1.json"):
        (out / taken).write_text("mine")
        with pytest.raises(ReverieError, match=rf"{taken} is there already"):
            save_all(named(*clips), out, SaveSettings("mp3"), quiet=True)
        assert names_in(out) == [taken]
        (out / taken).unlink()
    (out / "2.png").write_text("mine")
    with pytest.raises(ReverieError, match=r"2\.png is there already"):
        save_all(named(*clips), out, SaveSettings("mp3", picture=True), quiet=True)
    assert names_in(out) == ["2.png"]
    (tmp_path / "a.zip").write_text("mine")
    with pytest.raises(ReverieError, match=r"a\.zip is there already"):
        save_all(named(*clips), tmp_path / "a.zip", SaveSettings(), quiet=True)
    assert (tmp_path / "a.zip").read_text() == "mine"
    with pytest.raises(ReverieError, match=r"0\.wav is there already"):
        save_to_file(ClipOnDisk(clips[1]), clips[0], SaveSettings())


def test_replacing_takes_what_belonged_to_the_clip_and_nothing_else(tmp_path: Path) -> None:
    source = ClipOnDisk(clip(tmp_path / "clips" / "1.wav", 1.0))
    out = tmp_path / "a.wav"
    save_to_file(source, out, SaveSettings(picture=True))
    save_to_file(source, out, SaveSettings(), overwrite=True)
    assert names_in(tmp_path) == ["a.json", "a.wav", "clips"]
    out.unlink()
    with pytest.raises(ReverieError, match=r"a\.json is there already"):
        save_to_file(source, out, SaveSettings(), overwrite=True)
    (tmp_path / "a.json").unlink()
    for name in ("a.wav", "a.png"):
        (tmp_path / name).write_text("of another program")
    save_to_file(source, out, SaveSettings(), overwrite=True)
    assert names_in(tmp_path) == ["a.json", "a.png", "a.wav", "clips"]


@pytest.mark.parametrize("format_", ["wav16", "mp3"])
def test_a_zip_holds_each_clip_and_how_it_was_made(tmp_path: Path, format_: Format) -> None:
    clips = [clip(tmp_path / f"00{number}.wav", 1.0) for number in range(2)]
    for name in ("one.zip", "two.zip"):
        saved = save_all(named(*clips), tmp_path / name, SaveSettings(format_), quiet=True)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert saved[0].path.parent == tmp_path / "two.zip"
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.testzip() is None
        assert sorted(Path(name).suffix for name in archive.namelist()) == sorted(
            [saved[0].path.suffix, ".json"] * 2
        )
        archive.extractall(tmp_path / "out")
    sound = tmp_path / "out" / saved[0].path.name
    tags = mutagen.File(sound)
    assert tags is not None
    assert str(tags["TXXX:REVERIE_SEED"]) == "7"
    told = json.loads(sound.with_suffix(".json").read_text())
    assert told["checkpoint_sha256"] == "ab" * 32
    assert not list(tmp_path.glob(".*"))


def test_a_zip_that_fails_is_not_there(tmp_path: Path) -> None:
    good = clip(tmp_path / "good.wav", 1.0)
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF")
    with pytest.raises(ReverieError, match=r"bad\.wav cannot be read"):
        save_all(named(good, bad), tmp_path / "a.zip", SaveSettings(), quiet=True)
    assert names_in(tmp_path) == ["bad.wav", "good.json", "good.wav"]
    with pytest.raises(ReverieError, match=r"bad\.wav cannot be read"):
        save_all(named(good, bad), tmp_path / "out", SaveSettings(), quiet=True)
    assert names_in(tmp_path / "out") == ["good.json", "good.wav"]


def test_names_of_any_bytes_and_of_any_system(tmp_path: Path) -> None:
    odd = os.fsdecode(b"caf\xe9 \n:*?.wav")
    saved = save_all(
        named(clip(tmp_path / odd, 1.0)), tmp_path / "out", SaveSettings("opus"), quiet=True
    )
    assert soundfile.info(os.fsencode(saved[0].path)).frames == 16000
    assert saved[0].path.stem == Path(odd).stem
    save_all(named(tmp_path / odd), tmp_path / "a.zip", SaveSettings("flac"), quiet=True)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        (sound, _) = sorted(archive.namelist(), key=len)[::-1]
        assert not set(sound) & set('<>:"/\\|?*\n')
        assert archive.testzip() is None


def test_names_tell_clips_apart() -> None:
    paths = [Path("/x/A/clips/001.wav"), Path("/x/B/clips/001.wav"), Path("/x/B/clips/002.wav")]
    assert names_of(paths) == ["A-clips-001", "B-clips-001", "B-clips-002"]
    assert names_of([Path("/x/a.wav"), Path("/y/A.wav")]) == ["x-a", "y-A"]
    assert names_of([]) == []
    for twice in (["/x/a.wav", "/x/a.wav"], ["/x/a.wav", "/x/a.flac"]):
        with pytest.raises(ReverieError, match="given twice"):
            names_of([Path(name) for name in twice])


def test_a_folder_stands_for_its_clips(tmp_path: Path) -> None:
    clips = [clip(tmp_path / "clips" / f"{number}.wav", 0.5) for number in range(2)]
    assert clips_in(tmp_path / "clips") == clips
    assert clips_in(clips[0]) == [clips[0]]
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.json").write_text('{"format": "reverie-run"}')
    (tmp_path / "clips").rename(run / "clips")
    assert [path.name for path in clips_in(run)] == ["0.wav", "1.wav"]
    (tmp_path / "empty").mkdir()
    for wrong, said in (("empty", "holds no clips"), ("gone", "does not exist")):
        with pytest.raises(ReverieError, match=said):
            clips_in(tmp_path / wrong)


def test_memory_does_not_grow_with_a_zip(tmp_path: Path) -> None:
    with AudioWriter(tmp_path / "a.wav", 8000) as writer:
        for _ in range(200):
            writer.write(np.zeros((1, 8000), np.float32))
    peaks: list[int] = []
    for count in (1, 6):
        clips = [(ClipOnDisk(tmp_path / "a.wav"), f"{number}") for number in range(count)]
        tracemalloc.start()
        save_all(clips, tmp_path / f"{count}.zip", SaveSettings("wav32f"), quiet=True)  # pyright: ignore
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Five more clips are 32 MB.
    assert peaks[1] < peaks[0] + 2e6
