"""Ctrl-C while the command line itself is being loaded: a line, and exit status 130."""

import signal
import subprocess
import sys

import pytest

LOADING = """
import os, signal, sys
module, times, sys.argv[1:] = sys.argv[1], int(sys.argv[2]), ["--version"]

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


@pytest.mark.parametrize("module", ["reverie.cli.app", "typer", "reverie.cli.trim"])
def test_asked_twice_while_it_loads(module: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOADING, module, "2"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 130
    assert ended.stderr == "reverie: interrupted before anything was begun\n"
    assert ended.stdout == ""


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
