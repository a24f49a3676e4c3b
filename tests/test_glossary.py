"""No retired word is left: in public names, settings, options and headings."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from reverie.cli.app import app
from reverie.corpus.settings import PrepareSettings
from reverie.evaluation.settings import EvaluationSettings
from reverie.experiment.settings import ExperimentSettings
from reverie.generation.settings import GenerationSettings
from reverie.listening.settings import ListeningSettings
from reverie.runs.settings import Recipe
from reverie.settings import fields_of

ROOT = Path(__file__).parents[1]

NAMES = {
    "Measures", "measures_of", "measure_needs", "Meaning", "meaning", "tail", "silent_tail",
    "tail_after", "frame_samples", "stages", "codebook", "components", "vector", "soften_db",
    "seed_from", "seed_frames", "seed_recordings", "choose_seeds", "seeds", "rng_seed", "RngSeed",
    "heard", "hear", "told", "left", "past", "known", "made", "SurpriseGuard", "LevelGuard", "push",
    "lift", "aims", "apart", "joined", "averaging", "least_epoch", "least_loss", "best_epoch",
    "best_loss", "most_sequences", "ends_below_db", "Board", "Watch", "Work", "Keeper", "keeping",
    "tell", "Factor", "times", "again", "laid_out", "noisiness", "edge_jump", "change", "flux",
    "attack", "far", "freedom", "chance_beyond", "equal", "successors", "successor", "settled",
    "one", "found", "every",
}  # fmt: skip
"""Retired as whole names; in a longer name most of them are plain words."""

PARTS = {
    "measures_of", "silent_tail", "tail_after", "frame_samples", "soften", "rng_seed", "seed_from",
    "heard", "told", "averaging", "laid", "noisiness", "attack", "successor", "successors",
    "settled", "freedom", "averaged_by",
}  # fmt: skip
"""Retired wherever they stand in a name between underscores."""

ALLOWED = {
    "degrees_of_freedom": "the term of statistics",
    "larger_degrees_of_freedom": "the same",
}
"""Names that hold a retired word, each with its reason."""

ALLOWED_AT = {
    "reverie/audio/beats.py": ["times"],  # seconds, as of any beat tracker
    "reverie/audio/reading/links.py": ["tell"],  # of a file, as Python's own
    "reverie/audio/reading/opened.py": ["LONGEST_FRAME_SAMPLES"],  # a frame of FFmpeg's
}
"""Names that are allowed in one file."""

HEARD_BY_PEOPLE = "reverie/listening/"
"""There, listeners hear: `heard` is meant as it is said."""

HEADINGS = re.compile(
    r"\b(settled|judging by number|told|heard|seeds?|unsound|noisiness|successors?|frame_samples|"
    r"averaging|gone on with)\b",
    re.IGNORECASE,
)


def retired(name: str) -> bool:
    """Whether `name` is, or holds, a retired word."""
    if name in ALLOWED:
        return False
    parts = name.lower().strip("_").replace("-", "_").split("_")
    spans = {
        "_".join(parts[start:end])
        for start in range(len(parts))
        for end in range(start + 1, len(parts) + 1)
    }
    return name in NAMES or bool(spans & PARTS)


def public_names(path: Path) -> Iterator[str]:
    """The public names of a module: its own, and of classes, functions, parameters and fields."""
    yield path.stem
    yield from names_in(ast.parse(path.read_text()).body)


def names_in(body: list[ast.stmt], within_class: bool = False) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name
            yield from names_in(node.body, within_class=True)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name.startswith("_") and node.name not in {"__init__", "__call__"}:
                continue
            yield node.name
            given = node.args
            for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs):
                yield argument.arg
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if not node.target.id.startswith("_"):
                yield node.target.id
        elif isinstance(node, ast.Assign) and not within_class:
            yield from (one.id for one in node.targets if isinstance(one, ast.Name))


@pytest.mark.parametrize("folder", sorted(p.name for p in (ROOT / "reverie").iterdir()))
def test_no_public_name_is_retired(folder: str) -> None:
    place = ROOT / "reverie" / folder
    files = [place] if place.suffix == ".py" else sorted(place.rglob("*.py"))
    left: dict[str, list[str]] = {}
    for path in files:
        where = path.relative_to(ROOT).as_posix()
        if where.startswith("reverie/legacy/"):
            continue
        words = {name for name in public_names(path) if retired(name)}
        if where.startswith(HEARD_BY_PEOPLE):
            words = {name for name in words if "heard" not in name.lower()}
        words -= set(ALLOWED_AT.get(where, ()))
        if words:
            left[where] = sorted(words)
    assert not left


@pytest.mark.parametrize(
    "kind",
    [
        Recipe, GenerationSettings, PrepareSettings, EvaluationSettings, ExperimentSettings,
        ListeningSettings,
    ],
)  # fmt: skip
def test_no_setting_is_retired(kind: type) -> None:
    assert not [name for name in fields_of(kind) if retired(name.rpartition(".")[2])]


def test_no_option_is_retired() -> None:
    assert not [name for name in options_of(typer.main.get_command(app)) if retired(name)]


def options_of(command: Any) -> Iterator[str]:
    """The options and arguments of a command and of all below it, as names."""
    for parameter in command.params:
        for text in (*parameter.opts, *parameter.secondary_opts):
            yield text.lstrip("-").replace("-", "_")
    for inner in getattr(command, "commands", {}).values():
        yield from options_of(inner)


def test_no_heading_is_retired() -> None:
    assert not [
        f"{path.name}: {line}"
        for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
        for line in path.read_text().splitlines()
        if re.match("#+ ", line) and HEADINGS.search(line) and path.name != "experiments.md"
    ]
