"""Where modules are looked for: never in the current folder, which may be a stranger's music.

Python takes modules from the current folder where it is run as `python -m`, as `python -c`, or
under a `PYTHONPATH` with an empty or relative part. A `queue.py` that lies among recordings would
then be run. This module imports only what Python has loaded before, or it would be too late.
"""

import os
import sys

PACKAGES = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
"""The folder that this package lies in."""


def is_current_folder(entry: str) -> bool:
    """Whether an entry of `sys.path` stands for the current folder, or for one relative to it.

    An entry that `PYTHONPATH` names by its whole path does not: somebody wants it.
    """
    if not os.path.isabs(entry):
        return True
    try:
        return entry not in _python_path() and os.path.samefile(entry, os.curdir)
    except OSError:
        return False


def forget_relative_folders() -> None:
    """Drop from `sys.path` what relative and empty parts of `PYTHONPATH` have become in it."""
    try:
        relative = {os.path.abspath(part) for part in _python_path() if not os.path.isabs(part)}
    except OSError:
        # The current folder is gone, and with it what lay in it.
        relative = set[str]()
    unwanted = relative - set(_python_path())
    sys.path[:] = [one for one in sys.path if os.path.isabs(one) and one not in unwanted]


def python_command(code: str) -> list[str]:
    """The command of a Python process that runs `code` and finds modules where this one does."""
    # What this process alone knows of comes last, so that it stands before nothing installed.
    search = [*(one for one in sys.path if not is_current_folder(one)), PACKAGES]
    begin = f"import sys; sys.path += [one for one in {search!a} if one not in sys.path]\n"
    return [sys.executable, "-P", "-c", begin + code]


def python_environment() -> dict[str, str]:
    """The environment for `python_command`: this one, without relative parts of `PYTHONPATH`."""
    named = [part for part in _python_path() if os.path.isabs(part)]
    others = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return others | ({"PYTHONPATH": os.pathsep.join(named)} if named else {})


def _python_path() -> list[str]:
    value = os.environ.get("PYTHONPATH")
    return value.split(os.pathsep) if value else []
