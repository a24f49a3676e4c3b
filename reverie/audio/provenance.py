"""Read and write the JSON beside an audio file that says how it was made.

It counts only for the file whose hash it contains: a file can be replaced or edited, another file
can have the same stem, and other programs leave JSON of their own beside their files.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import ConfigDict, Field

from reverie.errors import ReverieError
from reverie.legacy import UNTOLD_SETTINGS, translate_sidecar
from reverie.records import JsonObject, PathText, as_record, read_json
from reverie.storage import file_sha256, write_json

HASH = "audio_sha256"
"""The key of the audio file's hash."""
MOST_BYTES = 1 << 20
"""Largest file that is read; no provenance comes close to this size."""
_MAKER = "reverie "
_TRIM, _LOOP = "trim", "loop"

_READ = ConfigDict(extra="ignore", allow_inf_nan=False)

Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(ge=0)]


@dataclass(frozen=True)
class Prompt:
    """Where the music that a clip continues lies."""

    __pydantic_config__ = _READ

    recording: PathText
    """Path of the recording, within the folder of recordings or as given; empty for none."""
    offset_seconds: Seconds
    """Where in it the prompt begins."""
    seconds: Seconds
    silence_seconds: Seconds = 0.0
    """Silence that was cut off the prompt's end."""
    samples_sha256: str = ""
    """Of its float32 samples; empty without a prompt, and in files of older versions."""


@dataclass(frozen=True)
class Trim:
    """Which part of which sound was kept."""

    __pydantic_config__ = _READ

    of: PathText
    """Name of the file that was trimmed."""
    of_sha256: str
    how: Literal["by levels", "by hand", "by measures", "as a loop"]
    start_seconds: Seconds
    end_seconds: Seconds
    cut_seconds: Seconds
    """How much was cut off."""
    before: "Trim | None" = None
    """The earlier trim of the file that was trimmed."""


@dataclass(frozen=True)
class Looped:
    """How a sound that was cut to a loop repeats."""

    __pydantic_config__ = _READ

    beats: Count
    """How many it holds; 0 where it has no pulse."""
    bpm: Seconds
    """Beats a minute; 0 where it has no pulse."""
    confidence: Seconds
    """Of the beats, 0 to 1."""
    crossfade_seconds: Seconds
    """How much of its end fades over into what lay before its start."""


@dataclass(frozen=True)
class Change:
    """What was changed while endless music played."""

    __pydantic_config__ = _READ

    at_seconds: float
    """From the clip's beginning to the first frame that follows the change; negative before it."""
    settings: JsonObject
    """The settings that changed, by name."""
    prompt: Prompt | None = None
    """The prompt that the music went over to; None where it went on."""


DRAWN = ("held-out", "training", "nothing")
"""What the setting `prompt` may be that is no file."""


@dataclass(frozen=True)
class Excerpt:
    """Which part of endless music a clip is."""

    __pydantic_config__ = _READ

    begins_seconds: Seconds
    """Where in the music the clip begins."""
    changes: tuple[Change, ...] = ()
    """What was changed before its end, oldest first; the newest ones, where they are many."""
    changes_left_out: Count = 0
    """How many older changes are not told."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """How a clip was generated."""

    __pydantic_config__ = _READ

    made_by: Annotated[str, Field(pattern=f"^{_MAKER}")]
    """`reverie` and its version."""
    run: PathText
    """Folder of the run."""
    rate_hz: Positive
    architecture: str
    hop_samples: Positive
    """Hop length of the frames."""
    checkpoint: PathText
    """Name of the checkpoint."""
    checkpoint_sha256: str
    """Of its weights."""
    epoch: Count
    corpus_hash: str
    settings: JsonObject
    """Of the generation."""
    clip: Positive
    """Number of the clip among those generated together, from 1."""
    prompt: Prompt
    clipped_samples: Count
    """How many samples exceeded full scale and were clipped."""
    run_name: PathText = ""
    """Name of the run, which one that was exported keeps whatever its folder is called; empty in
    files of older versions."""
    lacks: str = ""
    """Which of the settings the checkpoint could not apply."""
    excerpt: Excerpt | None = None
    """Which part of endless music it is, whose first settings and prompt the others are; None of a
    clip by itself."""
    format_version: Literal[2] = 2

    def deciding(self) -> dict[str, Any]:
        """Return the values that determine a clip's sound, as plain JSON by name.

        The run's folder and name, and the name by which the checkpoint was requested, are not among
        them.
        """
        values: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        for name in ("made_by", "run", "run_name", "clipped_samples", "lacks", "format_version"):
            del values[name]
        values["settings"].pop("checkpoint", None)
        values["settings"] = {**UNTOLD_SETTINGS, **values["settings"]}
        return values


@dataclass(frozen=True)
class Sidecar:
    """The content of the JSON beside an audio file."""

    provenance: Provenance | None = None
    """How it was generated; None if Reverie did not generate it."""
    trim: Trim | None = None
    """How it was trimmed; None if it was not."""
    loop: Looped | None = None
    """How it repeats; None if it is no loop."""
    unknown: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Fields of another version, by name; a trim copies them."""
    doubt: str = ""
    """Why the JSON is not trusted; empty if it is, or if there is none."""


