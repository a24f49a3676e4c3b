"""Describe settings to the page: name, kind, limits and a word on each."""

from dataclasses import asdict
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter

from reverie.corpus.settings import PrepareSettings
from reverie.generation.settings import GenerationSettings
from reverie.runs.settings import Recipe
from reverie.settings import flat
from reverie.training.recipe import load_recipe, recipe_names

Schema = dict[str, Any]
_KINDS = {
    "integer": "whole", "number": "number", "boolean": "switch", "array": "list", "string": "text",
}  # fmt: skip


@cache
def recipes() -> tuple[dict[str, Any], ...]:
    """Return each recipe's name, description, limits and settings."""
    found: list[dict[str, Any]] = []
    for name in recipe_names():
        recipe = load_recipe(name)
        found.append(
            {
                "name": name,
                "description": recipe.description,
                "minutes": recipe.training.minutes or None,
                "epochs": None if recipe.training.is_endless else recipe.training.epochs,
                "decoder": recipe.frames.decoder,
                "settings": flat(asdict(recipe)),
            }
        )
    return tuple(found)


@cache
def all_settings() -> dict[str, list[dict[str, Any]]]:
    """Return the settings of recipes, of generating and of preparing."""
    kinds = {"recipe": Recipe, "generation": GenerationSettings, "prepare": PrepareSettings}
    return {name: described(kind) for name, kind in kinds.items()}


def described(kind: type[Any]) -> list[dict[str, Any]]:
    """Describe each setting of a settings dataclass, by its dotted name."""
    schema = TypeAdapter(kind).json_schema()
    return _properties(schema, schema.get("$defs", {}), "")


def _properties(schema: Schema, parts: Schema, prefix: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, given in cast(dict[str, Schema], schema["properties"]).items():
        section = given.get("$ref") or next((one["$ref"] for one in given.get("allOf", ())), None)
        if section is not None:
            inner = parts[str(section).rpartition("/")[2]]
            found += _properties(inner, parts, f"{prefix}{name}.")
        else:
            found.append({"name": prefix + name, **_described(given)})
    return found


def _described(given: Schema) -> dict[str, Any]:
    forms: list[Schema] = given.get("anyOf", [given])
    some = [one for one in forms if one.get("type") != "null"]
    first = some[0]
    choices = first.get("enum")
    return {
        "kind": "choice" if choices else _KINDS[first["type"]],
        "default": given.get("default"),
        "low": first.get("minimum", first.get("exclusiveMinimum")),
        "high": first.get("maximum", first.get("exclusiveMaximum")),
        "choices": choices,
        "optional": len(some) < len(forms),
        "help": " ".join(given.get("description", "").split()),
    }
