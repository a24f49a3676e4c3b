"""A share of the damaged folders; `python -m tests.fuzz.folders` tries thousands."""

import random
from pathlib import Path

import pytest

from tests.fuzz.damage import damage
from tests.fuzz.folders import damaged, make_templates

CASES = 120


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_templates(tmp_path_factory.mktemp("folders"))


@pytest.mark.parametrize("first", range(0, CASES, 20))
def test_damage_is_told_in_a_line(template: Path, tmp_path: Path, first: int) -> None:
    outcomes = [damaged(template, tmp_path, seed) for seed in range(first, first + 20)]
    assert [f"{one.case}: {one.fault}" for one in outcomes if one.fault] == []
    assert {one.exit_code for one in outcomes} <= {0, 2}
    assert any(one.exit_code == 2 for one in outcomes)


def test_damage_does_damage(tmp_path: Path) -> None:
    content = b'{"a": [1, 2, {"b": 3}], "c": "d"}'
    changed = 0
    for seed in range(200):
        path = tmp_path / f"{seed}.json"
        path.write_bytes(content)
        damage(path, random.Random(seed))
        changed += not path.is_file() or path.is_symlink() or path.read_bytes() != content
    assert changed > 180
