"""Damaged folders of ours, thousands of them: no traceback, no hang, nothing written outside.

`python -m tests.fuzz.folders --count 5000 --seed 0` damages as many and prints what came of them.
"""

import argparse
import collections
import faulthandler
import hashlib
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from typer.testing import CliRunner

from reverie.cli.app import app
from tests.fuzz.damage import damage, fresh
from tests.music import write_recordings

RATE_HZ = 8000
LONGEST_SECONDS = 60
"""What takes longer hangs."""

SMALL = [
    f"--set={one}"
    for one in (
        "frames.hop_seconds=0.03125",
        "frames.decoder_channels=8",
        "frames.decoder_blocks=1",
        "training.decoder_steps=3",
        "model.hidden=8",
        "training.epochs=1",
        "training.sequence_seconds=0.25",
        "training.keep_epochs=[]",
        "training.max_sequences=8",
        "training.preview_every_epochs=0",
    )
]
CODES = ["--set=frames.n_codebooks=2", "--set=frames.codebook_size=16", "--set=model.head_width=8"]

COMMANDS: dict[str, list[list[str]]] = {
    "corpus": [
        ["inspect", "HERE/corpus", "--quiet"],
        ["inspect", "HERE/corpus", "--json", "--quiet"],
        ["train", "HERE/corpus", "--recipe", "paper", *SMALL, "--out", "HERE/new", "--quiet"],
        ["prepare", "HERE/recordings", "--out", "HERE/corpus", "--rate", "8000", "--quiet"],
    ],
    "run": [
        ["generate", "HERE/run", "--count", "1", "--seconds", "0.5", "--out", "HERE/g", "--quiet"],
        ["train", "HERE/corpus", "--recipe", "paper", *SMALL, "--set=training.epochs=2", "--out",
         "HERE/run", "--quiet"],
    ],
    "coded": [
        ["generate", "HERE/coded", "--count", "1", "--seconds", "0.5", "--out", "HERE/g",
         "--prompt", "nothing", "--quiet"],
        ["train", "HERE/corpus", "--recipe", "codes", *SMALL, *CODES, "--set=training.epochs=2",
         "--out", "HERE/coded", "--quiet"],
    ],
    "model": [
        ["generate", "HERE/model", "--count", "1", "--seconds", "0.5", "--out", "HERE/g",
         "--quiet"],
        ["train", "HERE/corpus", "--from", "HERE/model", "--out", "HERE/new", "--quiet"],
    ],
    "clips": [
        ["trim", "HERE/clips/001.wav", "--start", "0", "--end", "0.5", "--overwrite"],
        ["generate", "HERE/run", "--count", "2", "--seconds", "1.2", "--out", "HERE/clips",
         "--quiet"],
        ["listen", "design", "HERE/clips", "--out", "HERE/t", "--set=rehearsal=true", "--quiet"],
    ],
    "test": [
        ["listen", "results", "HERE/test", "--peek"],
        ["listen", "design", "HERE/test", "--quiet"],
    ],
}  # fmt: skip
"""What is done with each kind of folder when a file in it has been damaged."""


@dataclass(frozen=True)
class Outcome:
    """What came of one damaged folder."""

    case: str
    exit_code: int
    fault: str | None
    """What is wrong with how the command took it; None if nothing is."""


def make_templates(root: Path) -> Path:
    """One whole folder of every kind."""
    here = root / "template"
    write_recordings(here / "recordings", 5, 4.0, RATE_HZ)
    corpus = here / "corpus"
    _well("prepare", here / "recordings", "--out", corpus, "--rate", RATE_HZ, "--quiet")
    _well("inspect", corpus, "--quiet")
    _well("train", corpus, "--recipe", "paper", *SMALL, "--out", here / "run", "--quiet")
    coded = ["--recipe", "codes", *SMALL, *CODES]
    _well("train", corpus, *coded, "--out", here / "coded", "--quiet")
    _well("export", here / "coded", "--to", "folder", "--out", here / "model")
    _well("generate", here / "run", "--count", 2, "--seconds", 1.2, "--out", here / "clips")
    small = [f"--set={one}" for one in ("seconds=1", "shortest_seconds=1", "participants=2")]
    _well("listen", "design", here / "clips", "--out", here / "test", *small, "--quiet")
    return here


def damaged(template: Path, place: Path, seed: int) -> Outcome:
    """Damage one file of one folder, drawn by `seed`, and use it.

    Args:
        template: as `make_templates` made it.
        place: where the damaged copy may lie.
        seed: decides all.
    """
    rng = random.Random(seed)
    kind = rng.choice(list(COMMANDS))
    here = fresh(template, place / "here")
    files = sorted(path for path in (here / kind).rglob("*") if path.is_file())
    file = rng.choice(files)
    command = [word.replace("HERE", str(here)) for word in rng.choice(COMMANDS[kind])]
    outside = {path: _state(path) for path in here.iterdir() if path.name != kind}
    way = damage(file, rng)
    case = f"{seed}: {file.relative_to(here)} {way}: {command[0]} {command[1].split('/')[-1]}"
    try:
        with _limited():
            result = CliRunner().invoke(app, command)
    except _HangError:
        return Outcome(case, -1, "hangs")
    fault = None
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        fault = f"{type(result.exception).__name__}: {str(result.exception)[:200]}"
    elif result.exit_code not in {0, 2}:
        fault = f"exit status {result.exit_code}"
    elif result.exit_code == 2 and not result.stderr.strip().splitlines()[-1:][0].startswith(
        "reverie: "
    ):
        fault = f"no word of what is wrong: {result.stderr[-200:]!r}"
    elif "\x1b" in result.stdout + result.stderr:
        fault = "an escape sequence is printed"
    for path, before in outside.items():
        if path.name in {"recordings", "corpus"} and _state(path) != before:
            fault = f"{path.name} was changed"
    target = file.with_name(file.name + ".target")
    if target.exists() and target.read_text() != "theirs":
        fault = "a link was written through"
    return Outcome(case, result.exit_code, fault)


def run(count: int, seed: int, root: Path) -> Iterator[Outcome]:
    """`count` damaged folders, from `seed` on."""
    template = make_templates(root)
    for number in range(count):
        yield damaged(template, root, seed + number)


class _HangError(BaseException):
    pass


@contextmanager
def _limited() -> Iterator[None]:
    def late(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise _HangError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LONGEST_SECONDS)
    # A library that waits in the system hears no alarm.
    faulthandler.dump_traceback_later(2 * LONGEST_SECONDS, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _well(*words: object) -> None:
    result = CliRunner().invoke(app, [*map(str, words)])
    if result.exit_code:
        raise RuntimeError(f"{words}: {result.output}") from result.exception


def _state(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != ".lock":
            digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()


def main() -> None:
    """Damage folders and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    began = time.monotonic()
    codes: collections.Counter[int] = collections.Counter()
    faults: list[Outcome] = []
    with tempfile.TemporaryDirectory() as root:
        for outcome in run(asked.count, asked.seed, Path(root)):
            codes[outcome.exit_code] += 1
            if outcome.fault:
                faults.append(outcome)
                print(f"{outcome.case}\n    {outcome.fault}", flush=True)
    minutes = (time.monotonic() - began) / 60
    print(
        f"{asked.count} damaged folders in {minutes:.1f} min: {codes[0]} taken, {codes[2]} refused "
        f"in a line, {len(faults)} faults"
    )
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
