"""Settings that a text names, as the options of the command that prints it.

The layers name a setting as a script gives it: `min_seconds=0.2`, in backticks.
"""

import contextlib
import inspect
import re
from collections.abc import Callable, Generator, Mapping
from contextvars import ContextVar

from typer.models import OptionInfo

from reverie.terminal import echo

_SETTING = re.compile(r"`([a-z][a-z0-9_]*)(?:=([^`\s]+))?`")
_UNIT = re.compile(r"_(?:seconds|hz|dbfs)$")
_running: ContextVar[Mapping[str, str] | None] = ContextVar("options", default=None)
"""The options of the command that runs."""


@contextlib.contextmanager
def options_of(command: Callable[..., None]) -> Generator[None]:
    """Let `say` write settings as the options of `command`, while this lasts."""
    token = _running.set(_options(command))
    try:
        yield
    finally:
        _running.reset(token)


def say(*lines: str, err: bool = False) -> None:
    """Print lines, in which settings become options of the command that runs."""
    echo(*map(in_options, lines), err=err)


def in_options(text: str) -> str:
    """Write the settings that `text` names as options of the command that runs.

    Args:
        text: settings in backticks, alone or with a value.

    Returns:
        `--out` for `out`, `--min-seconds 0.2` for `min_seconds=0.2`, `--keep-damaged` for
        `keep_damaged=True`, and `--set anchors=0` where there is no such option.
    """
    options = _running.get() or {}

    def option(match: re.Match[str]) -> str:
        name, value = match[1], match[2]
        found = options.get(name) or options.get(_UNIT.sub("", name))
        if found is None:
            return match[0] if value is None else f"--set {name}={value}"
        return found if value in (None, "True") else f"{found} {value}"

    return _SETTING.sub(option, text)


def _options(command: Callable[..., None]) -> dict[str, str]:
    """The long options of a command, by the names of its parameters."""
    options: dict[str, str] = {}
    for name, parameter in inspect.signature(command).parameters.items():
        for said in getattr(parameter.annotation, "__metadata__", ()):
            if isinstance(said, OptionInfo):
                given = [word for word in said.param_decls or () if word.startswith("--")]
                first = given[0] if given else f"--{name.replace('_', '-')}"
                options[name] = first.partition("/")[0]
    return options
