"""What older versions wrote in their files, translated to today's names and units.

A file is translated by the version of its format, or where it has none by a key that only an older
version wrote. What none of them would have written stays as it is, and the strict readers refuse
it. Most names are of version 0.1. Until format version 2 of a run, and in recipes of its time, the
hop was counted in samples and a sequence in frames, so that both were shorter at higher rates.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

_TENSORS = (
    (re.compile(r"(head\.member\d+)\.known(\d+)\."), r"\1.prefix\2."),
    (re.compile(r"(head\.member\d+)\.aim(\d+)\."), r"\1.bottleneck\2."),
    (re.compile(r"(head\.member\d+)\.values(\d+)\."), r"\1.output_projection\2."),
)
UNTOLD_SETTINGS: dict[str, Any] = {
    "guidance": 0.0,
    "beat": True,
    "bpm": None,
    "reprise_seconds": 0.0,
}
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
_IN_SECONDS = {
    "frames.hop_samples": (
        "frames.hop_seconds",
        "so many samples divided by the rate of the corpus",
    ),
    "training.sequence_frames": (
        "training.sequence_seconds",
        "so many frames times frames.hop_seconds",
    ),
}
"""Settings that counted samples and frames: today's name, and how its value is reckoned."""
_MOST_SAMPLES, _MOST_FRAMES = 1 << 16, 1 << 20
_HOP_SAMPLES, _SEQUENCE_FRAMES = 4000, 40
"""Where nothing else was said."""
_MOST_FINE_HZ = 16_000
"""Rates up to here have no band above the codes' own."""
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
    "nearest_judged_epoch": 0,
    "nearest_judged_distance": None,
    "best_judged_epoch": 0,
    "best_judged_distance": None,
    "best_judged_copies": False,
}
_SIDECAR = {"frame_samples": "hop_samples", "seed": "prompt"}


def renamed_setting(name: str) -> tuple[str, str] | None:
    """Return what became of the setting `name` (`section.field`, or a field) of older versions.

    Returns:
        today's name, and what to do, in a sentence; None where there was no such setting.
    """
    new = _since_0_1(name)
    for counted, (today, reckoned) in _IN_SECONDS.items():
        if (new or name) in {counted, counted.rpartition(".")[2]}:
            return today, f"Write {today} instead, in seconds: {reckoned}."
    return (new, f"Did you mean {new}?") if new else None


def tensor_name(name: str) -> str:
    """Return the name of a weight, which is today's already unless version 0.1 wrote the file."""
    for pattern, replacement in _TENSORS:
        name = pattern.sub(replacement, name)
    return name


def translate_state(values: dict[str, Any]) -> dict[str, Any]:
    """Translate a checkpoint's `state.json`.

    The first versions wrote no hashes, and not which epoch was best; format version 2 knew of no
    clips that are judged, and 3 took the nearest of them for the best.
    """
    if values.get("format_version") == 2:
        return {**_NOT_JUDGED, **values, "format_version": 4}
    if values.get("format_version") == 3:
        nearest = {
            "nearest_judged_epoch": values.get("best_judged_epoch"),
            "nearest_judged_distance": values.get("best_judged_distance"),
        }
        return {**values, **nearest, "format_version": 4}
    if "format_version" in values:
        return values
    added = dict.fromkeys(["model_sha256", "optimizer_sha256", "frames_sha256"])
    if "optimizer_sha256" not in values:
        values = {"least_epoch": 0, "least_loss": None, **added, **values}
    added = {**_NOT_JUDGED, "calibration_sha256": None, "format_version": 4}
    return {**_renamed(values, _STATE), **added}


def translate_config(values: dict[str, Any], rate_of: Callable[[], int]) -> dict[str, Any]:
    """Translate a run's `config.json`, of format version 1, 2 or 3.

    Args:
        values: as read.
        rate_of: tells the rate of the run's corpus, where it is needed.
    """
    version: object = values.get("format_version")
    recipe: object = values.get("recipe")
    if version not in (1, 2, 3):
        return values
    if isinstance(recipe, dict) and version != 3:
        sections = cast(dict[str, Any], recipe)
        if version == 1:
            sections = {
                name: _renamed(section, _RECIPE.get(name, {})) for name, section in sections.items()
            }
        recipe = in_seconds(sections, rate_of())
    return {**values, "recipe": recipe, "format_version": 4}


def counts_samples(recipe: Mapping[str, Any]) -> bool:
    """Whether a recipe, by section, has a hop in samples or a sequence in frames."""
    for name in _IN_SECONDS:
        section, _, field = name.partition(".")
        values: object = recipe.get(section)
        if isinstance(values, dict) and field in values:
            return True
    return False


