"""Names that version 0.1 used in its files, translated to today's.

A file is translated by the version of its format, or where it has none by a key that only 0.1
wrote. What 0.1 would not have written stays as it is, and the strict readers refuse it.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

_TENSORS = (
    (re.compile(r"(head\.member\d+)\.known(\d+)\."), r"\1.prefix\2."),
    (re.compile(r"(head\.member\d+)\.aim(\d+)\."), r"\1.bottleneck\2."),
    (re.compile(r"(head\.member\d+)\.values(\d+)\."), r"\1.output_projection\2."),
)
UNTOLD_SETTINGS: dict[str, Any] = {"guidance": 0.0, "beat": True, "bpm": None}
"""Settings of generation that older clips do not tell of, and what they were then."""

CALIBRATION = {
    "head.error": "rmse",
    "head.mean.error": "rmse",
    "head.surprise": "surprisal_bits",
    "head.loudness": "loudness_db",
    "head.levels": "",
}
"""Tensors that lay among the weights and belong to the calibration; one that the codec has too."""

_RECIPE = {
    "frames": {
        "frame_samples": "hop_samples",
        "components": "n_components",
        "stages": "n_codebooks",
        "codebook": "codebook_size",
        "soften_db": "log_floor_db",
    },
    "training": {
        "averaging": "ema_decay",
        "most_sequences": "max_sequences",
        "ends_below_db": "trim_silence_db",
        "rng_seed": "seed",
    },
}
_GENERATION = {
    "rng_seed": "seed",
    "seed_from": "prompt",
    "seed_recordings": "prompt_recordings",
}
_EXPERIMENT = {"equal": "budget", "rng_seed": "seed"}
_STATE = {
    "best_epoch": "best_saved_epoch",
    "best_loss": "best_saved_loss",
    "least_epoch": "best_measured_epoch",
    "least_loss": "best_measured_loss",
}
_NOT_JUDGED = {
    "judged_epoch": 0,
    "judged_seconds": 0.0,
    "best_judged_epoch": 0,
    "best_judged_distance": None,
    "best_judged_copies": False,
}
_SIDECAR = {"frame_samples": "hop_samples", "seed": "prompt"}


def renamed_setting(name: str) -> str | None:
    """Return today's name of the setting `name` (`section.field`, or a field) of 0.1, if any."""
    section, _, field = name.rpartition(".")
    if section:
        new = _RECIPE.get(section, {}).get(field)
        return new and f"{section}.{new}"
    return {**_EXPERIMENT, **_GENERATION}.get(field)


def tensor_name(name: str) -> str:
    """Return the name of a weight, which is today's already unless version 0.1 wrote the file."""
    for pattern, replacement in _TENSORS:
        name = pattern.sub(replacement, name)
    return name


def translate_state(values: dict[str, Any]) -> dict[str, Any]:
    """Translate a checkpoint's `state.json`.

    The first versions wrote no hashes, and not which epoch was best; format version 2 knew of no
    clips that are judged.
    """
    if values.get("format_version") == 2:
        return {**_NOT_JUDGED, **values, "format_version": 3}
    if "format_version" in values:
        return values
    added = dict.fromkeys(["model_sha256", "optimizer_sha256", "frames_sha256"])
    if "optimizer_sha256" not in values:
        values = {"least_epoch": 0, "least_loss": None, **added, **values}
    added = {**_NOT_JUDGED, "calibration_sha256": None, "format_version": 3}
    return {**_renamed(values, _STATE), **added}


def translate_config(values: dict[str, Any]) -> dict[str, Any]:
    """Translate a run's `config.json`, of format version 1."""
    if values.get("format_version") != 1:
        return values
    recipe: object = values.get("recipe")
    if isinstance(recipe, dict):
        sections = cast(dict[str, Any], recipe)
        recipe = {
            name: _renamed(section, _RECIPE.get(name, {})) for name, section in sections.items()
        }
    return {**values, "recipe": recipe, "format_version": 2}


def translate_sidecar(values: dict[str, Any]) -> dict[str, Any]:
    """Translate the JSON beside a clip, which had no format version."""
    if "format_version" in values or "made_by" not in values:
        return values
    values = _renamed(values, _SIDECAR)
    if "settings" in values:
        values["settings"] = _renamed(values["settings"], _GENERATION)
    return {**values, "format_version": 2}


def translate_experiment(values: dict[str, Any]) -> dict[str, Any]:
    """Translate an experiment's `experiment.json`, whose settings had an `equal`."""
    before: object = values.get("settings")
    if not isinstance(before, dict) or "equal" not in before:
        return values
    settings: dict[str, Any] = _renamed(cast(object, before), _EXPERIMENT)
    if settings.get("protocol") == "successors":
        settings["protocol"] = "variants"
    overrides: object = settings.get("overrides")
    if isinstance(overrides, list):
        settings["overrides"] = [_assignment(text) for text in cast(list[object], overrides)]
    return {**values, "settings": settings}


def translate_result(values: dict[str, Any]) -> dict[str, Any]:
    """Translate the result of one model of an experiment, whose clips had an `edge_jump`."""
    if not isinstance(values.get("clips"), list):
        return values
    clips = [_clip(clip) for clip in cast(list[object], values["clips"])]
    return {**values, "clips": clips}


def translate_test(values: dict[str, Any]) -> dict[str, Any]:
    """Translate the file of a listening test, whose settings had an `rng_seed`."""
    return {**values, "settings": _renamed(values.get("settings"), {"rng_seed": "seed"})}


def _clip(values: object) -> Any:
    if not isinstance(values, dict) or "edge_jump" not in values:
        return cast(Any, values)
    clip = _renamed(cast(object, values), {"edge_jump": "frame_boundary_discontinuity"})
    return {**clip, "verdict": "ok"} if clip.get("verdict") == "sound" else clip


def _assignment(text: object) -> object:
    """`section.field=value` with today's name of the setting."""
    name, equals, value = str(text).partition("=")
    new = renamed_setting(name.strip())
    return f"{new}{equals}{value}" if new else text


def _renamed(values: Any, names: Mapping[str, str]) -> Any:
    """`values` with its keys renamed; unchanged if it is no object, or has new names already."""
    if not isinstance(values, dict) or any(new in values for new in names.values()):
        return cast(Any, values)
    items = cast(dict[str, Any], values).items()
    return {names.get(key, key): value for key, value in items}