def sidecar_of(sound: Path) -> Path:
    """Return the path of the provenance of `sound`."""
    return sound.with_suffix(".json")


def write_sidecar(sound: Path, sidecar: Sidecar) -> None:
    """Write `sidecar` beside the file `sound`, with the file's current hash.

    Raises:
        OSError: `sound` cannot be read.
        ReverieError: the disk is full or the folder cannot be written.
    """
    values: dict[str, Any] = {HASH: file_sha256(sound)}
    if sidecar.provenance is not None:
        values |= asdict(sidecar.provenance, dict_factory=_without_excerpt)
    values |= sidecar.unknown
    if sidecar.trim is not None:
        values[_TRIM] = asdict(sidecar.trim, dict_factory=_without_none)
    if sidecar.loop is not None:
        values[_LOOP] = asdict(sidecar.loop)
    write_json(sidecar_of(sound), values)


def read_sidecar(sound: Path) -> Sidecar:
    """Read the JSON beside `sound`; a problem with it is returned as a doubt, not raised.

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
        provenance = as_record(values, Provenance, str(path)) if "made_by" in values else None
        trim = as_record(values[_TRIM], Trim, str(path)) if _TRIM in values else None
        loop = as_record(values[_LOOP], Looped, str(path)) if _LOOP in values else None
    except ReverieError as error:
        return Sidecar(doubt=error.problem)
    known = {HASH, _TRIM, _LOOP, *(Provenance.__dataclass_fields__ if provenance else ())}
    unknown = {name: values[name] for name in values if name not in known}
    return Sidecar(provenance, trim, loop, unknown)


def is_sidecar(path: Path) -> bool:
    """Return whether `path` is a sidecar written by Reverie, for any audio file."""
    try:
        return HASH in _object(path)
    except ReverieError:
        return False


def generated_sha256(values: Mapping[str, Any]) -> str | None:
    """Return the hash of the generated clip that `values` describe; None if they describe none.

    Args:
        values: JSON from any program, for a file that may have changed since.
    """
    if HASH not in values or not str(values.get("made_by")).startswith(_MAKER):
        return None
    return str(values[HASH])


def _believed(path: Path, sound: Path) -> dict[str, Any]:
    values = _object(path)
    remedy = "Leave it, or put the right one there."
    if HASH not in values:
        raise ReverieError(f"{path} is not by Reverie.", remedy)
    if values[HASH] != file_sha256(sound):
        raise ReverieError(f"{path} describes another file than {sound.name}.", remedy)
    return translate_sidecar(values)


def _object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; empty if the file holds other JSON."""
    read: object = read_json(path, "how a clip was made", most_bytes=MOST_BYTES)
    return cast(dict[str, Any], read) if isinstance(read, dict) else {}


def _without_excerpt(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in items if name != "excerpt" or value is not None}


def _without_none(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in items if value is not None}