def in_seconds(recipe: dict[str, Any], rate_hz: int) -> dict[str, Any]:
    """Translate a recipe, by section, whose hop is in samples and whose sequence is in frames.

    At `rate_hz` the same numbers of samples and frames come of it. One that has them in seconds, or
    no numbers that could be meant, stays as it is.
    """
    frames, training = recipe.get("frames", {}), recipe.get("training", {})
    if not isinstance(frames, dict) or not isinstance(training, dict):
        return recipe
    frames, training = dict(cast(dict[str, Any], frames)), dict(cast(dict[str, Any], training))
    hop: object = frames.pop("hop_samples", _HOP_SAMPLES)
    steps: object = training.pop("sequence_frames", _SEQUENCE_FRAMES)
    if "hop_seconds" in frames or "sequence_seconds" in training:
        return recipe
    if not isinstance(hop, int) or not isinstance(steps, int):
        return recipe
    if not 1 < hop <= _MOST_SAMPLES or not 0 < steps <= _MOST_FRAMES:
        return recipe
    frames["hop_seconds"] = hop / rate_hz
    if rate_hz > _MOST_FINE_HZ:
        frames["fine_hz"] = 0.0  # codes described every bin, however high
    training["sequence_seconds"] = steps * hop / rate_hz
    return {**recipe, "frames": frames, "training": training}


def translate_sidecar(values: dict[str, Any]) -> dict[str, Any]:
    """Translate the JSON beside a clip, which had no format version."""
    if "format_version" in values or "made_by" not in values:
        return values
    values = _renamed(values, _SIDECAR)
    if "settings" in values:
        values["settings"] = _renamed(values["settings"], _GENERATION)
    return {**values, "format_version": 2}


def translate_experiment(values: dict[str, Any], rate_hz: int) -> dict[str, Any]:
    """Translate an experiment's `experiment.json`.

    Version 0.1's settings had an `equal`; overrides may count samples and frames.

    Args:
        values: as read.
        rate_hz: of the experiment's corpus.
    """
    before: object = values.get("settings")
    if not isinstance(before, dict):
        return values
    settings = dict(cast(dict[str, Any], before))
    overrides: object = settings.get("overrides")
    texts = cast(list[object], overrides) if isinstance(overrides, list) else None
    if "equal" in settings:
        settings = _renamed(settings, _EXPERIMENT)
        if settings.get("protocol") == "successors":
            settings["protocol"] = "variants"
        texts = texts and [_assignment(text) for text in texts]
    if texts:
        settings["overrides"] = _overrides_in_seconds(texts, settings.get("protocol"), rate_hz)
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
    new = _since_0_1(name.strip())
    return f"{new}{equals}{value}" if new else text


def _overrides_in_seconds(texts: list[object], protocol: object, rate_hz: int) -> list[object]:
    """Assignments whose hop and sequence are in seconds, or as they are where that is not known."""
    split = [str(text).partition("=") for text in texts]
    assigned = {name.strip(): value.strip() for name, _, value in split}
    counted = {name: value for name, value in assigned.items() if name in _IN_SECONDS}
    if not counted or not all(re.fullmatch("[0-9]{1,9}", value) for value in counted.values()):
        return texts
    if protocol == "variants" and len(counted) < len(_IN_SECONDS):
        return texts  # its recipes differ in the other
    recipe: dict[str, Any] = {}
    for name, value in counted.items():
        section, _, field = name.partition(".")
        recipe[section] = {field: int(value)}
    recipe = in_seconds(recipe, rate_hz)
    found: dict[str, object] = {}
    for name, (today, _) in _IN_SECONDS.items():
        section, _, field = today.partition(".")
        seconds = recipe.get(section, {}).get(field)
        if seconds is None:
            return texts
        found[name] = f"{today}={str(seconds).removesuffix('.0')}"
    if "frames.hop_samples" not in counted:
        found.pop("frames.hop_samples")
    kept = [found.pop(name.strip(), text) for (name, _, _), text in zip(split, texts, strict=True)]
    return [*kept, *found.values()]


def _since_0_1(name: str) -> str | None:
    """The name that followed the one of version 0.1 (`section.field`, or a field), if any."""
    section, _, field = name.rpartition(".")
    if not section:
        return {**_EXPERIMENT, **_GENERATION}.get(field)
    new = _RECIPE.get(section, {}).get(field)
    return f"{section}.{new}" if new else None


def _renamed(values: Any, names: Mapping[str, str]) -> Any:
    """`values` with its keys renamed; unchanged if it is no object, or has new names already."""
    if not isinstance(values, dict) or any(new in values for new in names.values()):
        return cast(Any, values)
    items = cast(dict[str, Any], values).items()
    return {names.get(key, key): value for key, value in items}
