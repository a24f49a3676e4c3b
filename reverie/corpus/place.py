"""Check that a corpus goes into a folder of its own and does not replace another corpus."""

import os
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from reverie.corpus.discover import Found
from reverie.corpus.journal import NAME as JOURNAL
from reverie.corpus.journal import Entry
from reverie.corpus.manifest import MANIFEST, TABLES, read_manifest
from reverie.corpus.music import Music
from reverie.corpus.ours import folder_of_ours
from reverie.corpus.sample import SAMPLES
from reverie.corpus.shards import FOLDER as SHARDS
from reverie.corpus.shards import require_plain_shards
from reverie.errors import ReverieError
from reverie.launch import require_alone
from reverie.similarity.compared import FILE as COMPARED
from reverie.storage import PARTIAL, require_plain

LOCK, TEMPORARY = ".lock", ".analysing-"
PORTIONS = "portions"
"""The folder of what the nodes of a cluster are preparing, within a corpus."""
_BEGUN = {JOURNAL, LOCK, SHARDS, COMPARED, PORTIONS}
"""Files that an interrupted preparation may leave."""


class AnotherCorpusError(ReverieError):
    """The folder holds a corpus of other recordings."""


def check_place(recordings: Path | None, out: Path) -> None:
    """Refuse to put the corpus `out` among other files, or around its own recordings.

    Args:
        recordings: the folder, or one recording; None where they lie at an URL.
        out: the corpus.

    Raises:
        ReverieError: `out` is a file, holds other files, or contains the recordings; or this is one
            of several processes that were started together.
    """
    require_alone(f"prepare {recordings}")
    remedy = "Choose a new folder for the corpus."
    if not os.path.lexists(out):
        return
    if not out.is_dir():
        raise ReverieError(f"{out} is a file.", "Choose a folder for the corpus.")
    whole = None if recordings is None else recordings.resolve()
    if whole == out.resolve():
        raise ReverieError(f"{out} is the folder of recordings itself.", remedy)
    if whole is not None and out.resolve() in whole.parents:
        raise ReverieError(f"{out} contains the recordings.", remedy)
    names = [entry.name for entry in out.iterdir()]
    kind = folder_of_ours(out, names)
    if kind and not kind.startswith("a corpus"):
        raise ReverieError(f"{out} is {kind}.", remedy)
    strange = [name for name in names if not _is_of_one_begun(name)]
    # A damaged manifest counts as a corpus's if a journal lies beside it.
    damaged = MANIFEST in strange and JOURNAL in names
    if strange and not kind and not damaged:
        raise ReverieError(f"{out} holds other files and is not a corpus.", remedy)
    for name in (MANIFEST, JOURNAL, LOCK):
        require_plain(out / name, "a file of a corpus")
    require_plain_shards(out)


def check_same(music: Music, out: Path, files: Sequence[Found], entries: Iterable[Entry]) -> None:
    """Refuse to update the corpus `out` from recordings that are not its own.

    They are its own if they lie in the same folder as before, or if they include more than half of
    its recordings, since folders are moved.

    Args:
        music: the recordings.
        out: the corpus.
        files: found among them.
        entries: the corpus's entry of each of its files.

    Raises:
        AnotherCorpusError: they are not its own.
        ReverieError: a newer Reverie made the corpus.
    """
    source = _source(out)
    if source is not None and music.is_same(source):
        return
    known = {entry.source_hash: entry for entry in entries if entry.source_hash}
    if source is None and not known:
        return
    sizes = {one.bytes for one in known.values()}
    found = {music.sha256(file) for file in files if file.bytes in sizes}
    common = len(found & known.keys())
    if 2 * common <= len(known):
        of = f"the corpus of {source}" if source else "the beginning of another corpus"
        shared = (
            f": {common} of its {len(known)} recordings are in {music.folder or music.source}"
            if known
            else ""
        )
        raise AnotherCorpusError(f"{out} is {of}{shared}.", "Choose another `out`.")


def _source(out: Path) -> str | None:
    """Return the folder that the corpus was prepared from; None if it is not known."""
    if not (out / MANIFEST).exists():
        return None
    try:
        return read_manifest(out).source
    except ReverieError as error:
        if "in a format this version does not know" in error.problem:
            raise
        return None


def _is_of_one_begun(name: str) -> bool:
    """Whether an interrupted preparation may leave a file of this name."""
    if name in _BEGUN or name.startswith(TEMPORARY) or PARTIAL.fullmatch(name):
        return True
    return fnmatchcase(name, TABLES) or fnmatchcase(name, SAMPLES)
