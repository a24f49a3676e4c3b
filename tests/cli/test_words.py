"""Settings that a text names become options of the command that prints it."""

import ast
import re
from pathlib import Path

import pytest

from reverie.cli.listen import serve
from reverie.cli.prepare import prepare
from reverie.cli.trim import trim
from reverie.cli.words import in_options, options_of

PACKAGE = Path(__file__).parent.parent.parent / "reverie"
OPTION = re.compile(r"(?<![\w(-])--[a-z][a-z-]+")
COMMANDS = {
    "--checkpoint", "--corpus", "--from", "--no-deps", "--nproc-per-node", "--out", "--prompt",
    "--rate", "--recipe", "--seconds", "--set", "--stereo", "--to",
}  # fmt: skip
"""Options of whole commands, `reverie train ...`, that a text may give to be copied."""


@pytest.mark.parametrize(
    ("command", "text", "told"),
    [
        (prepare, "`min_seconds=0.2` admits it", "--min-seconds 0.2 admits it"),
        (prepare, "`keep_damaged=True` uses it", "--keep-damaged uses it"),
        (prepare, "`normalise_dbfs=-1` turns it up", "--normalise -1 turns it up"),
        (trim, "give a `start` before the `end`", "give a --start before the --end"),
        (serve, "or `anchors=0`", "or --set anchors=0"),
        (
            trim,
            "no `port` here, and no `File` or `a b=c`",
            "no `port` here, and no `File` or `a b=c`",
        ),
    ],
)
def test_settings_become_options(command: object, text: str, told: str) -> None:
    with options_of(command):  # pyright: ignore[reportArgumentType]
        assert in_options(text) == told


def test_options_are_those_of_the_command_that_runs() -> None:
    with options_of(trim):
        with options_of(prepare):
            assert in_options("`min_seconds`") == "--min-seconds"
        assert in_options("`min_seconds`") == "`min_seconds`"


def texts(path: Path) -> list[str]:
    """The strings of a module that are no docstrings."""
    tree = ast.parse(path.read_text())
    documents = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documents
    ]


def test_layers_below_the_command_line_name_settings() -> None:
    named = {
        (path.relative_to(PACKAGE), option)
        for path in PACKAGE.rglob("*.py")
        # The studio's page asks for whole commands.
        if path.relative_to(PACKAGE).parts[0] not in {"cli", "studio"}
        for text in texts(path)
        for option in OPTION.findall(text)
    }
    assert not {(path, option) for path, option in named if option not in COMMANDS}
    of_commands = {path.as_posix() for path, _ in named}
    assert of_commands == {
        "api/corpus.py",
        "corpus/corpus.py",
        "corpus/kinds.py",
        "evaluation/measures/notes.py",
        "export/folder/card.py",
        "export/html/model_tables.py",
        "export/html/player.py",
        "playing/outputs/device.py",
        "playing/outputs/pipe.py",
        "training/outcome.py",
        "training/pretrained.py",
        "training/ranks.py",
    }
