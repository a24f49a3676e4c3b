"""`import reverie` takes no time: what is large is loaded when it is asked for."""

import subprocess
import sys

import pytest

import reverie

LARGE = ("torch", "numpy", "pydantic", "scipy", "matplotlib", "av", "typer", "rich")


def loaded_by(code: str) -> set[str]:
    """What is in `sys.modules` of a fresh process after `code`."""
    told = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(told.stdout.split())


def test_the_import_loads_nothing_large() -> None:
    loaded = loaded_by("import reverie; dir(reverie); reverie.ReverieError, reverie.__version__")
    assert "reverie" in loaded
    assert not loaded & {*LARGE, "reverie.api"}


def test_preparing_loads_no_torch() -> None:
    loaded = loaded_by("import reverie; reverie.prepare, reverie.open_corpus, reverie.Corpus")
    assert "numpy" in loaded
    assert "torch" not in loaded


def test_every_name_is_there() -> None:
    for name in reverie.__all__:
        value = getattr(reverie, name)
        assert value.__name__ == name
        assert value.__doc__
        assert getattr(reverie, name) is value, "loaded once"
    assert set(reverie.__all__) <= set(dir(reverie))
    assert "__version__" in dir(reverie)


def test_star_gives_all_of_them() -> None:
    space: dict[str, object] = {}
    exec("from reverie import *", space)
    assert set(reverie.__all__) <= set(space)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'reverie' has no attribute 'trian'"):
        _ = reverie.trian  # pyright: ignore
    assert not hasattr(reverie, "np")
