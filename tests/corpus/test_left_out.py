"""What lies among recordings and is no music to learn from: own clips, trash, older versions."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from reverie.audio.reading.tags import id3_bytes
from reverie.audio.tags import tags_of
from reverie.audio.writing.formats import FORMATS, Format, suffix_of
from reverie.audio.writing.writer import AudioWriter
from reverie.corpus.discover import Discovery, discover
from reverie.corpus.nothing_usable import NothingUsable
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.corpus.summary import lines
from tests.audio.making import music, wav
from tests.audio.told import made


def search(folder: Path) -> Discovery:
    return discover(folder, folder / "corpus")


def used(folder: Path) -> list[str]:
    return [one.path for one in search(folder).files]


def left_out(folder: Path) -> dict[str, str]:
    return {one.name: one.what for one in search(folder).left_out}


def sound(path: Path, content: bytes = b"sound") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def clip(path: Path, content: bytes = b"clip", **more: object) -> Path:
    sound(path, content)
    told = {"made_by": "reverie 0.1.0", "audio_sha256": hashlib.sha256(content).hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(told | more))
    return path


@pytest.mark.parametrize(
    "name",
    """.Trash .Trash-1000 .Trashes $RECYCLE.BIN $Recycle.Bin RECYCLER #recycle @Recycle .stversions
    .git .svn .hg .snapshot .snapshots #snapshot @eaDir .AppleDouble __MACOSX .Spotlight-V100
    lost+found .dropbox.cache .sync .cache Backups.backupdb""".split(),  # noqa: SIM905
)
def test_trash_versions_and_hidden_folders(tmp_path: Path, name: str) -> None:
    sound(tmp_path / "a.wav")
    sound(tmp_path / "deep" / name / "files" / "deleted.wav")
    assert used(tmp_path) == ["a.wav"]
    assert list(left_out(tmp_path)) == [f"deep/{name}"]


@pytest.mark.parametrize("name", ["Trash", "git", "versions", "Recycled Percussion", "snapshot"])
def test_names_that_only_look_like_it_are_searched(tmp_path: Path, name: str) -> None:
    sound(tmp_path / name / "a.wav")
    assert used(tmp_path) == [f"{name}/a.wav"]


def test_hidden_files_are_left_out_and_a_hidden_folder_that_is_asked_for_is_searched(
    tmp_path: Path,
) -> None:
    root = tmp_path / ".music"
    sound(root / "a.wav")
    sound(root / "._a.wav")
    sound(root / ".b.wav")
    sound(root / ".DS_Store")
    found = search(root)
    assert [one.path for one in found.files] == ["a.wav"]
    assert [one.name for one in found.left_out] == ["._a.wav", ".b.wav"]
    assert found.ignored == {"": 1}
    assert [one.path for one in discover(root / ".b.wav", tmp_path / "c").files] == [".b.wav"]


def test_clips_are_known_by_their_provenance(tmp_path: Path) -> None:
    clip(tmp_path / "001.wav")
    clip(tmp_path / "002.flac", b"other")
    clip(tmp_path / "changed.wav", b"before").write_bytes(b"after")
    clip(tmp_path / "elsewhere" / "003.wav", b"third")
    (tmp_path / "link.wav").symlink_to(tmp_path / "elsewhere" / "003.wav")
    sound(tmp_path / "music.wav")
    # Provenance of another sound of the same stem, of another program, of a person's trim.
    clip(tmp_path / "song.wav", b"of the clip")
    sound(tmp_path / "song.mp3", b"a recording")
    for name, told in {
        "other": {"made_by": "another program", "audio_sha256": "0"},
        "trimmed": {"audio_sha256": "0", "trim": {"of": "x.wav"}},
        "list": ["made_by"],
        "deep": "[" * 100_000,
    }.items():
        sound(tmp_path / f"{name}.wav")
        text = told if isinstance(told, str) else json.dumps(told)
        (tmp_path / f"{name}.json").write_text(text)
    sound(tmp_path / "pipe.wav")
    os.mkfifo(tmp_path / "pipe.json")
    assert used(tmp_path) == [
        "deep.wav", "list.wav", "music.wav", "other.wav", "pipe.wav", "song.mp3", "trimmed.wav",
    ]  # fmt: skip
    assert list(left_out(tmp_path)) == [
        "001.wav", "002.flac", "changed.wav", "elsewhere/003.wav", "link.wav", "song.wav",
    ]  # fmt: skip


def tagged(path: Path, format_: Format = "wav16") -> Path:
    """A clip without the JSON beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with AudioWriter(path, 16000, format_, tags=tags_of(made())) as writer:
        writer.write(music(2.0, rate_hz=16000).T)
    return path


