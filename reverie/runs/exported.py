"""What is refused of a run that was exported: such a folder comes from anywhere.

None of its files holds a program. Files that could are not read by Reverie, and are refused all the
same: whoever gives a model away with a pickle beside it means other programs to load that.
"""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from reverie.errors import ReverieError
from reverie.runs.files import CONFIG, CORPUS, Config, CorpusRecord
from reverie.runs.states import STATE, is_exported

PICKLES = frozenset(
    (".bin", ".ckpt", ".dill", ".joblib", ".npy", ".npz", ".pickle", ".pk", ".pkl", ".pt", ".pth")
)
"""Suffixes of files that Python's pickle may be in."""
_MADE_HERE = {"clips"}
"""What may be made in it later, and is checked when it is read."""
_AGAIN = "Get it again from where it is from, or have it exported again."


def check_exported(folder: Path, config: Config, about: CorpusRecord) -> None:
    """Refuse an exported run that holds what none of ours does; any other run passes.

    Args:
        folder: of the run.
        config: what its `config.json` says.
        about: what its `corpus.json` says.

    Raises:
        ReverieError: a file is a link or may be a pickle, a path leads out of a folder, or a part
            is missing.
    """
    if config.name is None and not is_exported(folder):
        return
    if config.name is None:
        raise ReverieError(f"{folder / CONFIG} is damaged: name is missing.", _AGAIN)
    if not is_exported(folder):
        raise ReverieError(f"{folder / STATE} is missing, so this is no whole model.", _AGAIN)
    for path in _files(folder):
        if path.is_symlink():
            raise ReverieError(
                f"{path} is a link, not a file of a model.",
                "Put the file itself there; hub clients do so when they are given a folder.",
            )
        if path.suffix.lower() in PICKLES:
            raise ReverieError(
                f"{path} may be a pickle, which can hold a program; a model of Reverie has none.",
                "Remove it if you trust the rest of the folder.",
            )
    if about.folder is not None or about.relative is not None:
        key = "folder" if about.folder is not None else "relative"
        raise ReverieError(
            f"{folder / CORPUS} is damaged: {key}: a model that was exported names no folder of a "
            "machine.",
            _AGAIN,
        )
    for number, recording in enumerate(about.recordings):
        if leads_out(recording.path):
            raise ReverieError(
                f"{folder / CORPUS} is damaged: recordings.{number}.path: {recording.path} leads "
                "out of its folder.",
                _AGAIN,
            )


def leads_out(path: str) -> bool:
    """Whether a path is absolute or climbs, as any system reads it."""
    kinds = (PurePosixPath(path), PureWindowsPath(path))
    return any(kind.anchor or ".." in kind.parts for kind in kinds)


def _files(folder: Path) -> Iterator[Path]:
    """Whatever lies in a folder and below, links not followed, but for hidden folders and clips."""
    for parent, folders, files in os.walk(folder):
        here = Path(parent)
        yield from (here / name for name in sorted([*folders, *files]))
        top = _MADE_HERE if here == folder else ()
        folders[:] = sorted(name for name in folders if name[0] != "." and name not in top)
