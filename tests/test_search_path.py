"""What lies in the current folder is never run: it may be a set of recordings from anywhere."""

import os
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import reverie
from tests.audio.making import music, wav

PROGRAM = "from reverie.cli.app import main; main()"
PACKAGES = str(Path(reverie.__file__).parent.parent)


@pytest.fixture
def traps(tmp_path: Path) -> Path:
    """A recording among modules of every name that could be imported; each leaves its mark."""
    folder = tmp_path / "downloaded"
    folder.mkdir()
    mark = tmp_path / "ran"
    code = f"with open({str(mark)!r}, 'a') as mark: mark.write(__name__ + ' ')\n"
    names = {*sys.stdlib_module_names, *packages_distributions(), "sitecustomize", "usercustomize"}
    for name in names - {"reverie"}:
        (folder / f"{name}.py").write_text(code)
    wav(folder / "a.wav", music(3.0, seed=1, rate_hz=16000), rate_hz=16000)
    return folder


def run(folder: Path, *command: str, python_path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command, "prepare", ".", "--out", "../corpus", "--quiet"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": python_path},
        capture_output=True,
        text=True,
        check=False,
    )


def assert_nothing_ran(folder: Path, done: subprocess.CompletedProcess[str]) -> None:
    mark = folder.parent / "ran"
    assert not mark.exists(), f"ran: {mark.read_text()}"
    assert done.returncode == 0, done.stderr
    assert "1 recording used" in done.stdout


def test_no_module_of_the_current_folder_is_run(traps: Path) -> None:
    done = run(traps, "-P", "-c", PROGRAM, python_path=PACKAGES)
    assert_nothing_ran(traps, done)


def test_nor_by_python_dash_m(traps: Path) -> None:
    assert_nothing_ran(traps, run(traps, "-m", "reverie", python_path=PACKAGES))


@pytest.mark.parametrize("part", ["", ".", "../downloaded"])
def test_nor_under_a_python_path_that_means_it(traps: Path, part: str) -> None:
    path = os.pathsep.join([part, PACKAGES])
    # Python itself takes from there what it wants at its start, before a line of ours is run.
    ours = {"queue", "json", "av", "numpy", "rich", "typer", "pydantic", "selectors", "hashlib"}
    for trap in traps.glob("*.py"):
        if trap.stem not in ours:
            trap.unlink()
    assert_nothing_ran(traps, run(traps, "-P", "-c", PROGRAM, python_path=path))


def test_a_python_path_that_is_meant_is_kept(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "wanted.py").touch()
    code = (
        "import reverie.cli, subprocess, wanted\n"
        "from reverie.search_path import python_command, python_environment\n"
        "code = 'import wanted, reverie, sys; print(wanted.__file__, sys.flags.safe_path)'\n"
        "subprocess.run(python_command(code), env=python_environment(), check=True)"
    )
    for here in (tmp_path, tmp_path / "lib"):
        found = subprocess.run(
            [sys.executable, "-P", "-c", code],
            cwd=here,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path / "lib"), PACKAGES])},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.split()
        assert found == [str(tmp_path / "lib" / "wanted.py"), "True"]


@pytest.mark.parametrize("kind", ["settings", "pipe", "garbage"])
def test_no_settings_of_the_current_folder_are_drawn_by(tmp_path: Path, kind: str) -> None:
    settings = tmp_path / "matplotlibrc"
    if kind == "pipe":
        os.mkfifo(settings)
    else:
        settings.write_bytes(b"text.usetex: True\n" if kind == "settings" else b"\xff\xfe\x00")
    code = "from reverie.plotting import matplotlib; print(matplotlib.rcParams['text.usetex'])"
    drawn = subprocess.run(
        [sys.executable, "-P", "-c", f"{code}; import os; print(os.getcwd())"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": PACKAGES},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert drawn.stdout.split() == ["False", str(tmp_path)]
    assert drawn.stderr == ""


def test_other_threads_keep_their_folder_while_matplotlib_loads(tmp_path: Path) -> None:
    """A log that is written meanwhile goes to the folder it was begun in."""
    (tmp_path / "log").touch()
    code = (
        "import threading\n"
        "lost, loaded = [], threading.Event()\n"
        "def write():\n"
        "    while not loaded.is_set():\n"
        "        try:\n"
        "            os.close(os.open('log', os.O_WRONLY))\n"
        "        except OSError as error:\n"
        "            lost.append(error)\n"
        "import os\n"
        "thread = threading.Thread(target=write)\n"
        "thread.start()\n"
        "from reverie.plotting import matplotlib\n"
        "loaded.set()\n"
        "thread.join()\n"
        "print(len(lost))\n"
    )
    found = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": PACKAGES},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert found.stdout == "0\n"
