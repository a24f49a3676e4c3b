"""Parts of clips."""

from dataclasses import dataclass
from pathlib import Path

from reverie.api.keywords import PathLike, path_of
from reverie.audio.reading.inside import origin_of
from reverie.evaluation.best_stretch import Stretch, corpus_of, trim_to_best


@dataclass(frozen=True)
class Trimmed:
    """A part of a clip, in a file of its own."""

    path: Path
    stretch: Stretch
    """Where it begins and ends in the clip, in seconds, and why the rest was left out."""
    note: str
    """Why the provenance of the clip is not carried on; empty where it is."""


def trim(
    clip: PathLike,
    out: PathLike | None = None,
    *,
    start: float | None = None,
    end: float | None = None,
    copies: bool = True,
    overwrite: bool = False,
    progress: bool = False,
) -> Trimmed:
    """Cut a clip down to its best stretch, or to a part between times that are given.

    The best stretch is the longest in which no window is silent, noise, frozen, looping, clipped
    or copied. The original stays, and what was cut is recorded. What stays keeps its rate, its
    channels and every bit.

    Args:
        clip: a WAV or FLAC file.
        out: the part; `CLIP-trimmed` beside it if not given.
        start: where to begin, in seconds.
        end: where to end, in seconds.
        copies: search the training recordings, where the corpus is found, for what it repeats.
        overwrite: replace a file that is there.
        progress: show it on stderr.

    Raises:
        ReverieError: the clip cannot be read, nothing would stay, or a file is in the way.
    """
    path = path_of(clip, "clip")
    target = (
        path_of(out, "out")
        if out is not None
        else path.with_name(f"{path.stem}-trimmed{path.suffix}")
    )
    stretch = trim_to_best(
        path,
        target,
        corpus_of(path),
        start,
        end,
        copies=copies,
        overwrite=overwrite,
        quiet=not progress,
    )
    return Trimmed(target, stretch, origin_of(path).doubt)
