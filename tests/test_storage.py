"""Files are whole or not there, plain, and left by nobody who is gone."""

import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reverie.errors import ReverieError
from reverie.storage import (
    beside,
    clear_disk_errors,
    file_sha256,
    only_one,
    open_plain,
    own_folder,
    read_plain,
    replacing,
    require_plain,
    sweep,
    write_json,
    write_text,
)


def link(path: Path) -> None:
    target = path.with_name("target")
    target.write_bytes(b"theirs")
    path.symlink_to(target)


SPECIAL: dict[str, tuple[Callable[[Path], None], str]] = {
    "link": (link, "is a link"),
    "dangling": (lambda path: path.symlink_to("nowhere"), "is a link"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "is a link"),
    "pipe": (os.mkfifo, "is a pipe"),
    "folder": (Path.mkdir, "is a folder"),
}


@pytest.mark.parametrize("kind", SPECIAL)
def test_only_plain_files_are_opened(tmp_path: Path, kind: str) -> None:
    make, said = SPECIAL[kind]
    path = tmp_path / "file"
    make(path)
    for refusing in (
        lambda: read_plain(path, "a record", 10),
        lambda: require_plain(path),
        lambda: open_plain(path, "ab"),
        lambda: open_plain(path, "r+b"),
    ):
        with pytest.raises(ReverieError, match=said) as caught:
            refusing()
        assert str(path) in str(caught.value)
    if kind == "link":
        assert (tmp_path / "target").read_bytes() == b"theirs"
    assert not (tmp_path / "nowhere").exists()


def test_plain_files_are_opened(tmp_path: Path) -> None:
    path = tmp_path / "file"
    require_plain(path)
    for piece in (b"one", b"two"):
        with open_plain(path, "ab") as file:
            file.write(piece)
    require_plain(path)
    assert read_plain(path, "a record", 6) == b"onetwo"
    with open_plain(path, "r+b") as file:
        assert file.read() == b"onetwo"


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(ReverieError, match="file is missing, so this is not a record"):
        read_plain(path, "a record", 10)
    path.write_bytes(bytes(11))
    with pytest.raises(ReverieError, match="holds 11 bytes"):
        read_plain(path, "a record", 10)
    with pytest.raises(ReverieError, match="is missing, so this is not a record"):
        read_plain(path / "below", "a record", 10)


def test_files_of_others_are_hashed_through_links_and_never_waited_for(tmp_path: Path) -> None:
    file, link, pipe = tmp_path / "file", tmp_path / "link", tmp_path / "pipe"
    file.write_bytes(b"abc")
    link.symlink_to(file)
    os.mkfifo(pipe)
    assert file_sha256(file) == file_sha256(link) == hashlib.sha256(b"abc").hexdigest()
    for other in (pipe, tmp_path, Path(os.devnull), tmp_path / "missing"):
        with pytest.raises(OSError, match=r"(?i)not a file|no such file"):
            file_sha256(other)


@pytest.mark.parametrize("name", [".", "/"])
def test_what_has_no_name_cannot_be_written(name: str) -> None:
    with pytest.raises(ReverieError, match="is a folder"):
        write_text(Path(name), "text")


def test_own_folders_are_made_and_are_no_links(tmp_path: Path) -> None:
    assert own_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert own_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with pytest.raises(ReverieError, match="link is a link"):
        own_folder(tmp_path / "link")
    (tmp_path / "file").touch()
    with pytest.raises(ReverieError, match=r"cannot write .*file: file exists"):
        own_folder(tmp_path / "file")


def test_a_file_is_replaced_whole_or_left(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    write_text(path, "é \udce9")
    assert path.read_bytes() == b"\xc3\xa9 \\udce9"
    for error in (ValueError("broke"), KeyboardInterrupt()):
        with pytest.raises(type(error)), replacing(path) as temporary:
            temporary.write_bytes(b"half")
            raise error
    assert path.read_bytes() == b"\xc3\xa9 \\udce9"
    assert [one.name for one in path.parent.iterdir()] == ["file"]
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, float("nan"))
    assert path.read_bytes() == b"\xc3\xa9 \\udce9"


def test_a_folder_is_there_whole_or_not(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.mkdir()
        (temporary / "half").touch()
        raise RuntimeError
    assert not [*tmp_path.iterdir()]
    with replacing(path) as temporary:
        temporary.mkdir()
        (temporary / "all").touch()
    assert [one.name for one in path.iterdir()] == ["all"]


def test_a_planted_link_is_not_written_through(tmp_path: Path) -> None:
    path, target = tmp_path / "file", tmp_path / "target"
    target.write_text("theirs")
    for place in (path, beside(path)):
        place.symlink_to(target)
    write_text(path, "ours")
    assert target.read_text() == "theirs"
    assert path.read_text() == "ours"
    assert not path.is_symlink()


def test_a_refusal_of_the_system_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ReverieError, match=r"cannot write .*file/below: (not a directory|file ex)"):
        write_text(tmp_path / "file" / "below", "")
    full = r"cannot write x: no space left on device\. Free some"
    with pytest.raises(ReverieError, match=full), clear_disk_errors(Path("x")):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(ReverieError, match="cannot write x: odd"), clear_disk_errors(Path("x")):
        raise OSError("Odd")


def left_by_somebody_gone(folder: Path, name: str) -> Path:
    """A temporary file whose process has ended."""
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        check=True,
        text=True,
    )
    path = folder / f".{name}.{ended.stdout.strip()}.partial"
    path.touch()
    return path


def test_litter_of_the_dead_is_swept_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    dead = [left_by_somebody_gone(tmp_path, "a"), left_by_somebody_gone(tmp_path / "below", "b")]
    folder = left_by_somebody_gone(tmp_path, "c")
    folder.unlink()
    folder.mkdir()
    (folder / "inside").touch()
    alive = beside(tmp_path / "mine")
    alive.touch()
    others = [tmp_path / ".x.partial", tmp_path / "x.12.partial", tmp_path / ".x.12.part"]
    for path in others:
        path.touch()
    sweep(tmp_path)
    assert not any(path.exists() for path in [*dead, folder])
    assert all(path.exists() for path in [alive, *others])


def test_a_number_that_another_process_has_now(tmp_path: Path) -> None:
    """A process begun after a file was cannot be the one that writes it, whatever its number."""
    path = tmp_path / "file"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        old = path.with_name(f".old.{child.pid}.partial")
        new = path.with_name(f".new.{child.pid}.partial")
        new.touch()
        old.touch()
        os.utime(old, (1e9, 1e9))
        sweep(tmp_path)
        assert new.exists()
        assert not old.exists()
        child.communicate(b"\n")
    sweep(tmp_path)
    assert not new.exists()


def test_one_process_holds_a_folder_and_sweeps_it(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    with (
        only_one(folder),
        pytest.raises(ReverieError, match="written by another"),
        only_one(folder),
    ):
        pass
    litter = left_by_somebody_gone(folder, "a")
    with only_one(folder):
        assert not litter.exists()
    (folder / ".lock").unlink()
    (folder / ".lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ReverieError, match="is a link"), only_one(folder):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_limit_on_a_files_size_is_not_taken_from_memory(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"short")
    assert read_plain(path, "a record", 1 << 60) == b"short"


@pytest.mark.parametrize("path", [Path(), Path("/")])
def test_a_file_without_a_name_is_refused(path: Path) -> None:
    with pytest.raises(ReverieError, match="is a folder"):
        write_text(path, "")
