"""Gather the files of each condition, and the corpus that anchors come from."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from reverie.audio.folders import audio_in, names_of
from reverie.corpus.corpus import MANIFEST
from reverie.errors import ReverieError, os_reason
from reverie.listening.design.stimuli import LOWER, UPPER
from reverie.records import read_json
from reverie.terminal import printable

_EXPERIMENT = "experiment.json"


def gather(
    sources: Sequence[Path], corpus: Path | None
) -> tuple[dict[str, list[Path]], Path | None]:
    """Return the files of each condition, and the corpus of the anchors.

    Args:
        sources: one experiment, or folders of audio, each of which is a condition.
        corpus: a prepared corpus; by default that of the experiment.

        Raises:
        ReverieError: a folder is missing or holds no audio, or has the name of another folder or
            of an anchor.
    """
    if len(sources) == 1 and (sources[0] / _EXPERIMENT).is_file():
        folders = _pool(sources[0])
        names = [folder.name for folder in folders]
        own = _own_corpus(sources[0])
        corpus = corpus or (own if own is not None and (own / MANIFEST).is_file() else None)
    else:
        folders, names = list(sources), names_of(sources)
    conditions: dict[str, list[Path]] = {}
    for folder, name in zip(folders, map(printable, names), strict=True):
        if name in {UPPER, LOWER}:
            raise ReverieError(f"a folder is named {name!r}, as an anchor is.", "Rename it.")
        if name in conditions or not name:
            raise ReverieError(
                f"{printable(str(folder))} has the name of another folder, or none.", "Rename it."
            )
        conditions[name] = audio_in(folder)
    return conditions, corpus


def _pool(experiment: Path) -> list[Path]:
    pool = experiment / "pool"
    try:
        folders = (
            sorted(entry for entry in pool.iterdir() if entry.is_dir()) if pool.is_dir() else []
        )
    except OSError as error:
        raise ReverieError(
            f"{pool} cannot be read: {os_reason(error)}.",
            "Make it readable.",
        ) from error
    if not folders:
        raise ReverieError(
            f"{experiment} has no clips in its pool yet.", "Finish it with `reverie experiment`."
        )
    return folders


def _own_corpus(experiment: Path) -> Path | None:
    """Return the corpus that an experiment names."""
    path = experiment / _EXPERIMENT
    about: Any = read_json(path, "an experiment")
    told: Any = cast(dict[str, Any], about).get("corpus") if isinstance(about, dict) else None
    if not isinstance(told, str) or "\0" in told:
        raise ReverieError(
            f"{path} is damaged: corpus is not the path of one.",
            "Restore it, or make the test of the folders in its pool.",
        )
    return Path(told)
