"""Optuna, which is optional, and silent."""

import contextlib
import warnings
from collections.abc import Generator
from typing import Any

from reverie.errors import ReverieError


def library() -> Any:
    """The module `optuna`.

    Raises:
        ReverieError: it is not installed.
    """
    try:
        import optuna  # pyright: ignore  # noqa: PLC0415 -- it is optional
    except ImportError as error:
        raise ReverieError(
            "a search needs Optuna, which is not installed.",
            "Install it: pip install 'reverie-music[cluster]'.",
        ) from error
    return optuna


@contextlib.contextmanager
def silently() -> Generator[None]:
    """Have Optuna say nothing while this lasts: what it has to say is said by the search."""
    logging = library().logging
    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(before)
