"""A small experiment, and what it leaves behind."""

from pathlib import Path

from reverie.experiment.settings import ExperimentSettings

SMALL = (
    "frames.hop_seconds=0.03125",
    "model.hidden=8",
    "model.filters=2",
    "training.sequence_seconds=0.25",
    "training.batch_size=8",
)
MODELS = ("bilinear", "blocks")
SETTINGS = ExperimentSettings(
    scale="smoke", models=MODELS, clips=2, seconds=1.0, overrides=SMALL
)  # fmt: skip


def tables(folder: Path) -> bytes:
    """What an experiment found, to the byte."""
    return (folder / "tables.json").read_bytes()
