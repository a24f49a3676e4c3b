"""Write a corpus as one self-contained page: its recordings, findings and pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reverie.audio.pictures.clip import HEIGHT, WIDTH, draw_png
from reverie.corpus.corpus import Corpus, Recording
from reverie.corpus.groups import Group, grouped
from reverie.corpus.inspection import COLUMNS, findings, row, totals
from reverie.corpus.leaks import Leak
from reverie.corpus.summary import ignored_lines
from reverie.pages.media import audio_uri, png_uri
from reverie.pages.page import write_page
from reverie.progress import ProgressBar, position
from reverie.terminal import printable

MOST_PICTURES = 60
"""Most pictures on a page: at about 150 kB each they take at most 10 MB."""
EXCERPT_SECONDS = 10.0
"""Duration of the excerpt from each recording's middle that can be played."""
MOST_SAMPLES = 5_000_000
"""Most samples of all excerpts together, about 8 MB of FLAC; with many recordings each excerpt is
shorter than `EXCERPT_SECONDS`."""

_TEMPLATE = Path(__file__).with_name("page.html")


def write_corpus_page(
    corpus: Corpus,
    path: Path,
    leaks: Sequence[Leak] = (),
    *,
    most_pictures: int = MOST_PICTURES,
    quiet: bool = False,
) -> None:
    """Write the page of `corpus` to `path`.

    Every recording has a row in the table. If there are more than `most_pictures` recordings, only
    that many, spread evenly over the list, have pictures, and the page says so.

    Raises:
        ReverieError: a shard is damaged, or `path` cannot be written.
    """
    everything = corpus.recordings
    count = min(len(everything), most_pictures)
    drawn = [everything[at * len(everything) // count] for at in range(count)]
    pictures: list[dict[str, Any]] = []
    with ProgressBar("drawing", count, "recordings", quiet=quiet) as work:
        for item in drawn:
            pictures.append(_drawn(item, corpus, MOST_SAMPLES // count))
            work.advance()
    refused = grouped((item.path, item.reason) for item in corpus.refused)
    write_page(
        path,
        _TEMPLATE,
        name=printable(corpus.folder.resolve().name),
        rate_hz=corpus.rate_hz,
        totals=totals(corpus),
        findings=findings(corpus, leaks),
        columns=COLUMNS,
        rows=[row(item) for item in everything],
        refused=[_told(group) for group in refused],
        every_refused=[(printable(item.path), item.reason) for item in corpus.refused]
        if len(refused) < len(corpus.refused)
        else [],
        left_out=[(printable(item.name), item.what) for item in corpus.left_out],
        ignored=ignored_lines(corpus.ignored, corpus.ignored_suffixes),
        pictures=pictures,
        size=(WIDTH, HEIGHT),
    )


def _drawn(recording: Recording, corpus: Corpus, most_samples: int) -> dict[str, Any]:
    """Return a recording's picture, and an excerpt from its middle."""
    pcm, rate_hz = corpus.pcm(recording), corpus.rate_hz
    most = most_samples // recording.channels
    count = min(round(EXCERPT_SECONDS * rate_hz), most, recording.samples)
    first = (recording.samples - count) // 2
    return {
        "name": printable(recording.path),
        "split": recording.split,
        "uri": png_uri(draw_png(corpus.mono(recording), rate_hz)),
        "sound": audio_uri(pcm[:, first : first + count], rate_hz),
        "excerpt": f"{position(first / rate_hz)} to {position((first + count) / rate_hz)}"
        if count < recording.samples
        else "all of it",
    }


def _told(group: Group) -> tuple[str, str, str]:
    """Return the cells of a group of refused files: how many or which, why, and what admits
    them."""
    name = printable(group.files[0][0])
    files = name if len(group.files) == 1 else f"{len(group.files)} files, such as {name}"
    return files, group.text, group.setting
