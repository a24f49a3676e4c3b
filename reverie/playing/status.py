"""The line on stderr that tells how the music plays."""

import sys
import time

from reverie.playing.engine import Engine
from reverie.playing.outputs.contract import Output
from reverie.terminal import WIDTH, echo, encodable, printable


class Status:
    """Tells the state of the music: on a terminal in one line that changes.

    Args:
        engine: what plays.
        output: where to.
        quiet: say nothing.
    """

    def __init__(self, engine: Engine, output: Output, *, quiet: bool) -> None:
        self._engine, self._output, self._quiet = engine, output, quiet
        self._is_terminal = sys.stderr.isatty()
        self._length = 0

    def note(self, line: str) -> None:
        """Say something that stays."""
        if not self._quiet:
            self._wipe()
            echo(line, err=True)

    def say(self, what: str) -> None:
        """Say how the music plays now, and what happened, if anything did."""
        if self._quiet:
            return
        if not self._is_terminal:
            if what:
                echo(what, err=True)
            return
        line = "; ".join(filter(None, (self._state(), what)))
        self._wipe()
        line = encodable(printable(line), sys.stderr)[: WIDTH - 1]
        sys.stderr.write(line)
        sys.stderr.flush()
        self._length = len(line)

    def close(self) -> None:
        """Say how long it played."""
        seconds = int(self._output.played_seconds(time.monotonic()))
        minutes, hours = seconds // 60 % 60, seconds // 3600
        gaps = self._output.gaps
        late = f", late {gaps} time{'s' * (gaps > 1)}" if gaps else ""
        self.note(f"played {hours}:{minutes:02}:{seconds % 60:02}{late}")

    def _state(self) -> str:
        now = self._engine.performance.stream.settings
        parts = [f"temperature {now.temperature:.2f}"]
        if now.detail_temperature is not None:
            parts.append(f"detail {now.detail_temperature:.2f}")
        if now.guidance:
            parts.append(f"guidance {now.guidance:.1f}")
        if now.bpm is not None:
            parts.append(f"{now.bpm:.0f} bpm")
        if self._output.gaps:
            parts.append(f"late {self._output.gaps}")
        return ", ".join(parts)

    def _wipe(self) -> None:
        if self._length:
            sys.stderr.write("\r" + " " * self._length + "\r")
            self._length = 0