def test_clips_are_known_by_their_tags_without_anything_beside_them(tmp_path: Path) -> None:
    for format_ in FORMATS:
        tagged(tmp_path / f"my own {format_}{suffix_of(format_)}", format_)
    wav(tmp_path / "music.wav", music(1.0))
    assert used(tmp_path) == ["music.wav"]
    assert len(left_out(tmp_path)) == len(FORMATS)
    # What was read as it is now is not read once more.
    known = discover(tmp_path, tmp_path / "corpus", lambda _: True)
    assert len(known.files) == 1 + len(FORMATS)


def test_tags_that_lie_deep_in_a_file_are_read_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    covered = tagged(folder / "covered.mp3", "mp3")
    content = covered.read_bytes()
    end = id3_bytes(content[:10])
    # A cover of 100 KB before the texts, and one after them.
    picture = b"\0image/png\0\x03\0" + bytes(100_000)
    cover = b"APIC" + len(picture).to_bytes(4, "big") + bytes(2) + picture
    frames = cover + content[10:end] + cover
    size = bytes(len(frames) >> shift & 0x7F for shift in (21, 14, 7, 0))
    covered.write_bytes(content[:6] + size + frames + content[end:])
    for number in range(2):
        wav(folder / f"{number}.wav", music(3.0, seed=number, rate_hz=16000), rate_hz=16000)
    assert used(folder) == ["0.wav", "1.wav", "covered.mp3"]
    for _ in range(2):
        corpus = prepare(folder, tmp_path / "corpus", PrepareSettings(), processes=1, quiet=True)
        assert [one.path for one in corpus.recordings] == ["0.wav", "1.wav"]
        assert [(one.path, one.reason) for one in corpus.refused] == [
            ("covered.mp3", "a clip made by Reverie, as its tags say")
        ]


@pytest.mark.parametrize(
    ("name", "told", "what"),
    [
        ("config.json", {"format": "reverie-run"}, "a run"),
        ("experiment.json", {"format": "reverie-experiment"}, "an experiment"),
        ("test.json", {"format": "reverie-listening-test"}, "a listening test"),
        ("manifest.json", {"format": "reverie-corpus"}, "a corpus"),
    ],
)
def test_folders_of_ours(tmp_path: Path, name: str, told: dict[str, str], what: str) -> None:
    ours = tmp_path / "in" / "ours"
    sound(ours / "stimuli" / "a.wav")
    sound(tmp_path / "in" / "music.wav")
    (ours / name).write_text(json.dumps(told))
    assert used(tmp_path) == ["in/music.wav"]
    assert left_out(tmp_path) == {"in/ours": f"{what} of Reverie"}
    assert left_out(ours) == {".": f"{what} of Reverie"}
    with pytest.raises(NothingUsable, match=f"is {what} of Reverie, not a folder of recordings"):
        prepare(ours, tmp_path / "corpus", PrepareSettings(), quiet=True)
    # The same name in a folder of another program means nothing.
    (ours / name).write_text(json.dumps({"format": "another", "version": 3}))
    assert used(tmp_path) == ["in/music.wav", "in/ours/stimuli/a.wav"]


def test_a_demo_is_known_by_what_it_holds_and_by_nothing_else(tmp_path: Path) -> None:
    sound(tmp_path / "demo" / "recordings" / "a.wav")
    (tmp_path / "demo" / "corpus").mkdir()
    (tmp_path / "demo" / "timings.json").write_text("{}")
    assert left_out(tmp_path) == {"demo": "a demo of Reverie"}
    sound(tmp_path / "demo" / "mine.wav")
    assert used(tmp_path) == ["demo/mine.wav", "demo/recordings/a.wav"]


def test_copies_of_clips_are_known_by_their_sound_and_all_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        wav(folder / f"{number}.wav", music(3.0, seed=number, rate_hz=16000), rate_hz=16000)
    made = (folder / "2.wav").read_bytes()
    run = folder / "run"
    clip(run / "clips" / "epoch-00001" / "001.wav", made)
    (run / "config.json").write_text(json.dumps({"format": "reverie-run"}))
    (folder / "2.wav").rename(folder / "favourite.wav")
    clip(folder / "002.wav", b"anything")
    sound(folder / "notes.TXT")
    sound(folder / "cover.jpg")
    sound(folder / "back.jpg")

    corpus = prepare(folder, tmp_path / "corpus", PrepareSettings(), processes=1, quiet=True)
    assert [one.path for one in corpus.recordings] == ["0.wav", "1.wav"]
    said = lines(corpus)
    assert "3 left out:" in said
    assert "  002.wav, favourite.wav: a clip made by Reverie" in said
    assert "  run: a run of Reverie" in said
    ignored = "4 other files ignored: not recordings by their names (2 .jpg, 1 .json, 1 .txt)."
    assert ignored in said
    # Its provenance gone, nothing tells what it is.
    shutil.rmtree(run)
    corpus = prepare(folder, tmp_path / "corpus", PrepareSettings(), processes=1, quiet=True)
    assert [one.path for one in corpus.recordings] == ["0.wav", "1.wav", "favourite.wav"]
