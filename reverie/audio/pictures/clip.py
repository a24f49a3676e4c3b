"""Draw a clip: waveform above, spectrogram below, on the same scales for every clip.

Figures use matplotlib's object interface and never its global state. matplotlib is imported only
when something is drawn, because the import takes a second.
Letters: S samples, C columns.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32
from reverie.audio.spectrogram import band_edges_hz, spectrogram_db
from reverie.audio.stft import Wave
from reverie.audio.writing.cut import MonoOnDisk, open_sound
from reverie.storage import replacing

WIDTH, HEIGHT = 1200, 420
"""Size of a picture in pixels."""
LOUDEST_DB, QUIETEST_DB = -15.0, -95.0
"""The decibels that the brightest and the darkest colour stand for; 0 is a full-scale sine."""

_PAPER, _INK, _WAVE = "#15171a", "#c9c5bd", "#8fb9bc"
_TICKS_HZ = (100, 200, 500, 1000, 2000, 4000, 8000, 16000)
_DPI = 144
_ENVELOPE_COLUMNS = 1000
_COLOURS = 128


def save_png(audio: Path, path: Path) -> None:
    """Draw the mono mix of a WAV or FLAC file to `path`; memory does not grow with its length.

    Raises:
        ReverieError: `path` cannot be written.
    """
    with open_sound(audio) as file:
        content = draw_png(MonoOnDisk(file), int(file.samplerate))
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def draw_png(samples: Wave, rate_hz: int) -> bytes:
    """Return a PNG of `WIDTH` by `HEIGHT` pixels of mono `samples` [S], floats or int16."""
    from PIL import Image  # noqa: PLC0415 - as matplotlib

    image = Image.fromarray(draw_rgb(samples, rate_hz))
    buffer = io.BytesIO()
    # A palette takes a third of the space and looks the same.
    image.quantize(_COLOURS, dither=Image.Dither.NONE).save(buffer, "PNG")
    return buffer.getvalue()


def draw_rgb(samples: Wave, rate_hz: int) -> NDArray[np.uint8]:
    """Return the picture of mono `samples` [S] as an array, uint8 [HEIGHT, WIDTH, 3]."""
    from reverie.plotting import Figure, FigureCanvasAgg  # noqa: PLC0415 - takes a second

    # Any: matplotlib does not annotate most arguments.
    figure: Any = Figure(figsize=(WIDTH / _DPI, HEIGHT / _DPI), dpi=_DPI, facecolor=_PAPER)
    canvas = FigureCanvasAgg(figure)
    seconds = max(len(samples), 1) / rate_hz
    _draw_wave(figure.add_axes((0.075, 0.76, 0.91, 0.2)), samples, seconds)
    _draw_bands(figure.add_axes((0.075, 0.15, 0.91, 0.58)), samples, rate_hz, seconds)
    canvas.draw()
    return np.array(canvas.buffer_rgba(), dtype=np.uint8)[..., :3].copy()


def envelope(
    samples: Wave, columns: int = _ENVELOPE_COLUMNS
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the lowest and the highest sample of each of at most `columns` equal spans, [C]."""
    count = max(min(len(samples), columns), 1)
    edges = np.linspace(0, len(samples), count + 1).astype(np.int64)
    low, high = np.zeros(count, np.float32), np.zeros(count, np.float32)
    for column in range(count if len(samples) else 0):
        span = to_float32(samples[edges[column] : edges[column + 1]])
        low[column], high[column] = span.min(), span.max()
    return low, high


def _draw_wave(axes: Any, samples: Wave, seconds: float) -> None:
    low, high = envelope(samples)
    times = (np.arange(len(low)) + 0.5) / len(low) * seconds
    axes.set_facecolor(_PAPER)
    axes.fill_between(times, low, high, color=_WAVE, linewidth=0.4)
    axes.set(xlim=(0, seconds), ylim=(-1, 1), xticks=(), yticks=())
    axes.spines[:].set_visible(False)


def _draw_bands(axes: Any, samples: Wave, rate_hz: int, seconds: float) -> None:
    decibels = spectrogram_db(samples, rate_hz)
    axes.imshow(
        decibels,
        origin="lower",
        aspect="auto",
        extent=(0, seconds, 0, len(decibels)),
        cmap="magma",
        vmin=QUIETEST_DB,
        vmax=LOUDEST_DB,
        interpolation="nearest",
    )
    centres = band_edges_hz(rate_hz, len(decibels))[1:-1]
    ticks = [hz for hz in _TICKS_HZ if centres[0] <= hz <= rate_hz / 2]
    places = np.interp(ticks, centres, np.arange(len(centres)) + 0.5)
    axes.set_yticks(places, [f"{hz // 1000} k" if hz >= 1000 else str(hz) for hz in ticks])
    axes.set_ylabel("Hz", color=_INK, fontsize=7.5)
    axes.set_xlabel("seconds", color=_INK, fontsize=7.5, labelpad=1)
    axes.tick_params(colors=_INK, labelsize=7, length=2, width=0.5)
    axes.spines[:].set_visible(False)
