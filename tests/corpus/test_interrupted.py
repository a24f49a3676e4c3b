"""Killed at any moment, `prepare` resumes."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reverie.corpus.corpus import Corpus
from reverie.corpus.journal import NAME as JOURNAL
from reverie.corpus.journal import Entry, Journal
from reverie.corpus.place import TEMPORARY
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.errors import ReverieError
from tests.audio.making import music, wav

SCRIPT = """
import sys
from pathlib import Path
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
prepare(Path(sys.argv[1]), Path(sys.argv[2]), PrepareSettings(), processes=1, quiet=True)
"""


@pytest.fixture
def tunes(tmp_path: Path) -> Path:
    (tmp_path / "tunes").mkdir()
    for number in range(6):
        sound = music(3.0, seed=number, rate_hz=16000)
        wav(tmp_path / "tunes" / f"{number}.wav", sound, rate_hz=16000)
    return tmp_path / "tunes"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_what_was_done_is_not_done_again(tunes: Path, tmp_path: Path, how: signal.Signals) -> None:
    out = tmp_path / "corpus"
    # It stops after the third recording, for the signal to find it in the middle.
    stuck = SCRIPT.replace(
        "import sys\n",
        "import sys, reverie.corpus.prepare as p\n"
        "real = p.Journal.add\n"
        "def add(self, entry):\n"
        "    real(self, entry)\n"
        "    print(entry.path, flush=True)\n"
        "    if len(self.entries) == 3: sys.stdin.readline()\n"
        "p.Journal.add = add\n",
    )
    process = subprocess.Popen(
        [sys.executable, "-c", stuck, str(tunes), str(out)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
    )
    assert process.stdout is not None
    first = {process.stdout.readline().decode().strip() for _ in range(3)}
    process.send_signal(how)
    process.communicate()
    assert process.returncode != 0
    assert not (out / "manifest.json").exists()
    with (out / JOURNAL).open("a") as journal:
        journal.write('{"path": "half a li')
    with pytest.raises(ReverieError):
        Corpus.open(out)

    noted = (out / JOURNAL).read_text().splitlines()[:-1]
    assert len(noted) == len(first) == 3
    sizes = {one: one.stat().st_size for one in (out / "shards").iterdir()}
    corpus = prepare(tunes, out, PrepareSettings(), processes=1, quiet=True)
    assert len(corpus.recordings) == 6
    # The shard was gone on with, not begun again.
    assert [one.stat().st_size for one in sizes] == [2 * size for size in sizes.values()]
    for one in corpus.recordings:
        expected = music(3.0, seed=int(one.path[0]), rate_hz=16000)[:, 0]
        np.testing.assert_allclose(corpus.pcm(one)[0] / 32768, expected, atol=1e-4)
    assert not list(out.glob(".analysing-*"))


def test_what_an_outliving_decoder_leaves_meanwhile_is_removed(
    tunes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, add = tmp_path / "corpus", Journal.add

    def left_meanwhile(self: Journal, entry: Entry) -> None:
        add(self, entry)
        (out / f"{TEMPORARY}left").mkdir(exist_ok=True)
        (out / f"{TEMPORARY}left" / "0.pcm").touch()

    monkeypatch.setattr(Journal, "add", left_meanwhile)
    prepare(tunes, out, PrepareSettings(), processes=1, quiet=True)
    assert not list(out.glob(f"{TEMPORARY}*"))


def test_a_full_disk_leaves_the_earlier_corpus(tunes: Path, tmp_path: Path) -> None:
    out = tmp_path / "corpus"
    earlier = prepare(tunes, out, PrepareSettings(), processes=1, quiet=True)
    wav(tunes / "long.wav", music(9.0, seed=9, rate_hz=16000), rate_hz=16000)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Files that may not grow are refused as a full disk refuses them.
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, usual[1]))
    try:
        with pytest.raises(ReverieError, match="cannot write"):
            prepare(tunes, out, PrepareSettings(), processes=1, quiet=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert Corpus.open(out).content_hash == earlier.content_hash
    assert len(prepare(tunes, out, PrepareSettings(), processes=1, quiet=True).recordings) == 7
