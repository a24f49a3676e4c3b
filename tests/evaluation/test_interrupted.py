"""Ctrl-C while clips are measured: one line, exit status 130, nothing half written."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from reverie.cli.app import main
from reverie.evaluation.measurer import Measurer
from tests.conftest import RATE_HZ
from tests.forking import ended, forked
from tests.music import random_melody


def begin(words: list[str], told: Path, begun: Path) -> int:
    """Start `reverie` in a process, whose measuring does not end, and which says when it begins.

    Args:
        words: after its name.
        told: a folder for what it prints.
        begun: made once it measures.
    """
    measure = Measurer.measure

    def measures(self: Measurer, clip: Any) -> Any:
        begun.touch()
        while True:
            measure(self, clip)

    def work() -> None:
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(told / name, os.O_WRONLY | os.O_CREAT), number)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        sys.argv = ["reverie", *words]
        Measurer.measure = measures
        try:
            main()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()

    return forked(work)


@pytest.mark.usefixtures("no_transcriber")
@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_c_ends_at_once(corpus_folder: Path, tmp_path: Path, times: int) -> None:
    clips, out, begun = tmp_path / "clips", tmp_path / "out", tmp_path / "begun"
    clips.mkdir()
    for number in range(4):
        wave = random_melody(number, RATE_HZ, 1.0).astype(np.float32)
        soundfile.write(clips / f"{number}.wav", wave, RATE_HZ)
    words = ["evaluate", str(clips), "--corpus", str(corpus_folder), "--out", str(out), "--quiet"]
    child = begin(words, tmp_path, begun)
    while not begun.exists():
        assert os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        time.sleep(0.02)
    for _ in range(times):
        os.kill(child, signal.SIGINT)
    status, stderr = ended(child), (tmp_path / "stderr").read_text()
    assert status == 130, stderr
    assert stderr == "reverie: interrupted; what was finished is kept\n"
    assert (tmp_path / "stdout").read_text() == ""
    assert not out.exists()
