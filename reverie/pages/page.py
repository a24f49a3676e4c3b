"""One builder of self-contained HTML pages: an owner's template inside the shared shell.

A page asks the network for nothing and runs no script: its content policy allows inline style
and `data:` pictures and sound, and nothing else. An owner's template begins with
`{% extends "shell.html" %}` and takes its figures, players and tables from `parts.html`.
"""

from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from reverie import __version__
from reverie.progress import duration
from reverie.storage import write_text

_HERE = Path(__file__).parent

Tone = Literal["good", "warn", "bad"]
"""Of a badge or a notice; the word in it carries the meaning, the colour only helps."""


def render(template: Path, **values: Any) -> str:
    """The page of `template`, as HTML; every value is escaped unless it is `Markup`.

    Args:
        template: a Jinja template that extends `shell.html`; others beside it can be included.
        values: what it asks for. Anything it asks for that is not given is an error.
    """
    # Any: Jinja leaves the types of its filters open.
    environment: Any = Environment(
        loader=FileSystemLoader([_HERE, template.parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        duration=duration, clock=clock, signed=signed, minus=minus, code=code
    )
    style = Markup((_HERE / "style.css").read_text(encoding="utf-8"))
    page = environment.get_template(template.name)
    return str(page.render(style=style, version=__version__, **values))


def write_page(path: Path, template: Path, **values: Any) -> None:
    """Render `template` to `path`, whole or not at all.

    Raises:
        ReverieError: the disk is full or the folder cannot be written.
    """
    write_text(path, render(template, **values))


def clock(seconds: float) -> str:
    """`seconds` as a player shows them: `2:05`."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def signed(value: float, digits: int = 1) -> str:
    """`value` with its sign, a true minus included: `+3.0`, `−12.4`."""
    return minus(f"{value:+.{digits}f}")


def code(text: str) -> Markup:
    """`text`, escaped, what stands between backticks set as code."""
    parts = [escape(one) for one in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(one) if at % 2 else one for at, one in enumerate(parts)
    )


def minus(value: object) -> str:
    """`value` as text, each hyphen before a digit become a true minus sign."""
    text = str(value)
    return "".join(
        "−" if one == "-" and text[at + 1 : at + 2].isdigit() else one
        for at, one in enumerate(text)
    )
