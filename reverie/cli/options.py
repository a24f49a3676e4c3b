"""Options that several commands have, and how their values are read."""

import contextlib
import re
from typing import Annotated

import typer

_UNITS = {"": 1.0, "s": 1.0, "sec": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}
_CLOCK = re.compile(r"(?:(\d{1,5}):)?(\d{1,5}):(\d{1,2}(?:\.\d*)?)")
_SPAN = re.compile(r"(\d{1,9}(?:\.\d*)?|\.\d+)\s*([a-z]*)")


def seconds_of(text: str | float) -> float:
    """A time in seconds: `90`, `90s`, `3min`, `1h`, `1h30min`, `1:20` or `1:02:03.5`.

    Raises:
        typer.BadParameter: it is no time.
    """
    return _time(text, 1.0)


def minutes_of(text: str | float) -> float:
    """A time in minutes: `10`, `90s`, `3min` or `1h`.

    Raises:
        typer.BadParameter: it is no time.
    """
    return _time(text, 60.0) / 60.0


def hertz_of(text: str | int) -> int:
    """A rate in Hz: `44100`, `44.1k` or `44.1kHz`.

    Raises:
        typer.BadParameter: it is no rate.
    """
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)\s*(k?)(?:hz)?", str(text).strip().lower())
    if match is None:
        raise typer.BadParameter(f"{text!r} is no rate. Write 44100, 44.1k or 44.1kHz.")
    return round(float(match[1]) * (1000 if match[2] else 1))


def _time(text: str | float, plain: float) -> float:
    """A time in seconds; a number without a unit counts `plain` seconds each."""
    written = str(text).strip().lower()
    with contextlib.suppress(ValueError):
        # What number is none at all, the setting says.
        return plain * float(written)
    if clock := _CLOCK.fullmatch(written):
        hours, minutes, seconds = (float(part or 0) for part in clock.groups())
        return 3600 * hours + 60 * minutes + seconds
    spans = [match.groups() for match in _SPAN.finditer(written)]
    known = all(unit in _UNITS for _, unit in spans)
    if not spans or not known or _SPAN.sub("", written).strip():
        raise typer.BadParameter(f"{text!r} is no time. Write 90s, 3min, 1h or 1:20.")
    return sum(float(number) * _UNITS[unit or "s"] for number, unit in spans)


AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]

Ray = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="[ADDRESS]",
        help="Spread the work over a Ray cluster: host:port; `auto`, or nothing, for the one that "
        "this machine is part of; `local` for one of this machine alone.",
        show_default="this process",
    ),
]
_ADDRESS = re.compile(r"auto|local|\S+:\d+")


def with_ray_address(words: list[str]) -> list[str]:
    """The words of a command line in which every `--ray` has an address.

    What follows `--ray` is one only if it looks like one, so that it may stand before a folder too.
    """
    found: list[str] = []
    for at, word in enumerate(words):
        if word == "--":
            return [*found, *words[at:]]
        found.append(word)
        following = words[at + 1] if at + 1 < len(words) else ""
        if word == "--ray" and not _ADDRESS.fullmatch(following):
            found.append("auto")
    return found


RecipeName = Annotated[
    str,
    typer.Option(
        "--recipe", "-r", help="codes, demo, desk, paper or smoke; or a TOML file of your own."
    ),
]

Assignments = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="SECTION.FIELD=VALUE", help="Change one setting; may be repeated."
    ),
]

Checkpoint = Annotated[
    str | None,
    typer.Option(
        help="best, latest, an epoch's number, or a checkpoint's name.", show_default="best"
    ),
]

PromptCorpus = Annotated[
    str | None,
    typer.Option(
        path_type=str,
        help="The corpus that the run was trained on, for prompts from it.",
        show_default="where it was, or beside the run",
    ),
]

Bpm = Annotated[
    float | None,
    typer.Option(
        help="Of models of the beat: the tempo, in beats a minute.", show_default="the prompt's"
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        help="0 takes the likeliest; 1 draws as the model believes.",
        show_default="the recipe's",
    ),
]
Guidance = Annotated[
    float | None,
    typer.Option(
        help="Of codes: how much further to keep to what came long before than the model does "
        "by itself; 0 not at all.",
        show_default="the recipe's",
    ),
]
Reprise = Annotated[
    float | None,
    typer.Option(
        "--reprise-seconds",
        help="Of codes: how often a passage of a while ago is played again; 0 never.",
        show_default="the recipe's",
        parser=seconds_of,
        metavar="TIME",
    ),
]
