"""What can be turned while music plays, by keys or by a MIDI controller."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reverie.errors import ReverieError
from reverie.generation.settings import GenerationSettings
from reverie.playing.engine import Action, Engine

KEPT_SECONDS = 30.0
"""Of the newest music, when it is kept."""


@dataclass(frozen=True)
class Knob:
    """A setting that is a number.

    Args:
        name: of the setting.
        lowest: value.
        highest: value.
        step: of a key.
        unset: the value that a key starts from where the setting has none.
    """

    name: str
    lowest: float
    highest: float
    step: float
    unset: float = 1.0

    def turned(self, value: float | None, steps: int) -> float:
        """Return a value that is so many steps higher, within the limits."""
        now = self.unset if value is None else value
        return self._within(round((now + steps * self.step) / self.step) * self.step)

    def at(self, share: float) -> float:
        """Return the value at a share of the way from the lowest to the highest."""
        return self._within(self.lowest + share * (self.highest - self.lowest))

    def _within(self, value: float) -> float:
        return round(min(max(value, self.lowest), self.highest), 3)


KNOBS = {
    knob.name: knob
    for knob in (
        Knob("temperature", 0.0, 2.0, 0.05),
        Knob("detail_temperature", 0.0, 2.0, 0.05),
        Knob("guidance", 0.0, 8.0, 0.5, 0.0),
        Knob("bpm", 40.0, 240.0, 2.0, 100.0),
    )
}


class Controls:
    """Steer an engine, from any thread.

    Args:
        engine: what plays.
        run_folder: of the run, where clips are kept.
        prompts: files that prompts are taken from in turn; with one or none, the seed decides
            which prompt is drawn.
        say: takes what happened, in a line.
    """

    def __init__(
        self, engine: Engine, run_folder: Path, prompts: tuple[str, ...], say: Callable[[str], None]
    ) -> None:
        self._engine, self._folder, self._prompts, self._say = engine, run_folder, prompts, say
        self._number = 0
        self._asking = threading.Lock()

    @property
    def settings(self) -> GenerationSettings:
        """How the music is made now."""
        return self._engine.performance.stream.settings

    def turn(self, name: str, steps: int) -> None:
        """Turn a knob by steps."""
        knob = KNOBS[name]
        self._engine.ask(
            lambda: self._change(name, knob.turned(getattr(self.settings, name), steps))
        )

    def set(self, name: str, share: float) -> None:
        """Turn a knob to a share of its way, 0 to 1."""
        self._engine.ask(lambda: self._change(name, KNOBS[name].at(share)))

    def next_prompt(self) -> None:
        """Go over to another prompt."""
        with self._asking:
            self._number += 1
            number = self._number
        self._go_over(number)

    def prompt(self, number: int) -> None:
        """Go over to the prompt of a number, such as a note's: the same number, the same prompt."""
        with self._asking:
            self._number = number
        self._go_over(number)

    def reset(self) -> None:
        """Begin again from the prompt."""

        def begin() -> None:
            self._engine.performance.stream.reset()
            self._say("from the beginning")

        self._engine.ask(begin)

    def keep(self) -> None:
        """Keep the newest music as a clip of the run."""

        def begin() -> None:
            write = self._engine.clip_writer(self._folder, KEPT_SECONDS)
            self._engine.ask_beside(lambda: self._said(lambda: f"kept {write()[0]}"))

        self._engine.ask(begin)

    def end(self) -> None:
        """End the music."""
        self._engine.ask(None)

    def _change(self, name: str, value: float) -> None:
        self._engine.performance.stream.update({name: value})
        self._say("")

    def _go_over(self, number: int) -> None:
        def read() -> str:
            stream = self._engine.performance.stream
            if len(self._prompts) > 1:
                chosen = self._prompts[number % len(self._prompts)]
                stream.update(prompt=chosen)
                return f"from {Path(chosen).name}"
            # A file has one prompt; of recordings the seed draws one.
            stream.update({"seed": number}, prompt=self._prompts[0] if self._prompts else None)
            return f"from prompt {number}"

        def ask() -> None:
            if not self._engine.ask_slowly(lambda: self._said(read)):
                self._say("too many prompts at once")

        self._engine.ask(ask)

    def _said(self, work: Callable[[], str]) -> Action:
        """Do something, and return what says so or says why not."""
        try:
            told = work()
        except ReverieError as error:
            told = str(error)
        return lambda: self._say(told)
