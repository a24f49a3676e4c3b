"""Whether `reverie play RUN --to -` keeps up with who listens, and what memory it takes.

    python benchmarks/play_pipe.py RUN [--seconds 600]

A reader takes the music as a sound card does: as much as has been played since the first sound, by
the clock, and half a second of it in advance. It says how long after being ready the first sound
came, how far behind the clock music ever was, how often, the bytes of each minute, and the memory
at the end of each. Then Ctrl-C ends one player, and a pipe that is closed another.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

HEADER_BYTES = 44
CARD_SECONDS = 0.5
"""What the reader holds, as `aplay` does."""
STEP_SECONDS = 0.01


@dataclass
class Heard:
    """What a reader found."""

    first_sound_seconds: float = 0.0
    """From being ready."""
    late_seconds: list[float] = field(default_factory=list)
    """Each stretch of silence, where the music was not there."""
    minute_bytes: list[int] = field(default_factory=list)
    minute_mib: list[float] = field(default_factory=list)
    """Memory of the player."""


def begun(run: Path) -> tuple[subprocess.Popen[bytes], int, float]:
    """A player, the bytes of a second of its music, and when it was ready."""
    # What a shell begins in the background has Ctrl-C ignored, and would hand that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    words = [sys.executable, "-m", "reverie", "play", str(run), "--to", "-"]
    player = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert player.stderr is not None
    sides, rate = player.stderr.readline().decode().removesuffix("Hz\n").split(",")
    return player, 2 * int(rate) * (2 if sides == "stereo" else 1), time.monotonic()


def listen(run: Path, seconds: float) -> tuple[Heard, int]:
    """Play for so long, and press Ctrl-C: what was heard, and the exit status."""
    player, second_bytes, ready = begun(run)
    heard, process, pipe = Heard(), psutil.Process(player.pid), player.stdout
    assert pipe is not None
    pipe.read(HEADER_BYTES)
    taken = len(os.read(pipe.fileno(), second_bytes))
    began = time.monotonic()
    heard.first_sound_seconds = began - ready
    os.set_blocking(pipe.fileno(), False)
    silent_from, minutes_taken = 0.0, 0
    while (now := time.monotonic() - began) < seconds:
        wanted = int((now + CARD_SECONDS) * second_bytes) - taken
        while wanted > 0:
            try:
                part = os.read(pipe.fileno(), wanted)
            except BlockingIOError:
                break
            taken, wanted = taken + len(part), wanted - len(part)
        now = time.monotonic() - began
        if taken < now * second_bytes:
            silent_from = silent_from or now
        elif silent_from:
            heard.late_seconds.append(now - silent_from)
            # A sound card that ran out goes on from there.
            began, silent_from = began + now - silent_from, 0.0
        if now >= 60 * (len(heard.minute_bytes) + 1):
            heard.minute_bytes.append(taken - minutes_taken)
            heard.minute_mib.append(process.memory_info().rss / 2**20)
            minutes_taken = taken
        time.sleep(STEP_SECONDS)
    if silent_from:
        heard.late_seconds.append(seconds - silent_from)
    player.send_signal(signal.SIGINT)
    return heard, ended(player)


def ended(player: subprocess.Popen[bytes]) -> int:
    """Wait for a player: its exit status."""
    assert player.stdout is not None
    assert player.stderr is not None
    os.set_blocking(player.stdout.fileno(), True)
    with player:
        player.stdout.read()
        said = player.stderr.read().decode()
    assert "Traceback" not in said, said
    return player.returncode


def close_pipe(run: Path) -> int:
    """Read a little and close the pipe: the exit status."""
    player, _, _ = begun(run)
    assert player.stdout is not None
    assert player.stderr is not None
    with player:
        player.stdout.read(HEADER_BYTES + 2000)
        player.stdout.close()
        said = player.stderr.read().decode()
    assert "Traceback" not in said, said
    return player.returncode


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    chosen = parser.parse_args()
    heard, status = listen(chosen.run, chosen.seconds)
    closed = close_pipe(chosen.run)
    late = heard.late_seconds
    print(f"first sound {heard.first_sound_seconds:.3f} s after being ready")
    print(f"late {len(late)} times, {sum(late):.2f} s in all, {max(late, default=0):.2f} s at most")
    for number, (count, mib) in enumerate(
        zip(heard.minute_bytes, heard.minute_mib, strict=True), 1
    ):
        print(f"minute {number}: {count} bytes, {mib:.0f} MiB")
    print(f"Ctrl-C ends it with {status}, a closed pipe with {closed}")
    if chosen.json:
        figures = {**vars(heard), "interrupted": status, "closed": closed}
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
