"""Ctrl-C while clips are measured: one line, exit status 130, nothing half written."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.conftest import RATE_HZ
from tests.music import random_melody

ROOT = Path(__file__).parents[2]

MEASURING = """
import sys
import threading
from pathlib import Path
from reverie.cli.app import main
from reverie.evaluation.measurer import Measurer
from tests.optional import hide_transcriber
import pytest

hide_transcriber(pytest.MonkeyPatch())
measure, begun = Measurer.measure, Path(sys.argv.pop(1))

def measures(self, clip):
    begun.touch()
    while True:
        measure(self, clip)

Measurer.measure = measures
main()
"""
"""`reverie`, whose measuring does not end, and which says when it has begun."""


@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_c_ends_at_once(corpus_folder: Path, tmp_path: Path, times: int) -> None:
    clips, out, begun = tmp_path / "clips", tmp_path / "out", tmp_path / "begun"
    clips.mkdir()
    for number in range(4):
        wave = random_melody(number, RATE_HZ, 1.0).astype(np.float32)
        soundfile.write(clips / f"{number}.wav", wave, RATE_HZ)
    words = ["evaluate", str(clips), "--corpus", str(corpus_folder), "--out", str(out), "--quiet"]
    child = subprocess.Popen(
        [sys.executable, "-c", MEASURING, str(begun), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        while not begun.exists():
            assert child.poll() is None, child.communicate()
            time.sleep(0.02)
        for _ in range(times):
            child.send_signal(signal.SIGINT)
        stdout, stderr = child.communicate(timeout=60)
    finally:
        child.kill()
    assert child.returncode == 130, stderr
    assert stderr == "reverie: interrupted; what was finished is kept\n"
    assert stdout == ""
    assert not out.exists()
