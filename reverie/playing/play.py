"""`play`: endless music of a run, to the loudspeakers or a pipe, steered while it plays."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from reverie.api.run import Run
from reverie.audio.folders import audio_in
from reverie.playing import keys, midi
from reverie.playing.controls import Controls
from reverie.playing.engine import Engine
from reverie.playing.outputs.contract import Output
from reverie.playing.pace import MORE_AHEAD_SECONDS
from reverie.playing.performance import begin_stream
from reverie.playing.status import Status


def play(
    run: Run,
    output: Output,
    settings: Mapping[str, Any],
    prompts: tuple[str, ...],
    *,
    midi_port: str | None = None,
    midi_map: str = midi.DEFAULT_MAP,
    seconds: float | None = None,
    quiet: bool = False,
) -> float:
    """Play until a key, Ctrl-C or the reader of a pipe ends it.

    Args:
        run: whose music.
        output: where to, at the run's rate and with its channels.
        settings: of generation, by name.
        prompts: what to continue, see `Run.stream`; of several, another key press takes the next.
        midi_port: which MIDI controller; None for none.
        midi_map: what its control changes move.
        seconds: end after so much music; None for never.
        quiet: say nothing on stderr.

    Returns:
        the seconds of music that were made.

    Raises:
        ReverieError: a setting does not fit, the prompt does not, or there is no such controller.
        KeyboardInterrupt: Ctrl-C was pressed.
    """
    mapping, prompts = midi.read_map(midi_map), _files_of(prompts)
    with ExitStack() as stack:
        stack.callback(output.close)
        stream = begin_stream(run, dict(settings), prompts[0])
        follow = _follower(output, seconds)
        engine = Engine(stream, output.write, lambda: follow(engine))
        status = Status(engine, output, quiet=quiet)
        stack.callback(status.close)
        controls = Controls(engine, run.folder, prompts, status.say)
        status.note(output.about)
        if midi_port is not None:
            name = stack.enter_context(midi.listening(midi_port, controls, mapping))
            status.note(f"MIDI: {name}")
        has_keys = stack.enter_context(keys.listening(controls))
        status.note(keys.HELP if has_keys else "no terminal, so no keys; Ctrl-C ends it")
        status.say("")
        try:
            engine.run()
        except BrokenPipeError:
            pass  # who listened has gone
        except KeyboardInterrupt:
            raise KeyboardInterrupt("the music was ended") from None
    return engine.performance.made_seconds


def _files_of(prompts: tuple[str, ...]) -> tuple[str, ...]:
    """Prompts, with the audio files in a folder in its place."""
    return tuple(
        str(file)
        for prompt in prompts
        for file in (audio_in(Path(prompt)) if Path(prompt).is_dir() else [prompt])
    )


def _follower(output: Output, seconds: float | None) -> Callable[[Engine], None]:
    """Return what tells an engine how much was heard, and when it is enough."""
    gaps = 0

    def follow(engine: Engine) -> None:
        nonlocal gaps
        output.require_listener()
        now = time.monotonic()
        engine.pace.follow(output.played_seconds(now), now, is_moving=True)
        if output.gaps > gaps:
            gaps = output.gaps
            engine.pace.add(MORE_AHEAD_SECONDS)
        if seconds is not None and engine.performance.made_seconds >= seconds:
            engine.ask(None)

    return follow
