"""A corpus as one self-contained page: what is in it, whether it is enough, and how it looks."""

from collections.abc import Sequence
from pathlib import Path

from reverie.audio.pictures.clip import HEIGHT, WIDTH, draw_png
from reverie.corpus.corpus import Corpus
from reverie.corpus.groups import Group, grouped
from reverie.corpus.inspection import COLUMNS, findings, row, totals
from reverie.corpus.leaks import Leak
from reverie.corpus.summary import ignored_lines
from reverie.pages.media import png_uri
from reverie.pages.page import write_page
from reverie.progress import ProgressBar
from reverie.terminal import printable

MOST_PICTURES = 60
"""A picture takes about 150 kB, so that no page exceeds some 10 MB."""

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

    Every recording has its row in the table. Of more than `most_pictures` recordings only that
    many, spread evenly over the list, are drawn, and the page says so.

    Raises:
        ReverieError: a shard is damaged, or `path` cannot be written.
    """
    everything = corpus.recordings
    count = min(len(everything), most_pictures)
    drawn = [everything[at * len(everything) // count] for at in range(count)]
    pictures: list[dict[str, str]] = []
    with ProgressBar("drawing", count, "recordings", quiet=quiet) as work:
        for one in drawn:
            uri = png_uri(draw_png(corpus.pcm(one), corpus.rate_hz))
            pictures.append({"name": printable(one.path), "split": one.split, "uri": uri})
            work.advance()
    refused = grouped((one.path, one.reason) for one in corpus.refused)
    write_page(
        path,
        _TEMPLATE,
        name=printable(corpus.folder.resolve().name),
        rate_hz=corpus.rate_hz,
        totals=totals(corpus),
        findings=findings(corpus, leaks),
        columns=COLUMNS,
        rows=[row(one) for one in everything],
        refused=[_told(group) for group in refused],
        every_refused=[(printable(one.path), one.reason) for one in corpus.refused]
        if len(refused) < len(corpus.refused)
        else [],
        left_out=[(printable(one.name), one.what) for one in corpus.left_out],
        ignored=ignored_lines(corpus.ignored, corpus.ignored_suffixes),
        pictures=pictures,
        size=(WIDTH, HEIGHT),
    )


def _told(group: Group) -> tuple[str, str, str]:
    """The cells of a group of refused files: how many or which, why, and what admits them."""
    name = printable(group.files[0][0])
    files = name if len(group.files) == 1 else f"{len(group.files)} files, such as {name}"
    return files, group.text, group.setting
