"""What readers see of a corpus, and what they do not."""

import dataclasses
from pathlib import Path

from reverie.corpus.corpus import Corpus
from reverie.corpus.journal import Journal


def seen(corpus: Corpus) -> list[object]:
    """What a reader sees of a corpus: not where in which shard a recording lies."""
    said = [
        (dataclasses.replace(one, shard=0, offset_samples=0), corpus.pcm(one).tobytes())
        for one in corpus.recordings
    ]
    return [corpus.content_hash, said, corpus.refused, corpus.sample]


def places(corpus: Path, within: Path | None = None) -> dict[str, tuple[int, int]]:
    """In which shard, and where in it, a journal says that the samples of recordings lie."""
    entries = Journal(corpus, within).entries.values()
    return {one.path: (one.shard, one.offset_samples) for one in entries}
