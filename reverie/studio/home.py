"""The folder of a studio: names from the network to real paths, and nothing outside.

A thing in the folder is named by its path relative to the folder, with `/`. A thing in a folder
that the user added is named by its whole path. Hidden files and folders have no names.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path, PurePath, PurePosixPath

from reverie.errors import ReverieError
from reverie.records import read_json
from reverie.storage import own_folder, write_json
from reverie.studio.problems import Problem, missing
from reverie.terminal import printable

STATE = ".reverie-studio"
"""The folder in which the studio keeps what it knows."""
LONGEST_NAME = 1024
_REMEDY = "Choose something in the studio's folder, or add the folder it lies in."


class Home:
    """The folder of a studio, and the folders that were added to it by name.

    Args:
        folder: of the studio; made if it is missing.

    Raises:
        ReverieError: it is no folder, or cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve(strict=True)
        self.state = own_folder(self.folder / STATE)
        self._file = self.state / "folders.json"
        self.added: tuple[Path, ...] = tuple(self._read())

    def path(self, name: str) -> Path:
        """Return the real path of a thing, which need not be there.

        Raises:
            Problem: the name leads out of the folders of the studio, or is of something hidden.
        """
        if len(name) > LONGEST_NAME or not name.isprintable():
            raise Problem(400, "That is no name of a file.", _REMEDY)
        given = PurePosixPath(name)
        hidden = Problem(403, f"{printable(name)} is hidden, or leads elsewhere.", _REMEDY)
        if ".." in given.parts or (not given.is_absolute() and _is_hidden(given)):
            raise hidden
        try:
            real = (self.folder / name).resolve()
        except (OSError, RuntimeError):  # links in a circle
            raise hidden from None
        root = next((root for root in self.roots if real == root or root in real.parents), None)
        if root is None:
            raise Problem(403, f"{printable(name)} is not in the studio's folders.", _REMEDY)
        if _is_hidden(real.relative_to(root)):  # a link may lead there
            raise hidden
        return real

    def existing(self, name: str) -> Path:
        """Return the path of a file or folder that is there.

        Raises:
            Problem: as `path`, or there is no such thing.
        """
        return self._found(name, "file", Path.exists)

    def file(self, name: str) -> Path:
        """Return the path of a file that is there.

        Raises:
            Problem: as `path`, or there is no such file.
        """
        return self._found(name, "file", Path.is_file)

    def directory(self, name: str) -> Path:
        """Return the path of a folder that is there.

        Raises:
            Problem: as `path`, or there is no such folder.
        """
        return self._found(name, "folder", Path.is_dir)

    def _found(self, name: str, kind: str, is_there: Callable[[Path], bool]) -> Path:
        path = self.path(name)
        if not is_there(path):
            raise missing(name, kind)
        return path

    def name(self, path: Path) -> str:
        """Return the name of a path in the folders of the studio; `.` is the folder itself."""
        try:
            return path.relative_to(self.folder).as_posix()
        except ValueError:
            return path.as_posix()

    @property
    def roots(self) -> tuple[Path, ...]:
        """The studio's folder and those that were added."""
        return (self.folder, *self.added)

    def add(self, folder: str) -> Path:
        """Add a folder of this machine by its whole path.

        Raises:
            Problem: it is no folder.
        """
        path = Path(os.path.expanduser(folder))  # noqa: PTH111 -- an unknown user is no error
        if not folder.isprintable() or not path.is_absolute() or not path.is_dir():
            raise Problem(404, f"{printable(folder)} is no folder.", "Give its whole path.")
        real = path.resolve()
        if real == Path(real.anchor):
            raise Problem(403, f"{real} is the whole machine.", "Add the folder you need.")
        if not any(real == root or root in real.parents for root in self.roots):
            self._keep([*self.added, real])
        return real

    def forget(self, folder: str) -> None:
        """Remove a folder that was added; its files stay."""
        self._keep(path for path in self.added if str(path) != folder)

    def _keep(self, folders: Iterable[Path]) -> None:
        self.added = tuple(folders)
        write_json(self._file, [str(folder) for folder in self.added])

    def _read(self) -> list[Path]:
        try:
            read: object = read_json(self._file, "the added folders")
        except ReverieError:
            return []
        found = [Path(str(one)) for one in read] if isinstance(read, list) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return [path for path in found if path.is_dir()]


def _is_hidden(path: PurePath) -> bool:
    return any(part.startswith(".") for part in path.parts)
