"""Where a corpus keeps what was evaluated with it: it may be deleted, and is made again."""

from reverie.cached import CacheFolder
from reverie.corpus.corpus import Corpus

FOLDER, MOST_BYTES = "evaluated", 1 << 28
"""In the corpus; what is measured of a clip of ten seconds takes 30 kB."""


def evaluated(corpus: Corpus) -> CacheFolder:
    """Return the folder in which a corpus keeps what was evaluated with it."""
    return CacheFolder(corpus.folder / FOLDER, MOST_BYTES)
