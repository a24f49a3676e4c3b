"""The space of a search: between what and what each setting may lie.

A TOML file names settings as recipes do, and says of each its range or its choices:

    [training]
    learning_rate = { low = 1e-3, high = 1e-2, log = true }

    [model]
    hidden = { choices = [512, 768, 1024] }
    input_dropout = { low = 0.0, high = 0.3, step = 0.05 }
"""

import dataclasses
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, cast

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from reverie.errors import ReverieError, os_reason
from reverie.runs.settings import Recipe
from reverie.settings import STRICT, build, fields_of, flat, nearest, override
from reverie.storage import open_foreign

MOST_BYTES = 1 << 20
REMEDY = (
    "Write `{ low = 0.1, high = 1.0 }`, with `log = true` or a `step`, or `{ choices = [..] }`."
)

Value = float | int | str | bool


@dataclass(frozen=True, config=STRICT)
class Range:
    """Where one setting may lie: between two numbers, or among choices."""

    low: int | float | None = None
    high: int | float | None = None
    log: bool = False
    """By factors."""
    step: int | float | None = None
    choices: tuple[bool | int | float | str, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.choices:
            if (self.low, self.high, self.step, self.log) != (None, None, None, False):
                raise ValueError("choices have no low, high, step or log")
            if len(set(self.choices)) != len(self.choices):
                raise ValueError("a choice is there twice")
            return self
        if self.low is None or self.high is None:
            raise ValueError("it has neither choices nor both low and high")
        if not self.low < self.high:
            raise ValueError("low must be below high")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError("with log, low must be above 0 and there is no step")
        if self.step is not None and self.step <= 0:
            raise ValueError("step must be above 0")
        return self

    @property
    def is_whole(self) -> bool:
        """Whether its numbers are whole ones."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def holds(self, value: object) -> bool:
        """Whether `value` is one of those that it has."""
        if self.low is None or self.high is None:
            return value in self.choices
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        steps = 0.0 if self.step is None else (value - self.low) / self.step
        return self.low <= value <= self.high and abs(steps - round(steps)) < 1e-9

    def ends(self) -> tuple[Value, ...]:
        """Its choices, or both of its ends."""
        if self.low is None or self.high is None:
            return self.choices
        return self.low, self.high


Space = Mapping[str, Range]
"""Ranges by the dotted names of settings."""


def default_space(recipe: Recipe) -> Space:
    """What is searched if nothing is said: how fast it learns, its size, its dropout, and how it
    draws, around the recipe's own values."""
    model, training, generation = recipe.model, recipe.training, recipe.generation
    found = {
        "training.learning_rate": _around(training.learning_rate, 3.0),
        "model.hidden": Range(
            choices=tuple(
                sorted({max(1, round(model.hidden * share)) for share in (0.5, 0.75, 1.0, 1.5)})
            )
        ),
        "model.input_dropout": Range(low=0.0, high=max(0.3, model.input_dropout)),
        "model.hidden_dropout": Range(low=0.0, high=max(0.3, model.hidden_dropout)),
    }
    if recipe.frames.transform == "codes":
        found |= {
            "generation.temperature": Range(low=0.8, high=max(1.1, generation.temperature)),
            "generation.guidance": Range(low=0.0, high=max(1.6, generation.guidance)),
            "generation.min_p": Range(low=0.0, high=max(0.06, generation.min_p)),
        }
    return found


def read_space(path: Path, recipe: Recipe) -> Space:
    """Read a space from a TOML file.

    Args:
        path: of the file.
        recipe: whose settings are searched; every end and choice must be possible in it.

    Raises:
        ReverieError: the file cannot be read, or a setting is unknown or its range wrong.
    """
    try:
        with open_foreign(path) as file:
            values = tomllib.loads(file.read(MOST_BYTES).decode("utf-8"))
    except OSError as error:
        raise ReverieError(f"{path} cannot be read: {os_reason(error)}.", REMEDY) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ReverieError(f"{path} is not TOML: {error}.", "Mend that line.") from error
    return space_of(values, recipe, str(path))


def space_of(values: Mapping[str, Any], recipe: Recipe, source: str) -> Space:
    """The space that nested plain values describe.

    Args:
        values: ranges by section and name, or by dotted name; a list stands for choices.
        recipe: whose settings are searched.
        source: where the values come from, for messages.

    Raises:
        ReverieError: a setting is unknown, or its range is wrong.
    """
    known, found = fields_of(Recipe), dict[str, Range]()
    for name, value in _opened(values):
        if name not in known:
            raise ReverieError(f"{source}: there is no setting {name}.", nearest(Recipe, name))
        if not isinstance(value, Mapping | list):
            raise ReverieError(f"{source}: {name} has no range.", REMEDY)
        told: Mapping[str, Any] = {"choices": value}
        if isinstance(value, Mapping):
            told = cast(Mapping[str, Any], value)
        found[name] = build(Range, told, f"{source}: {name}")
        for end in found[name].ends():
            with_values(recipe, {name: end}, source)
    if not found:
        raise ReverieError(f"{source} names no setting to search.", REMEDY)
    return found


def with_values(recipe: Recipe, values: Mapping[str, Any], source: str) -> Recipe:
    """`recipe` with other values of settings, by dotted name.

    Raises:
        ReverieError: one does not fit.
    """
    return build(Recipe, override(dataclasses.asdict(recipe), values), source)


def own_values(recipe: Recipe, space: Space) -> dict[str, Any]:
    """The recipe's own values of the settings that are searched."""
    values = flat(dataclasses.asdict(recipe))
    return {name: values[name] for name in space}


def _around(value: float, factor: float) -> Range:
    return Range(low=value / factor, high=value * factor, log=True)


def _opened(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    """Ranges by dotted names, sections opened."""
    found: list[tuple[str, object]] = []
    for key, value in values.items():
        inner = cast(Mapping[str, Any], value) if isinstance(value, Mapping) else None
        if inner is not None and {"low", "high", "choices"}.isdisjoint(inner):
            found += _opened(inner, f"{prefix}{key}.")
        else:
            found.append((prefix + key, cast(object, value)))
    return found
