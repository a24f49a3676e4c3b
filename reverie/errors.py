"""The one exception that a person is meant to read, and what is read from the errors of others."""

import errno

INTERRUPTED = 130
"""The exit status after Ctrl-C."""
MEMORY_REFUSALS = (
    "can't allocate memory",
    "cannot allocate memory",
    "not enough memory",
    "out of memory",
    "os error 12",
    "unable to allocate",
    "storage size calculation overflowed",
    "bad allocation",
    "std::bad_alloc",
    "could not create a memory",
    "failed to map",
)
"""How torch, numpy, safetensors, oneDNN and the loader of libraries say it, in errors that are not
memory errors."""


class ReverieError(Exception):
    """Bad input, with its remedy. The command line prints it on one line and exits with 2.

    Args:
        problem: what is wrong, naming the file or the setting.
        remedy: what the person can do about it.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy


def os_reason(error: OSError) -> str:
    """Why the system refused, in its own words, for the middle of a sentence."""
    return (error.strerror or str(error)).lower()


def is_memory_error(error: BaseException) -> bool:
    """Whether `error` says that there is no memory, for data or for a library's code."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno == errno.ENOMEM
    said = str(error).lower()
    return any(words in said for words in MEMORY_REFUSALS)
