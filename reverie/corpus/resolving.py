"""Decide what the settings leave open: as an earlier corpus was, or by the recordings."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from reverie.audio.reading.opened import Unreadable
from reverie.audio.reading.source import Source
from reverie.corpus.discover import Found
from reverie.corpus.journal import Journal
from reverie.corpus.manifest import Manifest, read_manifest
from reverie.corpus.music import Music
from reverie.corpus.settings import PrepareSettings, ResolvedSettings
from reverie.errors import ReverieError

RATES_HZ = (16000, 22050, 32000, 44100)
"""That a new corpus may have if none is said."""
MOST_OPENED = 100
"""Recordings whose rates are looked at, evenly over all of them."""


def resolved(
    settings: PrepareSettings, music: Music, files: Sequence[Found], journal: Journal
) -> ResolvedSettings:
    """Return the settings with nothing left open.

    Args:
        settings: as given.
        music: the recordings.
        files: found among them.
        journal: of the corpus.
    """
    before = _earlier(journal.folder)
    said = {
        name: value for name, value in dataclasses.asdict(settings).items() if value is not None
    }
    if "balanced" not in said and before is not None:
        # A corpus with both splits keeps its split, because runs identify a corpus by it.
        balanced = before.settings.get("balanced")
        had = len(before.recordings.of_split("held-out")) > 0
        said["balanced"] = balanced is True or (balanced is None and not had)
    if "rate_hz" not in said:
        said["rate_hz"] = before.rate_hz if before else usual_rate_hz(music, files, journal)
    if "channels" not in said and before is not None:
        # Corpora that say nothing of channels were made when there was but one.
        said["channels"] = 2 if before.settings.get("channels") == 2 else 1
    return ResolvedSettings(**said)


def usual_rate_hz(music: Music, files: Sequence[Found], journal: Journal) -> int:
    """Return the highest of `RATES_HZ` that half of the recordings have, or the lowest of these.

    Args:
        music: the recordings.
        files: found among them.
        journal: knows the rates of those that were analysed before.
    """
    rates: list[int] = []
    for file in files[:: -(-len(files) // MOST_OPENED) or 1]:
        entry = journal.entries.get(file.path)
        if entry is not None and entry.analysed is not None and entry.is_of(file):
            rates.append(entry.analysed.source_rate_hz)
            continue
        try:
            with Source(music.head(file)) as source:
                rates.append(source.rate_hz)
        except Unreadable:
            continue  # it is refused when it is analysed
    rates.sort()
    usual = rates[len(rates) // 2] if rates else 0
    return max((rate for rate in RATES_HZ if rate <= usual), default=RATES_HZ[0])


def _earlier(folder: Path) -> Manifest | None:
    """The manifest of a corpus that is made again; None if there is none."""
    try:
        return read_manifest(folder)
    except ReverieError:
        return None
