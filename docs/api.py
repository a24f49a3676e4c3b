"""Write docs/api.md from the docstrings of `reverie` and docs/api-examples.md:
`python docs/api.py`."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import reverie

PAGE = Path(__file__).with_name("api.md")
EXAMPLES = Path(__file__).with_name("api-examples.md")
ORDER = (
    "prepare",
    "open_corpus",
    "corpus_of",
    "Corpus",
    "list_corpora",
    "train",
    "estimate",
    "Estimate",
    "load",
    "Run",
    "Exported",
    "list_runs",
    "Clip",
    "Clips",
    "Stream",
    "trim",
    "Trimmed",
    "save",
    "Saved",
    "evaluate",
    "Evaluation",
    "Table",
    "self_test",
    "architectures",
    "run_experiment",
    "Experiment",
    "search",
    "Search",
    "run_demo",
    "listening_test",
    "ListeningTest",
    "ReverieError",
)
WIDTH = 88
"""A longer signature has an argument a line."""


def page() -> str:
    """The page as text."""
    parts = [
        "# From Python\n\nWritten by `docs/api.py` from the docstrings; a test keeps it true.\n",
        EXAMPLES.read_text(encoding="utf-8"),
        "## Reference\n\nObjects come from the functions; nobody needs to make one by hand, but a "
        "`Table`.\nSettings are in [reference.md](reference.md).\n",
    ]
    for name in ORDER:
        value = getattr(reverie, name)
        parts.append(f"### {name}\n")
        if inspect.isclass(value):
            parts.append(_docstring(value))
            parts += [_member(name, *member) for member in _members(value)]
        else:
            parts.append(_callable(f"reverie.{name}", value))
            parts.append(_docstring(value))
    return "\n".join(parts)


def blocks(text: str) -> list[str]:
    """The examples in Python on a page, in order."""
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def _members(kind: type[Any]) -> Iterator[tuple[str, Any, str]]:
    """Name, value and docstring of what is public, in the order of the source."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)
    seen = set[str]()
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        if node.name == "__init__":
            yield from ((name, None, text) for name, text in _attributes(node))
        elif not node.name.startswith("_") and node.name not in seen:
            seen.add(node.name)
            yield node.name, inspect.getattr_static(kind, node.name), ""


def _attributes(made: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Attributes that have a string after their assignment."""
    for node, after in zip(made.body, made.body[1:], strict=False):
        match node, after:
            case (
                ast.Assign(targets=[ast.Attribute(attr=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, text
            case _:
                pass


def _member(owner: str, name: str, value: Any, text: str) -> str:
    if value is None:
        return f"#### {owner}.{name}\n\n{text}\n"
    function = getattr(value, "__func__", None) or getattr(value, "fget", None)
    function = function or getattr(value, "func", None) or value
    if isinstance(value, property) or hasattr(value, "func"):
        told = inspect.signature(function).return_annotation
        return f"#### {owner}.{name}\n\n`{_type(told)}`. {_docstring(function)}"
    by = owner if isinstance(value, classmethod) else owner.lower()
    return f"#### {owner}.{name}\n\n{_callable(f'{by}.{name}', function)}\n{_docstring(function)}"


def _callable(name: str, function: Any) -> str:
    signature = inspect.signature(function)
    shown: list[str] = []
    starred = False
    for one in signature.parameters.values():
        if one.name in {"self", "cls"}:
            continue
        if one.kind is one.KEYWORD_ONLY and not starred:
            shown.append("*")
            starred = True
        text = {one.VAR_KEYWORD: "**", one.VAR_POSITIONAL: "*"}.get(one.kind, "") + one.name
        if one.annotation is not one.empty and one.kind is not one.VAR_KEYWORD:
            text += f": {_type(one.annotation)}"
        if one.default is not one.empty:
            text += f" = {_default(one.default)}"
        shown.append(text)
    returns = signature.return_annotation
    end = "" if returns in (signature.empty, None) else f" -> {_type(returns)}"
    line = f"{name}({', '.join(shown)}){end}"
    if len(line) > WIDTH:
        inner = "".join(f"    {one},\n" for one in shown)
        line = f"{name}(\n{inner}){end}"
    return f"```\n{line}\n```\n"


def _default(value: Any) -> str:
    return value.__name__ if callable(value) else "..." if value is ... else repr(value)


def _type(annotation: Any) -> str:
    """An annotation in words of the page: modules left out, and `PathLike` by its name."""
    text = inspect.formatannotation(annotation)
    text = re.sub(r"\bstr \| os\.PathLike\[str\]", "PathLike", text)
    text = re.sub(r"\b(?:[a-z_0-9]+\.)+(?=[A-Za-z])", "", text)
    text = text.replace("Mapping[str, Any]", "Settings").replace("ndarray[tuple[Any, ...], dtype[float32]]", "NDArray[float32]")  # fmt: skip  # noqa: E501
    return text.replace("'", "").replace('"', "")


def _docstring(value: Any) -> str:
    """A docstring, its sections as lists. Constructors' arguments are left out of classes that
    functions give."""
    text = inspect.getdoc(value) or ""
    lead, *sections = re.split(r"^(Args|Returns|Raises|Attributes):\n", text, flags=re.MULTILINE)
    parts = [lead.strip()]
    for heading, body in zip(sections[::2], sections[1::2], strict=True):
        if heading in {"Args", "Raises"} and inspect.isclass(value) and value.__name__ != "Table":
            continue
        content = textwrap.dedent(body).strip()
        if heading in {"Args", "Attributes", "Raises"}:
            entries = re.split(r"\n(?=\S)", content)
            listed = (
                re.sub(r"^(\S+?): ", r"- `\1`: ", re.sub(r"\s+", " ", one)) for one in entries
            )
            parts.append(f"{heading}:\n\n" + "\n".join(listed))
        else:
            told = re.sub(r"\s+", " ", content)
            parts.append(f"{heading}: {told}")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
