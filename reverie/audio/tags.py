"""What a clip says of itself inside its file: that a machine made it, and how.

Tags are texts by name. Each format has its own place for them (`writing/riff_chunks.py`,
`writing/id3.py`, Vorbis comments), and programs that convert sounds carry at least the comment on.
The comment therefore holds a mark by which a clip is known whatever its name and format.
"""

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, cast

from reverie.audio.provenance import DRAWN, Provenance
from reverie.terminal import printable

Tags = Mapping[str, str]

DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""The IPTC's term for media that a trained model made."""
AI_GENERATED = "AI-generated"
MARK = "reverie-clip:"
"""Comes before the hexadecimal digits of a clip's identity."""
MARK_DIGITS = 64
PROVENANCE = "REVERIE_PROVENANCE"
"""The tag that holds the provenance as JSON."""

LARGEST_JSON = 1 << 14
"""Longer JSON, of thousands of prompts, is left to the file beside the clip."""
LONGEST_TEXT = 255
_TEXT_MARK = re.compile(re.escape(MARK) + f"[0-9a-f]{{{MARK_DIGITS}}}")
NOT_INSIDE = ("clipped_samples",)
"""Of the provenance: known only when the last sample is written."""


def tags_of(provenance: Provenance) -> dict[str, str]:
    """Return the tags of a clip. They depend on how it was made alone, not on where.

    Folders are left out: a file that is given away does not tell of the machine it is from.
    """
    inside = _inside(provenance)
    run, checkpoint = _text(inside["run"]), _text(provenance.checkpoint)
    seed = _text(str(provenance.settings.get("seed", "unknown")))
    weights = _text(provenance.checkpoint_sha256)
    said = f"Run {run}, checkpoint {checkpoint} (SHA-256 {weights}), seed {seed}."
    tags = {
        **_generated(
            _text(provenance.made_by),
            f"{run} {provenance.clip:03d}",
            run,
            identity(provenance),
            said,
        ),
        "REVERIE_CHECKPOINT": checkpoint,
        "REVERIE_CHECKPOINT_SHA256": weights,
        "REVERIE_SEED": seed,
    }
    for name, value in (("REVERIE_SETTINGS", inside["settings"]), (PROVENANCE, inside)):
        text = json.dumps(value, sort_keys=True)
        if len(text) <= LARGEST_JSON:
            tags[name] = text.replace("\x7f", "\\u007f")
    return tags


def tags_of_preview(made_by: str, run: str, epoch: int) -> dict[str, str]:
    """Return the tags of a sound that a training showed, which has no provenance of its own.

    Args:
        made_by: `reverie` and its version.
        run: name of the run.
        epoch: after which it was made.
    """
    name, checkpoint = _text(run), f"epoch-{epoch:05d}"
    digits = hashlib.sha256(f"{name} {checkpoint}".encode()).hexdigest()
    said = f"Run {name}, preview of {checkpoint}."
    return {
        **_generated(_text(made_by), f"{name} {checkpoint}", name, digits, said),
        "REVERIE_CHECKPOINT": checkpoint,
    }


def identity(provenance: Provenance) -> str:
    """Return 64 hexadecimal digits that are the same for the same clip in any format."""
    values = _without_folders(provenance.deciding())
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode("ascii")).hexdigest()


def says_clip(tags: Tags) -> bool:
    """Return whether one of a file's tags holds the mark of a clip of Reverie."""
    return any(_TEXT_MARK.search(text) for text in tags.values())


def _generated(made_by: str, title: str, run: str, digits: str, said: str) -> dict[str, str]:
    """Return what is said of every sound that a model made."""
    return {
        "TITLE": title,
        "ARTIST": f"Reverie ({AI_GENERATED})",
        "ALBUM": run,
        "COMMENT": f"{AI_GENERATED} by {made_by}. {MARK}{digits} {said} {DIGITAL_SOURCE_TYPE}",
        "SOFTWARE": made_by,
        "DIGITALSOURCETYPE": DIGITAL_SOURCE_TYPE,
        "AI_GENERATED": AI_GENERATED,
        "REVERIE_RUN": run,
    }


def _inside(provenance: Provenance) -> dict[str, Any]:
    """Return the provenance as plain values without folders of this machine."""
    values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(provenance)))
    for name in NOT_INSIDE:
        del values[name]
    name = values.pop("run_name")
    values["run"] = name or PurePosixPath(provenance.run).name or provenance.run
    return _without_folders(values)


def _without_folders(values: dict[str, Any]) -> dict[str, Any]:
    """Return a provenance that tells files by their names, wherever somebody has them.

    Recordings of a corpus keep their paths in it.
    """
    asked: object = None
    changes: list[dict[str, Any]] = values["excerpt"]["changes"] if values["excerpt"] else []
    for part in (values, *changes):
        settings: dict[str, Any] = part["settings"]
        asked = settings.get("prompt", asked)
        is_file = asked is not None and asked not in DRAWN
        part["settings"] = {
            name: _name_of(value, is_file=name == "prompt" and is_file)
            for name, value in settings.items()
        }
        if part["prompt"]:
            prompt: dict[str, Any] = part["prompt"]
            prompt["recording"] = _name_of(prompt["recording"], is_file=is_file)
    return values


def _name_of(value: Any, *, is_file: bool) -> Any:
    """Return the name of a file or an absolute path, and of each in a list; anything else as is."""
    if isinstance(value, list | tuple):
        return [_name_of(item, is_file=is_file) for item in cast(list[Any], value)]
    if isinstance(value, str):
        for kind in (PurePosixPath, PureWindowsPath):
            if kind(value).is_absolute() or (is_file and len(kind(value).parts) > 1):
                return kind(value).name
    return value


def _text(text: str) -> str:
    """Return one short line without control characters."""
    line = printable(text).strip() or "unknown"
    return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 1]}…"
