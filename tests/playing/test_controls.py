"""Keys and controllers turn the same knobs."""

import sys
from types import SimpleNamespace
from typing import Any, cast

import pytest

from reverie.errors import ReverieError
from reverie.playing import midi
from reverie.playing.controls import KNOBS, Controls
from reverie.playing.keys import HELP, actions_of, pressed
from reverie.runs.settings import GenerationDefaults


class Told:
    """Notes what controls are asked for."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *words: self.calls.append((name, *words))


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_knob_stays_within_its_limits_and_on_its_steps() -> None:
    knob = KNOBS["temperature"]
    assert knob.turned(1.0, 1) == 1.05
    assert knob.turned(0.97, -1) == 0.9
    assert knob.turned(0.0, -1) == 0.0
    assert knob.turned(None, 1) == 1.05
    assert (knob.at(0), knob.at(1)) == (knob.lowest, knob.highest)
    assert KNOBS["bpm"].turned(None, -1) == 98


def test_every_knob_is_a_setting() -> None:
    assert set(KNOBS) <= set(GenerationDefaults.__dataclass_fields__)


def test_keys(told: Told) -> None:
    actions = actions_of(cast(Controls, told))
    for key in pressed("+\x1b[Bp\x03rq"):
        if key in actions:
            actions[key]()
    assert told.calls == [
        ("turn", "temperature", 1),
        ("turn", "temperature", -1),
        ("next_prompt",),
        ("reset",),
        ("end",),
    ]
    assert all(f" {key} " in f"{HELP} " for key in "+-][><prkq")


def message(kind: str, **parts: int) -> Any:
    return SimpleNamespace(type=kind, **parts)


def test_a_controller(told: Told) -> None:
    controls, mapping = cast(Controls, told), midi.read_map("1=temperature, 64=reset")
    for one in (
        message("control_change", control=1, value=127),
        message("control_change", control=2, value=127),
        message("control_change", control=64, value=10),
        message("control_change", control=64, value=100),
        message("note_on", note=60, velocity=80),
        message("note_on", note=60, velocity=0),
        message("note_off", note=60, velocity=0),
        message("start"),
    ):
        midi.steer(one, controls, mapping)
    assert told.calls == [("set", "temperature", 1.0), ("reset",), ("prompt", 60), ("reset",)]


def test_what_a_controller_can_move() -> None:
    assert set(midi.read_map(midi.DEFAULT_MAP).values()) == {*KNOBS, midi.RESET}
    with pytest.raises(ReverieError, match="128=bpm names no control change"):
        midi.read_map("128=bpm")
    with pytest.raises(ReverieError, match="volume cannot be moved"):
        midi.read_map("7=volume")


def test_a_controller_that_is_not_there(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    def listening(port: str) -> str:
        with midi.listening(port, cast(Controls, told), {}) as name:
            return name

    class Port:
        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    library = SimpleNamespace(get_input_names=lambda: ["Pad 1"], open_input=lambda *_, **__: Port())
    monkeypatch.setitem(sys.modules, "mido", library)
    monkeypatch.setitem(sys.modules, "rtmidi", library)
    assert listening("any") == listening("pad") == "Pad 1"
    with pytest.raises(ReverieError, match=r"no such MIDI controller.*There is Pad 1"):
        listening("wheel")
    monkeypatch.setitem(sys.modules, "mido", None)
    with pytest.raises(ReverieError, match=r"reverie-music\[play\]"):
        listening("any")
