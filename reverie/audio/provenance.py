"""The JSON beside a clip, which says how it was made: believed only where it is of that very sound.

A sound can be exchanged, edited or joined by another of its stem, and JSON that other programs
leave beside theirs has nothing to do with ours.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as record

from reverie.errors import ReverieError
from reverie.records import PathText, as_record, read_json
from reverie.storage import file_sha256

HASH = "audio_sha256"
MOST_BYTES = 1 << 20
"""No provenance comes near to it."""

_READ = ConfigDict(extra="ignore", allow_inf_nan=False)


@record(frozen=True, config=_READ)
class Prompt:
    """What a clip goes on from, as its provenance has it."""

    recording: PathText
    """Path of the recording; empty for none."""
    offset_seconds: Annotated[float, Field(ge=0, strict=True)]
    """Where in it the prompt begins."""
    seconds: Annotated[float, Field(ge=0, strict=True)]
    """How long it is."""


@record(frozen=True, config=_READ)
class Provenance:
    """How a clip of ours was made, as far as others ask."""

    made_by: Annotated[str, Field(pattern="^reverie ")]
    corpus_hash: str
    epoch: Annotated[int, Field(ge=0, strict=True)]
    frame_samples: Annotated[int, Field(ge=1, strict=True)]
    clipped_samples: Annotated[int, Field(ge=0, strict=True)]
    seed: Prompt


@dataclass(frozen=True)
class Sidecar:
    """What lies beside a sound."""

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    """All that it says; empty where there is none, or none that is believed."""
    provenance: Provenance | None = None
    """The same, checked, of a clip that Reverie made."""
    doubt: str = ""
    """Why it is not believed; empty where it is, or where there is none."""


def sidecar_of(sound: Path) -> Path:
    """Where the provenance of `sound` lies."""
    return sound.with_suffix(".json")


def read_sidecar(sound: Path) -> Sidecar:
    """Read what lies beside `sound`; whatever is wrong with it, nothing is raised but told.

    Args:
        sound: a plain file.

    Raises:
        OSError: `sound` itself cannot be read.
    """
    path = sidecar_of(sound)
    if not path.exists() and not path.is_symlink():
        return Sidecar()
    try:
        values = _believed(path, sound)
        made = as_record(values, Provenance, str(path)) if "made_by" in values else None
    except ReverieError as error:
        return Sidecar(doubt=error.problem)
    return Sidecar(values, made)


def _believed(path: Path, sound: Path) -> dict[str, Any]:
    read: object = read_json(path, "how a clip was made", most_bytes=MOST_BYTES)
    remedy = "Leave it, or put the right one there."
    if not isinstance(read, dict) or HASH not in read:
        raise ReverieError(f"{path} is not of Reverie.", remedy)
    values = cast(dict[str, Any], read)
    if values[HASH] != file_sha256(sound):
        raise ReverieError(f"{path} tells of another sound than {sound.name}.", remedy)
    return values
