"""Files and functions stay small enough to be read at once."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "reverie"
MOST_LINES, MOST_FUNCTION_LINES = 300, 60
FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_and_no_function_is_long(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    # A command declares its options as parameters, a few lines each: its body alone counts.
    is_command = path.parent.name == "cli"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            first = node.body[0].lineno if is_command else node.lineno
            assert node.end_lineno - first < MOST_FUNCTION_LINES, node.name
