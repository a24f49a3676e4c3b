"""`reverie inspect`: what is in a corpus, and whether it is enough."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import AsJson, Quiet
from reverie.cli.words import say

MOST_ROWS = 1000
"""Recordings in the table."""


def inspect(
    folder: Annotated[
        str,
        typer.Argument(
            metavar="CORPUS",
            path_type=str,
            help="A corpus that `reverie prepare` made; or its URL.",
        ),
    ],
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="PAGE",
            help="Write a page with a player, the waveform and the spectrogram of each recording.",
        ),
    ] = None,
    leaks: Annotated[
        bool | None,
        typer.Option(
            "--leaks/--no-leaks",
            help="Search the training recordings for held-out music, which takes about 10 s for "
            "each hour at 16 kHz, 25 at 44.1; what was found is kept.",
            show_default="if it takes two minutes at most",
        ),
    ] = None,
    check: Annotated[
        bool | None,
        typer.Option(
            "--check/--no-check",
            help="Compare all samples with their hashes, which takes a second for ten hours at "
            "16 kHz.",
            show_default="if it takes two minutes at most",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show what is in a corpus, and whether it is enough.

    What was refused or left out is told with the reason.

    Example: reverie inspect piano --html piano.html
    """
    import reverie
    from reverie.cli.table import echo_table
    from reverie.corpus.inspection import COLUMNS, UNASKED_SECONDS, undone
    from reverie.terminal import echo, echo_json, paragraph

    corpus = reverie.open_corpus(folder)
    costs = corpus.costs()
    unasked = {
        work: option
        for work, asked, option in (("check", check, "--check"), ("leaks", leaks, "--leaks"))
        if asked is None and costs[work] > UNASKED_SECONDS
    }
    leaks = leaks is not False and "leaks" not in unasked
    if check is not False and "check" not in unasked:
        corpus.check(progress=not quiet)
    found = corpus.findings(leaks=leaks, progress=not quiet)
    if html:
        corpus.write_page(html, leaks=leaks, progress=not quiet)
    if as_json:
        leaking = corpus.leaks(progress=not quiet) if leaks else []
        result = corpus.as_dict() | {
            "findings": [dataclasses.asdict(finding) for finding in found],
            "leaks": [dataclasses.asdict(leak) for leak in leaking],
            "page": str(html) if html else None,
            "not_done": {work: costs[work] for work in unasked},
        }
        echo_json(result)
        return
    aligned = "".join("r" if kind == "number" else "l" for _, kind in COLUMNS)
    echo_table([heading for heading, _ in COLUMNS], aligned, corpus.rows(MOST_ROWS))
    if len(corpus.recordings) > MOST_ROWS:
        echo(f"{len(corpus.recordings) - MOST_ROWS} more are told with --json.")
    say(*corpus.inspection_lines())
    for finding in found:
        say(*paragraph(f"- {finding.text}", "  "))
    for work, option in unasked.items():
        say(*paragraph(f"- {undone(work, costs[work], option)}", "  "))
    if html:
        echo(f"The page is {html}")
