"""Check a command line that the page asks for, word by word."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reverie.studio.home import Home
from reverie.studio.jobs.grammar import COMMANDS, Grammar, Takes, Weight
from reverie.studio.problems import Problem
from reverie.terminal import printable
from reverie.training.recipe import recipe_names

MOST_WORDS = 20_000
"""A corpus of thousands of recordings has a word or two for each that is left out."""
LONGEST_WORD = 1024
PROMPTS = ("held-out", "training", "nothing")
_REMEDY = "Use the terminal for what the page does not offer."


@dataclass(frozen=True)
class Command:
    """A command line that was checked."""

    words: tuple[str, ...]
    """Without `reverie`; paths are from the studio's folder."""
    kind: str
    """Its command, such as `train`."""
    weight: Weight
    out: Path | None
    """What it writes, where that is known."""

    @property
    def line(self) -> str:
        """The line for a terminal in the studio's folder."""
        return line_of(self.words)


def line_of(words: Sequence[str]) -> str:
    """Return the line for a terminal that runs the command of `words`."""
    return shlex.join(["reverie", *words])


def checked(words: Sequence[str], home: Home) -> Command:
    """Check a command line.

    Args:
        words: of it, without `reverie`.
        home: where all paths must lie.

    Returns:
        The command, with each path as the studio's folder has it.

    Raises:
        Problem: a word is not on the list, or a path lies elsewhere.
    """
    if not 1 <= len(words) <= MOST_WORDS:
        raise Problem(400, "That is no command.", _REMEDY)
    for word in words:
        if len(word) > LONGEST_WORD or not word.isprintable():
            raise Problem(400, "A word of the command is too long or no text.", _REMEDY)
    for name, grammar in COMMANDS.items():
        if tuple(words[: len(name)]) == name:
            return _Reader(home, name, grammar).read(words[len(name) :])
    raise Problem(400, f"The page may not ask for {printable(words[0])!r}.", _REMEDY)


class _Reader:
    """Reads the words after a command's name."""

    def __init__(self, home: Home, name: tuple[str, ...], grammar: Grammar) -> None:
        self._home, self._name, self._grammar = home, name, grammar
        self._out: Path | None = None

    def read(self, words: Sequence[str]) -> Command:
        """Return the command, or raise a `Problem`."""
        arguments: list[str] = []
        options: list[str] = []
        rest = iter(words)
        for word in rest:
            if word.startswith("-"):
                options += self._option(word, rest)
            else:
                arguments.append(self._argument(len(arguments), word))
        if len(arguments) < len(self._grammar.arguments):
            raise Problem(400, f"{' '.join(self._name)} lacks an argument.", _REMEDY)
        words = (*self._name, *arguments, *options)
        return Command(tuple(words), self._name[-1], self._grammar.weight, self._out)

    def _option(self, word: str, rest: Iterator[str]) -> list[str]:
        name, equals, value = word.partition("=")
        takes = self._grammar.options.get(name)
        if takes is None or (takes == "nothing" and equals):
            said = f"{' '.join(self._name)} {printable(name)}"
            raise Problem(400, f"The page may not ask for {said!r}.", _REMEDY)
        if takes == "nothing":
            return [name]
        given = value if equals else next(rest, None)
        if given is None:
            raise Problem(400, f"{name} lacks a value.", _REMEDY)
        value = self._value(takes, given, is_out=name == self._grammar.out)
        return [f"{name}={value}"] if value.startswith("-") else [name, value]

    def _argument(self, place: int, word: str) -> str:
        kinds = self._grammar.arguments
        if place >= len(kinds) and not self._grammar.more:
            raise Problem(400, f"{printable(word)!r} is an argument too many.", _REMEDY)
        takes = kinds[min(place, len(kinds) - 1)]
        if isinstance(takes, tuple):
            if word not in takes:
                raise Problem(400, f"{printable(word)!r} is none of {', '.join(takes)}.", _REMEDY)
            return word
        return self._value(takes, word)

    def _value(self, takes: Takes, value: str, *, is_out: bool = False) -> str:
        if takes == "text":
            return value
        if (takes == "prompt" and value in PROMPTS) or (
            takes == "recipe" and value in recipe_names()
        ):
            return value
        path = self._home.path(value)
        if takes == "new":
            if path in self._home.roots:
                raise Problem(400, "The studio's folder itself cannot be written.", "Name a new.")
        elif not path.exists():
            raise Problem(404, f"There is no {printable(value)}.", "Reload the page.")
        if is_out:
            self._out = path
        name = self._home.name(path)
        # What begins with a dash would be taken for an option.
        return f"./{name}" if name.startswith("-") else name
