"""`reverie inspect`: what is in a corpus, and whether it is enough."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import AsJson, Quiet


def inspect(
    folder: Annotated[
        Path, typer.Argument(metavar="CORPUS", help="A corpus that `reverie prepare` made.")
    ],
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="PAGE", help="Write a page with the waveform and spectrogram of each recording."
        ),
    ] = None,
    leaks: Annotated[
        bool,
        typer.Option(
            help="Search the training recordings for held-out music, which takes a third of a "
            "minute for each hour; what was found is kept."
        ),
    ] = True,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show what is in a corpus, what was refused and why, and whether it is enough.

    Example: `reverie inspect piano --html piano.html`
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from reverie.corpus.corpus import Corpus
    from reverie.corpus.inspection import COLUMNS, findings, row, totals
    from reverie.corpus.leaks import known_leaks
    from reverie.corpus.summary import as_result, unused_lines
    from reverie.terminal import echo, echo_json, paragraph

    corpus = Corpus.open(folder)
    corpus.check(quiet=quiet)
    leaking = known_leaks(corpus, quiet=quiet) if leaks else []
    found = findings(corpus, leaking)
    if html:
        from reverie.corpus.page import write_corpus_page

        write_corpus_page(corpus, html, leaking, quiet=quiet)
    if as_json:
        result = as_result(corpus) | {
            "findings": [dataclasses.asdict(one) for one in found],
            "leaks": [dataclasses.asdict(one) for one in leaking],
            "page": str(html) if html else None,
        }
        echo_json(result)
        return
    console = Console()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, kind in COLUMNS:
        table.add_column(heading, justify="right" if kind == "number" else "left")
    table.columns[0].overflow, table.columns[0].min_width = "fold", 20
    for recording in corpus.recordings:
        table.add_row(*(Text(cell) for cell in row(recording)))
    console.print(table)
    for line in [totals(corpus), *unused_lines(corpus)]:
        echo(line)
    for finding in found:
        echo(*paragraph(f"- {finding.text}", "  "))
    if html:
        echo(f"The page is {html}")
