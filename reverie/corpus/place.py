"""Where a corpus may be made: in a folder of its own, and not in place of another corpus."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from reverie.corpus.discover import Found
from reverie.corpus.foreign import known_sha256
from reverie.corpus.journal import NAME as JOURNAL
from reverie.corpus.journal import Entry
from reverie.corpus.manifest import MANIFEST, read_manifest
from reverie.corpus.ours import folder_of_ours
from reverie.corpus.shards import FOLDER as SHARDS
from reverie.corpus.shards import require_plain_shards
from reverie.errors import ReverieError
from reverie.similarity.compared import FILE as COMPARED
from reverie.storage import PARTIAL, require_plain

LOCK, TEMPORARY = ".lock", ".analysing-"
_BEGUN = {JOURNAL, LOCK, SHARDS, COMPARED}
"""What a preparation that was stopped may leave."""


class AnotherCorpusError(ReverieError):
    """A corpus of other recordings lies in the place."""


def check_place(recordings: Path, out: Path) -> None:
    """Refuse to make the corpus `out` among other things, or around its own recordings.

    Raises:
        ReverieError: it is a file, holds other things, or has the recordings in it.
    """
    remedy = "Choose a new folder for the corpus."
    if not os.path.lexists(out):
        return
    if not out.is_dir():
        raise ReverieError(f"{out} is a file.", "Choose a folder for the corpus.")
    whole = recordings.resolve()
    if whole == out.resolve():
        raise ReverieError(f"{out} is the folder of recordings itself.", remedy)
    if out.resolve() in whole.parents:
        raise ReverieError(f"{out} has the recordings in it.", remedy)
    names = [one.name for one in out.iterdir()]
    what = folder_of_ours(out, names)
    if what and not what.startswith("a corpus"):
        raise ReverieError(f"{out} is {what}.", remedy)
    strange = [one for one in names if one not in _BEGUN and not _is_temporary(one)]
    # A manifest that tells nothing any more lies among what else a corpus has.
    damaged = MANIFEST in strange and JOURNAL in names
    if strange and not what and not damaged:
        raise ReverieError(f"{out} holds other things and no corpus.", remedy)
    for name in (MANIFEST, JOURNAL, LOCK):
        require_plain(out / name, "a file of a corpus")
    require_plain_shards(out)


def check_same(
    recordings: Path, out: Path, files: Sequence[Found], entries: Iterable[Entry]
) -> None:
    """Refuse to bring the corpus `out` up to date with recordings that are not its own.

    They are its own if they lie where they did, or if more than half of what it holds is among
    them, for folders are moved.

    Args:
        recordings: the folder, or one recording.
        out: the corpus.
        files: what was found there.
        entries: what the corpus knows of each of its files.

    Raises:
        AnotherCorpusError: they are not.
        ReverieError: a newer Reverie made the corpus.
    """
    source = _source(out)
    if source is not None and os.path.realpath(source) == os.path.realpath(recordings):
        return
    known = {one.source_hash: one for one in entries if one.source_hash}
    if source is None and not known:
        return
    base = recordings if recordings.is_dir() else recordings.parent
    sizes = {one.bytes for one in known.values()}
    found = {known_sha256(base / one.path) for one in files if one.bytes in sizes}
    common = len(found & known.keys())
    if 2 * common <= len(known):
        of = f"the corpus of {source}" if source else "the beginning of another corpus"
        shared = f": {common} of its {len(known)} recordings are in {recordings}" if known else ""
        raise AnotherCorpusError(f"{out} is {of}{shared}.", "Choose another `out`.")


def _source(out: Path) -> str | None:
    """The folder that the corpus was prepared from; None where nothing tells."""
    if not (out / MANIFEST).exists():
        return None
    try:
        return read_manifest(out).source
    except ReverieError as error:
        if "in a format this version does not know" in error.problem:
            raise
        return None


def _is_temporary(name: str) -> bool:
    return name.startswith(TEMPORARY) or PARTIAL.fullmatch(name) is not None
