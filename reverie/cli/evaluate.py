"""`reverie evaluate`: measure clips and judge them."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import AsJson, Quiet, seconds_of


def evaluate(
    corpus: Annotated[
        str, typer.Option(path_type=str, help="The corpus that they are to resemble.")
    ],
    clips: Annotated[
        list[str] | None,
        typer.Argument(
            path_type=str, help="Folders of audio, or URLs; each is judged as one system."
        ),
    ] = None,
    out: Annotated[
        str, typer.Option("--out", "-o", path_type=str, help="The folder of the report.")
    ] = "evaluation",
    self_test: Annotated[
        str | None,
        typer.Option(
            metavar="copying|damage",
            help="Judge no clips but the measures: plant copies and count how many are found, or "
            "damage real music and see which measure tells.",
        ),
    ] = None,
    part_seconds: Annotated[
        float | None,
        typer.Option(
            "--parts",
            parser=seconds_of,
            metavar="TIME",
            help="Judge each part of so long by itself, to see whether long clips drift.",
            show_default="clips whole, two minutes at most",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides every draw.")] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Judge clips by number.

    Are they ok, how near to music, are they copies? Any audio will do, ours or another
    program's. Each folder is one system and is compared with the held-out recordings of the
    corpus, and with noise, silence and a loop for the scale. Writes a page to read, and all
    figures as JSON.

    Example: reverie evaluate piano-codes/clips other-program --corpus piano --out judged
    """
    import reverie
    from reverie.audio.folders import names_of
    from reverie.remote.urls import is_url, url_name
    from reverie.terminal import echo, echo_json

    if self_test is not None:
        echo(*reverie.self_test(self_test, corpus, progress=not quiet))
        return
    given = [Path(url_name(one)) if is_url(one) else Path(one) for one in clips or []]
    folders = dict(zip(names_of(given), clips or [], strict=True))
    found = reverie.evaluate(
        folders, corpus, seed=seed, part_seconds=part_seconds, progress=not quiet
    )
    echo(*found.doubts(), err=True)
    page = found.write(out)
    if as_json:
        echo_json(found.as_dict())
        return
    echo(*found.lines(), f"The report: {page}")
