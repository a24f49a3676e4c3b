"""Options that several commands have."""

import re
from typing import Annotated

import typer

from reverie.errors import ReverieError

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]

Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]

RecipeName = Annotated[
    str, typer.Option(help="codes, demo, desk, paper or smoke; or a TOML file of your own.")
]

Assignments = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="SECTION.FIELD=VALUE", help="Change one setting; may be repeated."
    ),
]


def place_seconds(text: str, option: str) -> float:
    """A place in a recording in seconds: `1:20`, `1:02:03.5` or `80.5`.

    Args:
        text: what was given.
        option: by which one, for the message.

    Raises:
        ReverieError: it is no place.
    """
    if not re.fullmatch(r"(?:[0-9]{1,5}:)?(?:[0-9]{1,5}:)?[0-9]{1,9}(?:\.[0-9]*)?", text):
        raise ReverieError(
            f"{option} {text} is no place in a recording.",
            "Give minutes and seconds, such as 1:20, or seconds.",
        )
    parts = [float(part) for part in text.split(":")]
    return sum(part * 60**power for power, part in enumerate(reversed(parts)))
