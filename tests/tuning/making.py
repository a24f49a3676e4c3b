"""A search that takes seconds: trials of two epochs, judged by few short clips."""

from pathlib import Path
from typing import Any

from reverie.api.search import Search, search

RANGES: dict[str, Any] = {
    "training.learning_rate": {"low": 1e-4, "high": 1e-1, "log": True},
    "model.hidden": [4, 8],
}
CHANGES: dict[str, Any] = {
    "frames.hop_seconds": 0.03125,
    "model.hidden": 8,
    "training.sequence_seconds": 0.25,
    "training.batch_size": 16,
    "training.epochs": 2,
    "training.learning_rate": 1e-3,
}
SETTINGS: dict[str, Any] = {
    "trials": 3,
    "batch": 2,
    "judgements": 2,
    "finalists": 1,
    "final_judgements": 2,
    "clips": 2,
    "seconds": 1.0,
}


def small_search(corpus: Path, out: Path, **options: Any) -> Search:
    """The search, with other options."""
    settings = SETTINGS | options.pop("settings", {})
    return search(corpus, "smoke", out, settings, space=RANGES, changes=CHANGES, **options)
