"""Write docs/reference.md from the program itself: `python docs/reference.py`."""

import dataclasses
import re
from pathlib import Path
from typing import Any, cast

import typer.main

from reverie.cli.app import app
from reverie.listening.settings import ListeningSettings
from reverie.runs.settings import Recipe
from reverie.settings import fields_of
from reverie.training.recipe import load_recipe, recipe_names

PAGE = Path(__file__).with_name("reference.md")


def reference() -> str:
    """The page as text."""
    parts = [
        "# Reference\n\nWritten by `docs/reference.py`; a test keeps it true.\n",
        "## Commands\n",
    ]
    for name, sub in _commands(typer.main.get_command(app)):
        parts.append(f"### reverie {name}\n\n{sub.help.strip()}\n")
        parts.append("| | |\n|---|---|")
        parts += [f"| `{_name(one)}` | {_help(one)} |" for one in sub.params if one.name != "help"]
        parts.append("")
    parts.append("## Recipes\n\n| | |\n|---|---|")
    parts += [f"| `{name}` | {load_recipe(name).description} |" for name in recipe_names()]
    parts.append(
        "\n## Settings of a recipe\n\nWith what they are unless a recipe says otherwise.\n"
    )
    parts.append("| setting | default | meaning |\n|---|---|---|")
    parts += _settings(Recipe)
    parts.append(
        "\n## Settings of a listening test\n\nChanged with `--set` when the test is made.\n"
    )
    parts.append("| setting | default | meaning |\n|---|---|---|")
    parts += _settings(ListeningSettings)
    return "\n".join(parts) + "\n"


def _commands(group: Any, before: str = "") -> list[tuple[str, Any]]:
    """Every command by its full name, those of groups included."""
    found: list[tuple[str, Any]] = []
    for name, sub in sorted(group.commands.items()):
        inner = hasattr(sub, "commands")
        found += _commands(sub, f"{before}{name} ") if inner else [(f"{before}{name}", sub)]
    return found


def _settings(kind: type[Any]) -> list[str]:
    defaults = kind()
    return [
        f"| `{name}` | `{_default(defaults, name)}` | {_meaning(kind, name)} |"
        for name in fields_of(kind)
    ]


def _name(parameter: Any) -> str:
    return parameter.name.upper() if parameter.param_type_name == "argument" else parameter.opts[0]


def _help(parameter: Any) -> str:
    text = re.sub(r"\s+", " ", parameter.help or "")
    default = parameter.show_default if isinstance(parameter.show_default, str) else None
    if default is None and parameter.param_type_name == "option" and not parameter.is_flag:
        default = parameter.default
    return f"{text} Default: {default}." if default not in (None, "", False) else text


def _default(value: Any, name: str) -> str:
    for part in name.split("."):
        value = getattr(value, part)
    return f"{list(value) if isinstance(value, tuple) else value}"


def _meaning(kind: type[Any], name: str) -> str:
    *sections, field = name.split(".")
    for section in sections:
        kind = cast(Any, next(one.type for one in dataclasses.fields(kind) if one.name == section))
    # A field's docstring is known to the class that has it in its body, not to those after it.
    found = (vars(one).get("__pydantic_fields__", {}).get(field) for one in kind.__mro__)
    return next(
        (re.sub(r"\s+", " ", one.description) for one in found if one and one.description), ""
    )


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
