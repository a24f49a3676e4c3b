"""The `reverie` command: its subcommands, and how it reports every failure."""

import contextlib
import errno
import functools
import io
import os
import signal
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from reverie import __version__
from reverie.cli.demo import demo
from reverie.cli.evaluate import evaluate
from reverie.cli.experiment import experiment
from reverie.cli.export import export
from reverie.cli.generate import generate
from reverie.cli.inspect import inspect
from reverie.cli.listen import backup, design, results, serve
from reverie.cli.listing import corpora, runs
from reverie.cli.models import models
from reverie.cli.options import with_ray_address
from reverie.cli.play import play
from reverie.cli.prepare import prepare
from reverie.cli.save import save
from reverie.cli.search import search
from reverie.cli.studio import studio
from reverie.cli.train import train
from reverie.cli.trim import trim
from reverie.cli.words import options_of, say
from reverie.errors import INTERRUPTED, ReverieError, is_memory_error, os_reason
from reverie.progress import report_to
from reverie.terminal import echo


class _Commands(TyperGroup):
    """The commands, with options whose value may be left out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, with_ray_address(args))


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Learn to make music from a folder of recordings: audio in, audio out.",
)


def _telling(command: Callable[..., None]) -> Callable[..., None]:
    """`command`, whose `ReverieError` becomes one line on stderr and exit status 2."""

    @functools.wraps(command)
    def reporting(*arguments: Any, **options: Any) -> None:
        try:
            _hear()
            with options_of(command):
                try:
                    command(*arguments, **options)
                except ReverieError as error:
                    say(f"reverie: {error}", err=True)
                    raise typer.Exit(2) from error
        except KeyboardInterrupt as interrupt:
            said = str(interrupt) or "interrupted; what was finished is kept"
            with _deaf():
                echo(f"reverie: {said}", err=True)
            raise typer.Exit(INTERRUPTED) from interrupt
        except (MemoryError, ImportError, OSError) as error:
            if is_memory_error(error):
                echo(
                    "reverie: there is too little memory. Close other programs, or raise the limit "
                    "(ulimit -v).",
                    err=True,
                )
                raise typer.Exit(2) from error
            # What is printed cannot be: `main` tells of that.
            if not isinstance(error, OSError) or error.filename is None:
                raise
            echo(f"reverie: cannot use {_named(error)}.", err=True)
            raise typer.Exit(2) from error

    return reporting


_handler: Any = None
"""What Ctrl-C does once a command has begun; None where it does so already."""
AGAIN_SECONDS = 1.0
"""Ctrl-C twice within so long is one wish."""
_first = -AGAIN_SECONDS


def _hear() -> None:
    """From now on, let Ctrl-C end a command with words."""
    if _handler is not None:
        ours = _handler is signal.default_int_handler
        signal.signal(signal.SIGINT, _interrupt if ours else _handler)


def _interrupt(_: int, __: FrameType | None) -> None:
    """Raise an interrupt, but none into the telling of the one just before."""
    global _first  # noqa: PLW0603 -- a handler of signals has no other memory
    now = time.monotonic()
    if now - _first >= AGAIN_SECONDS:
        _first = now
        raise KeyboardInterrupt


@contextlib.contextmanager
def _deaf() -> Generator[None]:
    """While this lasts, Ctrl-C does nothing: the first one has been heard."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


for command in (
    prepare,
    inspect,
    corpora,
    train,
    runs,
    generate,
    play,
    trim,
    save,
    export,
    evaluate,
    models,
    experiment,
    search,
    demo,
    studio,
):
    app.command()(_telling(command))

listen = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Run a blind listening test in the browser.",
)
for command in (serve, design, results, backup):
    listen.command()(_telling(command))
app.add_typer(listen, name="listen")


def _version(asked: bool) -> None:
    if asked:
        echo(f"reverie {__version__}")
        raise typer.Exit


def _report_to(path: Path | None) -> None:
    if path is not None:
        report_to(path)


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_version, is_eager=True, help="Say which version."
        ),
    ] = False,
    progress_file: Annotated[
        Path | None,
        typer.Option(
            callback=_report_to,
            help="Write the progress to this file too, as JSON, for another program.",
        ),
    ] = None,
) -> None:
    """Options of the whole command."""


def main(handler: Any = None) -> None:
    """Run the command line.

    Args:
        handler: what Ctrl-C is to do once a command has begun, where another does it before.
    """
    global _handler  # noqa: PLW0603 -- of the whole process, as handlers are
    _handler = handler
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a character gets an escape for it, from libraries too.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    printed = sys.stdout
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except (SystemExit, KeyboardInterrupt) as end:
        if sys.stdout is not printed:
            # Typer replaces it where nobody reads any more, which it calls a failure.
            raise SystemExit(0) from end
        if isinstance(end, SystemExit) and end.code != INTERRUPTED:
            raise
        # Threads may be at work yet, in libraries that abort where they are torn down then.
        with _deaf(), contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(INTERRUPTED)
    except OSError as error:
        # Python would try to write what is left once more on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == errno.EPIPE:
            sys.exit(0)
        with contextlib.suppress(OSError):
            echo(f"reverie: cannot print the result: {os_reason(error)}.", err=True)
        sys.exit(2)


def _named(error: OSError) -> str:
    return f"{os.fsdecode(error.filename)}: {os_reason(error)}"
