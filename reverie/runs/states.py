"""What a checkpoint says of itself: its name, the place in training, the hashes of the rest.

None of it needs torch, so that runs can be listed at once.
"""

import dataclasses
import re
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.errors import ReverieError
from reverie.legacy import translate_state
from reverie.records import RECORD, as_record, read_json
from reverie.remote.places import need
from reverie.runs.progress import Progress

CHECKPOINTS, STATE = "checkpoints", "state.json"
WEIGHTS = ("model.safetensors", "calibration.safetensors")
"""What generates."""
NAME = re.compile(r"epoch-(\d{5,9})(?:-step-(\d{5,12}))?", re.ASCII)
"""Of a checkpoint's folder; others beside it are left alone."""
FORMAT_VERSION = 4
MOST_BYTES = 1 << 20

ANOTHER = "Choose another checkpoint of the run, or restore this one from a copy."

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, config=RECORD)
class State(Progress):
    """What a checkpoint's `state.json` holds; hashes are None where an old version wrote none."""

    model_sha256: Sha256 | None = None
    optimizer_sha256: Sha256 | None = None
    calibration_sha256: Sha256 | None = None
    frames_sha256: Sha256 | None = None
    """Of the run's frames, which the weights belong to."""
    format_version: Literal[4] = FORMAT_VERSION

    @property
    def progress(self) -> Progress:
        """The place in training alone."""
        return Progress(**{one.name: getattr(self, one.name) for one in _fields(Progress)})


def read_state(path: Path) -> State:
    """What the checkpoint at `path` says of itself.

    Raises:
        ReverieError: it says nothing, or what cannot be.
    """
    file = path / STATE
    values: object = read_json(file, "a checkpoint", most_bytes=MOST_BYTES)
    if isinstance(values, dict):
        values = translate_state(cast(dict[str, Any], values))
        version: object = values["format_version"]
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise ReverieError(f"{file} was made by a newer version.", "Update Reverie.")
        needed = [field.name for field in _fields(State)]
        lost = [name for name in needed if name not in values]
        if lost:
            raise ReverieError(f"{file} is damaged: it has lost {', '.join(lost)}.", ANOTHER)
    state = as_record(cast(object, values), State, str(file), remedy=ANOTHER)
    if NAME.fullmatch(path.name) and state.name != path.name:
        raise ReverieError(
            f"{file} is damaged: it is of {state.name}, and lies in {path.name}.", ANOTHER
        )
    return state


def read_progress(path: Path) -> Progress:
    """The place in training of the checkpoint at `path`.

    Raises:
        ReverieError: as `read_state`.
    """
    return read_state(path).progress


def is_exported(run: Path) -> bool:
    """Whether the run in the folder `run` was exported: the folder is its one checkpoint."""
    return (run / STATE).is_file()


def list_checkpoints(run: Path) -> list[Path]:
    """The checkpoints of the run in the folder `run`, oldest first, whole or damaged."""
    if is_exported(run):
        return [run]
    folder = run / CHECKPOINTS
    if not folder.is_dir():
        return []
    found = [(NAME.fullmatch(path.name), path) for path in folder.iterdir()]
    aged = [
        (int(match[1]), int(match[2] or 0), path)
        for match, path in found
        if match and path.is_dir()
    ]
    return [path for _, _, path in sorted(aged)]


def checkpoint_name(path: Path) -> str:
    """The name of the checkpoint at `path`.

    Raises:
        ReverieError: it is an exported run, and damaged.
    """
    return path.name if NAME.fullmatch(path.name) else read_state(path).name


def checkpoint_names(run: Path) -> list[str]:
    """The names of the checkpoints of the run in the folder `run`, oldest first.

    Raises:
        ReverieError: it is an exported run, and damaged.
    """
    return [checkpoint_name(path) for path in list_checkpoints(run)]


def find_checkpoint(run: Path, name: str) -> Path:
    """The path of a checkpoint of the run in the folder `run`.

    Args:
        run: the folder.
        name: `latest`, `best`, an epoch's number, or a checkpoint's own name.

    Raises:
        ReverieError: there is no such checkpoint.
    """
    found = list_checkpoints(run)
    if not found:
        raise ReverieError(
            f"{run} has no checkpoint yet.", "Train it further with `reverie train`."
        )
    if name == "latest" or (name == "best" and is_exported(run)):
        return found[-1]
    if name == "best":
        state = read_state(found[-1])
        best = state.best_judged_epoch or state.best_saved_epoch
        name = str(best) if best else found[-1].name
    wanted = f"epoch-{int(name):05d}" if re.fullmatch("[0-9]{1,9}", name) else name
    for path in found:
        if checkpoint_name(path) == wanted:
            return path
    raise ReverieError(
        f"{run} has no checkpoint {name}.",
        f"It has: latest, best, {', '.join(checkpoint_names(run))}.",
    )


def fetched_checkpoint(run: Path, name: str) -> Path:
    """As `find_checkpoint`; of a run at an URL the weights are fetched.

    Raises:
        ReverieError: there is no such checkpoint, or its store does not answer.
    """
    found = find_checkpoint(run, name)
    for part in WEIGHTS:
        need(found / part)
    return found


def _fields(kind: type[Progress]) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(kind)
