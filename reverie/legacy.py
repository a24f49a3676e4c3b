"""Names that version 0.1 used in its files, translated to today's."""

import re
from typing import Any

_TENSORS = (
    (re.compile(r"(head\.member\d+)\.known(\d+)\."), r"\1.prefix\2."),
    (re.compile(r"(head\.member\d+)\.aim(\d+)\."), r"\1.bottleneck\2."),
    (re.compile(r"(head\.member\d+)\.values(\d+)\."), r"\1.output_projection\2."),
)
CALIBRATION = {
    "head.error": "rmse",
    "head.mean.error": "rmse",
    "head.surprise": "surprisal_bits",
    "head.loudness": "loudness_db",
    "head.levels": "",
}
"""Tensors that lay among the weights and belong to the calibration; one that the codec has too."""


def tensor_name(name: str) -> str:
    """The name of a weight, which is today's already unless version 0.1 wrote the file."""
    for pattern, replacement in _TENSORS:
        name = pattern.sub(replacement, name)
    return name


def translate_state(values: dict[str, Any]) -> dict[str, Any]:
    """What a checkpoint's `state.json` says, as this version writes it.

    The first versions wrote no hashes, and not which epoch was best.
    """
    if "format_version" in values:
        return values
    added = dict.fromkeys(["model_sha256", "optimizer_sha256", "frames_sha256"])
    if "optimizer_sha256" not in values:
        values = {"least_epoch": 0, "least_loss": None, **added, **values}
    return {**values, "calibration_sha256": None, "format_version": 2}
