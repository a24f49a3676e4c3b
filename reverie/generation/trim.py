"""Trimming a clip: by hand, as the paper's authors did, or where its levels propose.

Letters: S samples, C channels, N windows.
"""

import contextlib
import errno
import fcntl
import math
import os
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.audio.formats import is_audio_name
from reverie.audio.provenance import Trim, is_sidecar, sidecar_of, write_sidecar
from reverie.audio.reading.inside import origin_of
from reverie.audio.tags import tags_of
from reverie.audio.writing.cut import blocks_of, copy_part, open_sound
from reverie.errors import ReverieError, os_reason
from reverie.generation.folder import staging
from reverie.storage import clear_disk_errors, file_sha256, flush_folder

WINDOW_SECONDS = 0.05
QUIET_DB = 30.0
"""How far under its own loudest window the start or the end of a clip is left out."""
SHORTEST_SECONDS = 2.0
"""A proposal that would leave less leaves the clip whole."""


def propose_trim(samples: NDArray[Any], rate_hz: int) -> tuple[float, float]:
    """Start and end in seconds: from the first to the last window that is not quiet.

    Args:
        samples: mono [S], or [S, C].
        rate_hz: samples per second.
    """
    window = _window(rate_hz)
    whole = samples[: len(samples) // window * window]
    return _proposed(_powers(whole, window), len(samples), rate_hz)


def trim_clip(
    clip: Path,
    out: Path,
    start: float | None,
    end: float | None,
    *,
    overwrite: bool = True,
    how: Literal["by hand", "by measures"] = "by hand",
) -> tuple[float, float]:
    """Write the part of `clip` from `start` to `end` seconds to `out`; what was cut is recorded.

    Every sample that stays has the bits it had: rate, channels and the way of storing are kept.

    Args:
        clip: a WAV or FLAC file; what the JSON beside it or its tags say is kept, the trim
            added.
        out: a WAV or FLAC file.
        start: None for where the levels propose.
        end: likewise.
        overwrite: replace `out` and the JSON beside it.
        how: a start or an end that is given was found.

    Returns:
        The start and the end that were used.

    Raises:
        ReverieError: the clip cannot be read, nothing is left of it, `out` cannot hold it, or
            something is in the way.
    """
    require_times(start, end)
    require_free(clip, out, overwrite=overwrite)
    with open_sound(clip) as file:
        first, last = _span(file, clip, start, end)
        rate_hz, samples = file.samplerate, file.frames
        with _writable(out.parent), staging(out.parent) as stage:
            staged = stage / out.name
            told = origin_of(clip)
            tags = tags_of(told.provenance) if told.provenance else None
            copy_part(file, staged, first, last, tags)
            trim = Trim(
                of=clip.name,
                of_sha256=file_sha256(clip),
                how="by levels" if start is None and end is None else how,
                start_seconds=first / rate_hz,
                end_seconds=last / rate_hz,
                cut_seconds=round((samples - (last - first)) / rate_hz, 6),
                before=told.trim,
            )
            write_sidecar(staged, replace(told, trim=trim, loop=None))
            with clear_disk_errors(out), _alone(out.parent):
                require_free(clip, out, overwrite=overwrite)  # another trim may have been faster
                out.unlink(missing_ok=True)
                sidecar_of(staged).replace(sidecar_of(out))
                staged.replace(out)
                flush_folder(out.parent)
    return first / rate_hz, last / rate_hz


def require_times(start: float | None, end: float | None) -> None:
    """Refuse what is no time in a clip.

    Raises:
        ReverieError: one is negative, or no number.
    """
    for name, value in (("start", start), ("end", end)):
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise ReverieError(
                f"setting {name} is wrong: {value:g} is no time in a clip.",
                "Give seconds from its beginning.",
            )


def _span(
    file: soundfile.SoundFile, clip: Path, start: float | None, end: float | None
) -> tuple[int, int]:
    """The first sample that stays, and the one after the last."""
    rate_hz, samples = file.samplerate, file.frames
    proposed = (0.0, samples / rate_hz)
    if start is None or end is None:
        window = _window(rate_hz)
        proposed = _proposed(_levels(file, window), samples, rate_hz)
    begin = proposed[0] if start is None else start
    finish = proposed[1] if end is None else end
    first = round(min(begin * rate_hz, samples))
    last = round(min(finish * rate_hz, samples))
    if first >= last:
        raise ReverieError(
            f"nothing of {clip} lies between {begin:g} s and {finish:g} s.",
            f"It has {samples / rate_hz:.2f} s; give a `start` before the `end`.",
        )
    return first, last


def _levels(file: soundfile.SoundFile, window: int) -> NDArray[np.float64]:
    """Power of each whole window, [N], in memory that the length of the file leaves alone."""
    found: list[NDArray[np.float64]] = []
    rest: NDArray[Any] | None = None
    for block in blocks_of(file, 0, file.frames, "float64"):
        joined = block if rest is None else np.concatenate([rest, block])
        whole = len(joined) // window * window
        found.append(_powers(joined[:whole], window))
        rest = joined[whole:]
    return np.concatenate(found) if found else np.empty(0)


def _powers(samples: NDArray[Any], window: int) -> NDArray[np.float64]:
    """Power of each of N windows of `samples` [N * window] or [N * window, C], over all channels;
    what is no number counts as silence."""
    wave = np.nan_to_num(samples.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    channels = wave.shape[1] if wave.ndim > 1 else 1
    return np.square(wave).reshape(-1, window * channels).mean(axis=1)


def _proposed(power: NDArray[np.float64], samples: int, rate_hz: int) -> tuple[float, float]:
    whole, window = (0.0, samples / rate_hz), _window(rate_hz)
    if not len(power):
        return whole
    loud = np.flatnonzero(power > power.max() * 10 ** (-QUIET_DB / 10))
    if not len(loud):
        return whole
    start = loud[0] * window / rate_hz
    end = whole[1] if loud[-1] == len(power) - 1 else (loud[-1] + 1) * window / rate_hz
    return (float(start), float(end)) if end - start >= SHORTEST_SECONDS else whole


def _window(rate_hz: int) -> int:
    return max(1, round(WINDOW_SECONDS * rate_hz))


def require_free(clip: Path, out: Path, *, overwrite: bool) -> None:
    """See that a trim of `clip` to `out` replaces neither sound nor provenance of anything else.

    Raises:
        ReverieError: something is in the way.
    """
    remedy = "Choose another `out`."
    if out.exists() and (not overwrite or out.samefile(clip)):
        raise ReverieError(f"{out} is there already.", remedy)
    told = sidecar_of(out)
    if not os.path.lexists(told):
        return
    for other in sorted(out.parent.iterdir()):
        if is_audio_name(other.name) and other.stem == out.stem and other.name != out.name:
            raise ReverieError(f"{told} is there already, and is of {other.name}.", remedy)
    if not overwrite and not is_sidecar(told):
        raise ReverieError(f"{told} is there already, and is not of {out.name}.", remedy)


@contextlib.contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Have other trims into `folder` wait, or the sound of one came to the JSON of the other.

    The folder itself is locked: it may be anybody's, and a lock file would stay in it.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # not every network's file system has locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _writable(folder: Path) -> Generator[None]:
    """Say which folder a trim cannot be written to."""
    try:
        yield
    except ReverieError as error:
        cause = error.__cause__
        while isinstance(cause, ReverieError):
            cause = cause.__cause__
        if isinstance(cause, OSError) and cause.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
            raise ReverieError(
                f"{folder} cannot be written: {os_reason(cause)}.",
                "Give a file in a folder that can be as `out`.",
            ) from error
        raise
