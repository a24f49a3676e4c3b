"""The documents say what the program does."""

import importlib.util
from pathlib import Path

from reverie.settings import fields_of
from reverie.training.recipe import recipe_names
from reverie.training.settings import Recipe

ROOT = Path(__file__).parent.parent


def test_the_reference_is_the_programs_own() -> None:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert page == module.reference(), "run: python docs/reference.py"
    for name in [*fields_of(Recipe), *recipe_names()]:
        assert f"`{name}`" in page
    rows = [row for row in page.splitlines() if row.startswith("| `")]
    assert all(row.split("|")[-2].strip() for row in rows), "something is undocumented"


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in ("prepare", "inspect", "train", "generate", "demo"):
        assert f"reverie {command}" in readme
