"""Music from the loudspeakers, through PortAudio (`sounddevice`). Letters: C channels, S samples of
each."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.errors import ReverieError
from reverie.playing.outputs.contract import sound_of

LATENCY_SECONDS = 0.25
"""Asked of the device: it holds so much, and sounds on if a block is late by less."""
PIPE_REMEDY = "pipe the music to a player instead: `reverie play RUN --to - | aplay`."


class DeviceOutput:
    """A device of this machine.

    Args:
        rate_hz: samples per second.
        channels: C.
        device: its number, or part of its name; None for the system's own choice.

    Raises:
        ReverieError: there is none, or it takes no such music.
    """

    def __init__(self, rate_hz: int, channels: int, device: str | None = None) -> None:
        sounddevice = _library()
        self._rate_hz, self._written, self._room = rate_hz, 0, 0
        self.gaps, self.about = 0, sound_of(rate_hz, channels)
        number = int(device) if device is not None and device.isdecimal() else device
        try:
            stream: Any = sounddevice.OutputStream(
                samplerate=rate_hz,
                channels=channels,
                dtype="float32",
                device=number,
                latency=LATENCY_SECONDS,
            )
        except (sounddevice.PortAudioError, ValueError) as error:
            wanted = "an audio device" if device is None else f"the audio device {device}"
            raise ReverieError(
                f"{wanted} for {rate_hz} Hz and {channels} channel{'s' * (channels > 1)} cannot be "
                f"opened: {error}.",
                f"Name another with `device` (`python -m sounddevice` lists them), or "
                f"{PIPE_REMEDY}",
            ) from error
        self._stream = stream

    def write(self, samples: NDArray[np.float32]) -> None:
        """Take the samples that come next, [C, S]; waits where there is no room."""
        if not self._written:
            self._stream.start()
            self._room = int(self._stream.write_available)
        was_empty = self._stream.write(np.ascontiguousarray(samples.T.clip(-1, 1), np.float32))
        self.gaps += bool(was_empty and self._written)
        self._written += samples.shape[1]

    def played_seconds(self, now: float) -> float:  # noqa: ARG002
        """Return how much was heard: all but what waits in the device."""
        waiting = max(0, self._room - int(self._stream.write_available))
        return max(0, self._written - waiting) / self._rate_hz

    def require_listener(self) -> None:
        """A device stays."""

    def close(self) -> None:
        """Be silent at once."""
        self._stream.abort()
        self._stream.close()


def _library() -> Any:
    """Load PortAudio's binding.

    Raises:
        ReverieError: it is not installed, or lacks PortAudio itself.
    """
    try:
        import sounddevice  # type: ignore[import-untyped]  # noqa: PLC0415 -- it is optional
    except ImportError:
        raise ReverieError(
            "to play from the loudspeakers needs a library that is not installed.",
            f"`pip install 'reverie-music[play]'`, or {PIPE_REMEDY}",
        ) from None
    except OSError:
        raise ReverieError(
            "PortAudio, which plays from the loudspeakers, is not installed.",
            f"On Debian: `sudo apt-get install libportaudio2`; or {PIPE_REMEDY}",
        ) from None
    return sounddevice
