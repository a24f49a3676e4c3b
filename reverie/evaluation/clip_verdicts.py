"""Judge one finished clip and give the reason, quickly enough to do so after each clip.

Letters: S samples.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32
from reverie.audio.writing.cut import open_sound, read_mono
from reverie.errors import ReverieError
from reverie.evaluation.health_reference import health_reference
from reverie.evaluation.measures.health import (
    HealthReference,
    Verdict,
    health,
    level_dbfs,
)
from reverie.pages.page import Tone
from reverie.progress import position

if TYPE_CHECKING:
    # Whoever only judges files needs no torch.
    from reverie.runs.run import Run

WHOLE_SECONDS = 120.0
"""A clip of at most this length is judged whole."""
STRETCHES, STRETCH_SECONDS = 4, 30.0
"""Of a longer clip, this many evenly spread stretches are judged."""
ZERO_DBFS = -90.0
"""A quieter clip is silent whatever the level of the corpus: it is below one 16-bit step."""
LEVEL_UNKNOWN = "the corpus is missing, so the clip's level is not judged"


@dataclass(frozen=True)
class ClipVerdict:
    """The verdict on a clip."""

    verdict: Verdict | None
    """None if the clip cannot be judged."""
    sentence: str
    """The verdict and its reason in plain words."""

    @property
    def tone(self) -> Tone:
        """Return the tone in which to show the verdict."""
        if self.verdict is None:
            return "warn"
        return "good" if self.verdict == "ok" else "bad"


def reference_of(run: "Run") -> HealthReference | None:
    """Return what clips of `run` are judged by, from the corpus that it was trained on.

    None if the corpus is missing or has changed; clips are then judged without their level.
    """
    try:
        return health_reference(run.open_corpus())
    except ReverieError:
        return None


def verdict_of(
    samples: NDArray[Any],
    rate_hz: int,
    reference: HealthReference | None,
) -> ClipVerdict:
    """Judge a clip.

    Without a corpus the thresholds are the fixed ones, and a clip is compared with its own loudest
    second: one that dies away is still silent, but one that is quiet throughout is not, unless it
    is zero.

    Args:
        samples: mono [S], floats within -1 to 1 or int16.
        rate_hz: samples per second.
        reference: what it is judged by; None if the corpus is not known.
    """
    try:
        measured = health(
            samples, rate_hz, reference or HealthReference(_loudest(samples, rate_hz))
        )
    except ReverieError as error:
        return ClipVerdict(None, f"Cannot be judged: {error.problem}")
    if reference is not None:
        return ClipVerdict(measured.verdict, measured.sentence)
    if measured.rms_dbfs < ZERO_DBFS:
        return ClipVerdict("silent", "Silent: every sample is zero or nearly zero.")
    if measured.verdict == "ok":
        return ClipVerdict("ok", f"No fault found; {LEVEL_UNKNOWN}.")
    return ClipVerdict(measured.verdict, measured.sentence)


def verdict_of_file(clip: Path, reference: HealthReference | None) -> ClipVerdict:
    """Judge a WAV or FLAC file, or another that libsndfile reads; its channels are averaged.

    Of a clip longer than `WHOLE_SECONDS` a few stretches are judged, including the first and the
    last, and the first faulty one decides.

    Args:
        clip: the file.
        reference: what it is judged by; None if the corpus is not known.
    """
    try:
        with open_sound(clip) as file:
            rate_hz, samples = int(file.samplerate), int(file.frames)
            if samples <= WHOLE_SECONDS * rate_hz:
                return verdict_of(read_mono(file, 0, samples), rate_hz, reference)
            length = round(STRETCH_SECONDS * rate_hz)
            starts = np.linspace(0, samples - length, STRETCHES).astype(np.int64)
            for start in starts:
                verdict = verdict_of(read_mono(file, int(start), length), rate_hz, reference)
                if verdict.verdict != "ok":
                    where = f"{position(start / rate_hz)}-{position((start + length) / rate_hz)}"
                    return ClipVerdict(verdict.verdict, f"{where}: {verdict.sentence}")
    except ReverieError as error:
        return ClipVerdict(None, f"Cannot be judged: {error.problem}")
    note = f"; {LEVEL_UNKNOWN}" if reference is None else ""
    looked = f"{STRETCHES} stretches of {STRETCH_SECONDS:g} s, from start to end"
    return ClipVerdict("ok", f"No fault found in {looked}{note}.")


def _loudest(samples: NDArray[Any], rate_hz: int) -> float:
    """Return the level of the loudest second, in dB re full scale."""
    wave = to_float32(samples)
    return max(
        (level_dbfs(wave[at : at + rate_hz]) for at in range(0, len(wave), rate_hz)), default=0.0
    )
