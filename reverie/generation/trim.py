"""Trimming a clip: by hand, as the paper's authors did, or where its levels propose.

Letters: S samples.
"""

from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.audio.write import AudioWriter
from reverie.errors import ReverieError
from reverie.records import read_json
from reverie.storage import write_json

WINDOW_SECONDS = 0.05
QUIET_DB = 30.0
"""How far under its own loudest window the start or the end of a clip is left out."""
SHORTEST_SECONDS = 2.0
"""A proposal that would leave less leaves the clip whole."""


def propose_trim(samples: NDArray[np.float32], rate_hz: int) -> tuple[float, float]:
    """Start and end in seconds: from the first to the last window that is not quiet.

    Args:
        samples: mono [S].
        rate_hz: samples per second.
    """
    window = max(1, round(WINDOW_SECONDS * rate_hz))
    whole = (0.0, len(samples) / rate_hz)
    count = len(samples) // window
    if not count:
        return whole
    power = np.square(samples[: count * window].reshape(count, window)).mean(1)
    loud = np.flatnonzero(power > power.max() * 10 ** (-QUIET_DB / 10))
    if not len(loud):
        return whole
    start = loud[0] * window / rate_hz
    end = whole[1] if loud[-1] == count - 1 else (loud[-1] + 1) * window / rate_hz
    return (float(start), float(end)) if end - start >= SHORTEST_SECONDS else whole


def trim_clip(clip: Path, out: Path, start: float | None, end: float | None) -> tuple[float, float]:
    """Write the part of `clip` from `start` to `end` seconds to `out`; what was cut is recorded.

    Args:
        clip: a mono audio file; the JSON beside it, if there is one, is kept with the trim added.
        out: a WAV or FLAC file.
        start: None for where the levels propose.
        end: likewise.

    Returns:
        The start and the end that were used.

    Raises:
        ReverieError: the clip cannot be read, or nothing is left of it.
    """
    try:
        samples, rate_hz = soundfile.read(clip, dtype="float32")
    except (OSError, soundfile.LibsndfileError) as error:
        raise ReverieError(
            f"{clip} cannot be read: {str(error).rstrip('.')}.", "Give a WAV or FLAC file."
        ) from error
    if samples.ndim != 1:
        raise ReverieError(f"{clip} has {samples.shape[1]} channels.", "Give a mono clip.")
    seconds = len(samples) / rate_hz
    proposed = propose_trim(samples, rate_hz)
    begin = proposed[0] if start is None else start
    finish = proposed[1] if end is None else min(end, seconds)
    if not 0 <= begin < finish:
        raise ReverieError(
            f"nothing of {clip} lies between {begin:g} s and {finish:g} s.",
            f"It has {seconds:.2f} s; give a --start before the --end.",
        )
    first, last = round(begin * rate_hz), round(finish * rate_hz)
    with AudioWriter(out, rate_hz) as writer:
        writer.write(samples[first:last])
    beside = clip.with_suffix(".json")
    told: dict[str, Any] = read_json(beside, "how a clip was made") if beside.is_file() else {}
    how = "by levels" if start is None and end is None else "by hand"
    told["trim"] = {"of": clip.name, "how": how, "start_seconds": begin, "end_seconds": finish,
                    "cut_seconds": round(seconds - (finish - begin), 6)}  # fmt: skip
    write_json(out.with_suffix(".json"), told)
    return begin, finish
