"""A portion of the recordings of a corpus, which a node of a cluster prepares.

It writes shards that it made itself and a journal of its own, which lies in a folder that it holds.
Done again, by this node or another, it goes on behind what that journal tells.
"""

import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reverie.corpus.decoding import decode
from reverie.corpus.discover import Found
from reverie.corpus.journal import Journal
from reverie.corpus.music import music_at
from reverie.corpus.place import PORTIONS
from reverie.corpus.settings import ResolvedSettings
from reverie.corpus.shards import Shards
from reverie.corpus.unchanged import Stored
from reverie.errors import ReverieError
from reverie.remote.entries import Entry
from reverie.remote.urls import is_url
from reverie.storage import only_one


@dataclass(frozen=True)
class Portion:
    """Recordings that one node prepares."""

    number: int
    out: Path
    """The corpus, under the path that all nodes have it by."""
    recordings: str
    """The folder, or the URL."""
    files: tuple[Found, ...]
    entries: Mapping[str, Entry]
    """What the store at an URL said of these files."""
    settings: ResolvedSettings
    decoders: int
    """Files that are decoded at once."""

    @property
    def folder(self) -> Path:
        """That it holds while it works."""
        return self.out / PORTIONS / f"{self.number:05d}"


@dataclass(frozen=True)
class Prepared:
    """What a node says of a portion that it prepared."""

    node: str
    unseen: tuple[Found, ...]
    """Recordings that are not there for this node."""


def prepare_portion(portion: Portion) -> Prepared:
    """Prepare what is not prepared yet of a portion.

    Raises:
        ReverieError: the disk of this node or the one that all share is full, or the store of the
            recordings does not answer.
    """
    node = socket.gethostname()
    try:
        return _prepared(portion, node)
    except ReverieError as error:
        raise ReverieError(f"on the node {node}: {error.problem}", error.remedy) from error


def _prepared(portion: Portion, node: str) -> Prepared:
    if not is_url(portion.recordings) and not Path(portion.recordings).exists():
        return Prepared(node, portion.files)
    with (
        only_one(portion.folder),
        music_at(portion.recordings, portion.entries) as music,
    ):
        journal = Journal(portion.out, portion.folder)
        known = journal.entries
        left = [one for one in portion.files if one.path not in known]
        unseen = tuple(one for one in left if not music.sees(one))
        left = [one for one in left if one not in unseen]
        if left:
            # Never a shard of an earlier try: the node of it may be cut off and still write.
            shards = Shards(portion.out, portion.settings.shard_megabytes << 20, own=True)

            def then(_: Found) -> None:
                shards.flush()
                journal.flush()

            # The disk of this node: on that which all share, samples would be written twice.
            decode(music, left, journal, shards, Stored(journal), portion.settings, then,
                   scratch=Path(tempfile.gettempdir()), processes=portion.decoders)  # fmt: skip
    return Prepared(node, unseen)
