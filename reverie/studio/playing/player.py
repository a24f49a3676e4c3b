"""The player: a process that makes endless music, as it is told on its standard input.

    python -P -m reverie.studio.playing.player

Each line of its input is a command in JSON; the first says what to play. Its output are the frames
of `wire`. It ends when its input does.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from reverie.api.run import Run, load
from reverie.api.stream import Stream
from reverie.errors import ReverieError
from reverie.playing.engine import Action, Engine, prepare_process
from reverie.playing.pace import MORE_AHEAD_SECONDS
from reverie.playing.performance import begin_stream
from reverie.studio.playing.samples import samples_frames
from reverie.studio.playing.wire import note_frame

MOST_KEPT_AT_ONCE = 2
"""Clips that are being written."""

Command = dict[str, Any]


class Player:
    """Make music as commands say.

    Args:
        output: takes the frames.
        first: what to play: `run`, `prompt`, `settings`.

    Raises:
        ReverieError: it cannot be played.
    """

    def __init__(self, output: IO[bytes], first: Command) -> None:
        self._output, self._writing = output, threading.Lock()
        self._keeping = 0
        self._run, stream = _begun(first)
        self._engine = Engine(stream, self._write_music)

    def play(self, commands: IO[bytes]) -> None:
        """Play until `commands` end."""
        threading.Thread(target=self._read, args=(commands,), daemon=True).start()
        self._say(self._state() | {"ready": True})
        self._engine.run()

    def _write_music(self, samples: NDArray[np.float32]) -> None:
        performance = self._engine.performance
        rate_hz = performance.stream.rate_hz
        at_seconds = performance.made_seconds - samples.shape[1] / rate_hz
        self._write(samples_frames(samples, rate_hz, at_seconds))

    def _read(self, commands: IO[bytes]) -> None:
        for line in commands:
            command = json.loads(line)
            self._engine.ask(lambda command=command: self._obey(command))
        self._engine.ask(None)

    def _obey(self, command: Command) -> None:
        """Do what is quick at once, and give the rest to another thread."""
        what, pace = command.get("do"), self._engine.pace
        if what == "heard":
            pace.follow(command["seconds"], time.monotonic(), is_moving=command["is_moving"])
            if command.get("gaps"):
                pace.add(MORE_AHEAD_SECONDS)
        elif what == "settings":
            self._answer(command, lambda: self._change(command["settings"]))
        elif what == "keep" and self._keeping < MOST_KEPT_AT_ONCE:
            self._keep(command)
        elif what == "keep" or not self._engine.ask_slowly(lambda: self._slowly(command)):
            busy = {"problem": "Too much at once.", "remedy": "Try it again in a moment."}
            self._answer(command, lambda: busy)

    def _slowly(self, command: Command) -> Action:
        """Do what takes long, beside the music; its end is between two blocks."""
        actions = {"prompt": self._prompt, "run": self._open}
        finish = _caught(lambda: actions[command["do"]](command))
        return lambda: self._answer(command, finish)

    def _answer(self, command: Command, action: Callable[[], Command]) -> None:
        self._say({"answer": command.get("id"), **_caught(action)()})

    def _change(self, settings: Command) -> Command:
        at = self._engine.performance.stream.update(settings)
        return self._state() | {"at_seconds": self._engine.performance.seconds_at(at)}

    def _prompt(self, command: Command) -> Command:
        performance = self._engine.performance
        stream = performance.stream
        prompt = command["prompt"] or str(stream.settings.prompt)
        at = stream.update(command["settings"], prompt=prompt)
        return self._state() | {"at_seconds": performance.seconds_at(at)}

    def _open(self, command: Command) -> Callable[[], Command]:
        """Open another run, which the music then goes over to."""
        run, stream = _begun(command)

        def go_over() -> Command:
            self._run = run
            return {"at_seconds": self._engine.go_over(stream)} | self._state()

        return go_over

    def _keep(self, command: Command) -> None:
        """Take what was heard; another process writes it."""
        write = self._engine.clip_writer(self._run.folder, command["seconds"])
        self._keeping += 1

        def kept() -> Command:
            path, seconds = write()
            return {"path": str(path), "seconds": seconds}

        def work() -> Action:
            finish = _caught(kept)

            def done() -> None:
                self._keeping -= 1
                self._answer(command, finish)

            return done

        self._engine.ask_beside(work)

    def _state(self) -> Command:
        """What plays, and how."""
        stream, pace = self._engine.performance.stream, self._engine.pace
        now = stream.settings
        names = ("temperature", "detail_temperature", "top_k", "top_p", "min_p", "guidance",
                 "guard", "beat", "bpm", "reprise_seconds", "prompt", "prompt_at_seconds", "seed",
                 "checkpoint")  # fmt: skip
        return {
            "run": str(self._run.folder),
            "rate_hz": stream.rate_hz,
            "ahead_seconds": pace.ahead_seconds,
            "lookahead_seconds": pace.lookahead_seconds,
            "settings": {name: getattr(now, name) for name in names},
        }

    def _say(self, note: Command) -> None:
        self._write([note_frame(note, self._engine.performance.made_seconds)])

    def _write(self, frames: list[bytes]) -> None:
        with self._writing:
            for frame in frames:
                self._output.write(frame)
            self._output.flush()


def _begun(command: Command) -> tuple[Run, Stream]:
    run = load(Path(command["run"]))
    settings = {name: value for name, value in command["settings"].items() if value is not None}
    return run, begin_stream(run, settings, command["prompt"])


def _caught(action: Callable[[], Command | Callable[[], Command]]) -> Callable[[], Command]:
    """Do something; what it returns, or why it failed, is said later."""
    try:
        done = action()
    except ReverieError as error:
        done = {"problem": error.problem, "remedy": error.remedy}
    except Exception as error:  # a command that fails ends no music
        done = {"problem": f"It failed: {error!r}.", "remedy": "Begin to play again."}
    return done if callable(done) else lambda: done


def main() -> None:
    """Play until the input ends."""
    # Whatever prints goes elsewhere than the music.
    output = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    os.dup2(2, 1)
    prepare_process()
    first = sys.stdin.buffer.readline()
    if not first:
        return
    try:
        player = Player(output, json.loads(first))
    except ReverieError as error:
        output.write(note_frame({"problem": error.problem, "remedy": error.remedy}))
        output.flush()
        raise SystemExit(1) from error
    player.play(sys.stdin.buffer)
    os._exit(0)  # what the other thread is at is of no use to anybody


if __name__ == "__main__":
    main()
