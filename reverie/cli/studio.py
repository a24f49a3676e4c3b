"""`reverie studio`: the page on which all of it happens."""

from pathlib import Path
from typing import Annotated

import typer


def studio(
    folder: Annotated[
        Path, typer.Argument(help="The folder of everything: recordings, corpora, runs, clips.")
    ] = Path(),
    port: Annotated[int, typer.Option(help="Where to listen; 0 takes any.")] = 8090,
    host: Annotated[
        str,
        typer.Option(help="Whom to listen to; 0.0.0.0 for other machines, which need the token."),
    ] = "127.0.0.1",
    show: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser.")
    ] = True,
) -> None:
    """Open the studio: one page from recordings to music you keep.

    Drop recordings, train while listening, generate, compare, and take away what you like. What
    runs goes on when the page or the studio is closed, and is there again when it is opened.

    Example: reverie studio ~/music
    """
    from reverie.studio.serving import serve

    serve(folder, host, port, show=show)
