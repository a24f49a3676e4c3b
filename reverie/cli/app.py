"""The `reverie` command: its subcommands, and how every failure is told."""

import contextlib
import functools
import os
import signal
import sys
from collections.abc import Callable, Generator
from typing import Annotated, Any

import typer

from reverie import __version__
from reverie.cli.demo import demo
from reverie.cli.evaluate import evaluate
from reverie.cli.experiment import experiment
from reverie.cli.generate import generate
from reverie.cli.inspect import inspect
from reverie.cli.listen import design, results, serve
from reverie.cli.models import models
from reverie.cli.prepare import prepare
from reverie.cli.train import train
from reverie.cli.trim import trim
from reverie.errors import ReverieError

INTERRUPTED = 130

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Learn to make music from a folder of recordings: audio in, audio out.",
)


def _telling(command: Callable[..., None]) -> Callable[..., None]:
    """`command`, whose `ReverieError` becomes one line on stderr and exit status 2."""

    @functools.wraps(command)
    def told(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except ReverieError as error:
            print(f"reverie: {error}", file=sys.stderr)
            raise typer.Exit(2) from error
        except KeyboardInterrupt as interrupt:
            said = str(interrupt) or "interrupted; what was finished is kept"
            with _deaf():
                print(f"reverie: {said}", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from interrupt

    return told


@contextlib.contextmanager
def _deaf() -> Generator[None]:
    """While this lasts, Ctrl-C does nothing: the first one has been heard."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


for command in (prepare, inspect, train, generate, trim, evaluate, models, experiment, demo):
    app.command()(_telling(command))

listen = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="A blind listening test in the browser, and what its answers say.",
)
for command in (serve, design, results):
    listen.command()(_telling(command))
app.add_typer(listen, name="listen")


def _version(asked: bool) -> None:
    if asked:
        print(f"reverie {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version.")
    ] = False,
) -> None:
    """Options of the whole command."""


def main() -> None:
    """Run the command line."""
    try:
        app()
    except (SystemExit, KeyboardInterrupt) as end:
        if isinstance(end, SystemExit) and end.code != INTERRUPTED:
            raise
        # Threads may be at work yet, in libraries that abort where they are torn down then.
        with _deaf(), contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
