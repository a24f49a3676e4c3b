"""What `make` installs: all that is imported and nothing else, pinned, by its name alone."""

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent

NOT_IMPORTED = {
    "tensorboard": "by torch.utils.tensorboard",
    "protobuf": "for its floor",
    "werkzeug": "for its floor",
}
"""Dependencies that no module of ours imports, and why they are declared."""

USED_IF_THERE = {"mido", "onnxruntime", "optuna", "ray", "rtmidi", "sounddevice"}
"""Imported only after a look whether it is there."""


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def floors(wanted: list[str]) -> dict[str, str]:
    """The lowest version allowed of each."""
    parts = [re.fullmatch(r"([\w-]+)(?:\[\w+\])?>=([\d.]+)", one) for one in wanted]
    return {_normal(part[1]): part[2] for part in parts if part}


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in found), found
    return {_normal(pin.partition("==")[0]): pin.partition("==")[2] for pin in found}


def imported(folder: str) -> dict[str, str]:
    """Every package of others that the files of a folder import, and one such file."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names):
                    modules = [one.name for one in names]
                case ast.ImportFrom(module=str(module), level=0):
                    modules = [module]
                case _:
                    continue
            found |= {one.partition(".")[0]: str(path.relative_to(ROOT)) for one in modules}
    own = {"reverie", "tests", "benchmarks", "docs", *sys.stdlib_module_names,
           *(path.stem for path in (ROOT / folder).glob("*.py"))}  # fmt: skip
    return {name: where for name, where in found.items() if name not in own | USED_IF_THERE}


def distributions(module: str) -> set[str]:
    return {_normal(one) for one in _installed().get(module, [module])}


@cache
def _installed() -> Mapping[str, list[str]]:
    return packages_distributions()


def test_every_dependency_is_pinned_above_its_floor() -> None:
    own, pinned = project(), pins()
    extra = own["optional-dependencies"]
    extras = (extra[name] for name in ("dev", "onnx", "play", "remote", "cluster"))
    wanted = [*own["dependencies"], *(one for each in extras for one in each)]
    found = floors(wanted)
    assert len(found) == len(set(wanted)), "each has a floor"
    for name, floor in found.items():
        assert _figures(pinned[name]) >= _figures(floor), name


def test_what_is_imported_is_declared() -> None:
    own = project()
    declared = floors(own["dependencies"]).keys()
    for module, where in imported("reverie").items():
        assert distributions(module) & declared, f"{where} imports {module}"
    extra = own["optional-dependencies"]
    declared = floors([*own["dependencies"], *extra["dev"], *extra["keras"]]).keys()
    for folder in ("tests", "benchmarks", "docs"):
        for module, where in imported(folder).items():
            assert distributions(module) & declared, f"{where} imports {module}"


def test_what_is_declared_is_imported() -> None:
    declared = floors(project()["dependencies"]).keys()
    used = {name for module in imported("reverie") for name in distributions(module)}
    assert declared - used == NOT_IMPORTED.keys()
    sources = "".join(path.read_text() for path in (ROOT / "reverie").rglob("*.py"))
    assert "from torch.utils.tensorboard" in sources
    brought = {_normal(re.split(r"[^\w.-]", one)[0]) for one in requires("tensorboard") or []}
    assert brought >= NOT_IMPORTED.keys() - {"tensorboard"}


def test_what_installs_it_has_a_floor() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert _figures(floors(build)["setuptools"]) >= (78, 1, 1)
    assert _figures(pins()["setuptools"]) >= (78, 1, 1)


def _figures(version: str) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\d+", version))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
