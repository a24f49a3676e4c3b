"""Parts of clips."""

from dataclasses import dataclass
from pathlib import Path

from reverie.api.corpus import PathLike
from reverie.audio.provenance import read_sidecar
from reverie.generation.trim import trim_clip


@dataclass(frozen=True)
class Trimmed:
    """A part of a clip, in a file of its own."""

    path: Path
    start_seconds: float
    """Where it begins in the clip."""
    end_seconds: float
    """Where it ends in the clip."""
    note: str = ""
    """Why the provenance of the clip is not carried on; empty where it is."""


def trim(
    clip: PathLike,
    out: PathLike | None = None,
    *,
    start: float | None = None,
    end: float | None = None,
    overwrite: bool = False,
) -> Trimmed:
    """Cut a clip down to a part; the original stays, and what was cut is recorded.

    What stays keeps its rate, its channels and every bit.

    Args:
        clip: a WAV or FLAC file.
        out: the part; `CLIP-trimmed` beside it if not given.
        start: where to begin, in seconds; where sound begins if not given.
        end: where to end, in seconds; where sound ends if not given.
        overwrite: replace a file that is there.

    Raises:
        ReverieError: the clip cannot be read, nothing would stay, or a file is in the way.
    """
    path = Path(clip)
    target = Path(out) if out else path.with_name(f"{path.stem}-trimmed{path.suffix}")
    begin, finish = trim_clip(path, target, start, end, overwrite=overwrite)
    return Trimmed(target, begin, finish, read_sidecar(path).doubt)
