"""Try a request to a store again, with growing pauses, unless the store refuses it for good."""

import time
from collections.abc import Callable
from typing import TypeVar

from reverie.errors import ReverieError

Result = TypeVar("Result")

WAITS_SECONDS = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]
"""Pauses between the tries of one request."""
CHECK = "Check the connection and the store, and call again."
SECRETS = "Give credentials where the store's own programs have them, or ask its owner."
_FINAL = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError,
          NotImplementedError, ImportError, TypeError)  # fmt: skip
_REFUSALS = {"NoCredentialsError", "PartialCredentialsError", "ParamValidationError",
             "NoSuchBucket"}  # fmt: skip


class GoneError(ReverieError):
    """A file is not there, or may not be read."""


def tried(named: str, done: str, work: Callable[[], Result]) -> Result:
    """Do `work` until it succeeds, is refused for good, or was tried often enough.

    Args:
        named: the URL, for the message.
        done: what is done with it, for the message: "read".
        work: asks the store.

    Raises:
        GoneError: it is not there, or may not be read.
        FileExistsError: as `work`.
        ReverieError: the store does not answer, or as `work`.
    """
    for wait in (*WAITS_SECONDS, None):
        try:
            return work()
        except (FileExistsError, ReverieError):
            raise
        except MemoryError as error:
            raise ReverieError(f"{named} takes more memory than there is.", "Check it.") from error
        except Exception as error:  # whatever the libraries of many stores raise
            if wait is None or isinstance(error, _FINAL) or _is_refusal(error):
                raise _refused(named, done, error) from error
            time.sleep(wait)
    raise AssertionError


def _refused(named: str, done: str, error: Exception) -> ReverieError:
    said = (str(error).strip().splitlines() or [""])[0].rstrip(".") or type(error).__name__
    if isinstance(error, FileNotFoundError):
        return GoneError(f"{named} is not there.", "Check the URL.")
    if isinstance(error, PermissionError) or _is_refusal(error):
        return GoneError(f"{named} may not be {done}: {said}.", SECRETS)
    return ReverieError(f"{named} cannot be {done}: {said}.", CHECK)


def _is_refusal(error: Exception) -> bool:
    """Whether no other try would change it: there are no credentials, or the request is wrong."""
    status = getattr(error, "status", None)
    return type(error).__name__ in _REFUSALS or status in (400, 401, 403, 405)
