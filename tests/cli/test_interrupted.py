"""Ctrl-C while the command line itself is being loaded: a line, and exit status 130."""

import signal
import subprocess
import sys

import pytest

LOADING = """
import os, signal, sys
module, times, sys.argv[1:] = sys.argv[1], int(sys.argv[2]), sys.argv[3:] or ["--version"]

class Asked:
    def find_spec(self, name, *_):
        if name == module:
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Asked())
from reverie.__main__ import main
main()
"""
"""`reverie`, of which Ctrl-C is asked while it loads a module."""


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("module", ["reverie.cli.app", "typer", "reverie.cli.trim"])
def test_while_it_loads(module: str, times: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOADING, module, str(times)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 130
    assert ended.stderr == "reverie: interrupted before anything was begun\n"
    assert ended.stdout == ""


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("module", ["reverie.corpus.listing", "reverie.corpus.manifest"])
def test_just_after_it_was_loaded(module: str, times: int) -> None:
    """Quick ones are one wish, told in one line."""
    ended = subprocess.run(
        [sys.executable, "-c", LOADING, module, str(times), "corpora"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 130
    assert ended.stderr == "reverie: interrupted; what was finished is kept\n"


def test_nohup_is_heeded() -> None:
    """What ignores Ctrl-C when it is started goes on."""
    ended = subprocess.run(
        [sys.executable, "-c", LOADING, "typer", "1"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert (ended.returncode, ended.stderr) == (0, "")
