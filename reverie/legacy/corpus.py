"""What older versions wrote in a corpus: all of it was mono, and did not say so."""

from typing import Any, cast

LISTED = (1, 2, 3)
"""Versions of the format whose manifest lists the recordings; 1 has no divided recordings, 2 no
channels."""


def translate_manifest(values: dict[str, Any]) -> dict[str, Any]:
    """Translate the manifest of a corpus; up to format version 2 all recordings were mono."""
    recordings: object = values.get("recordings")
    if values.get("format_version") not in (1, 2) or not isinstance(recordings, list):
        return values
    told = [_mono(recording) for recording in cast(list[object], recordings)]
    return {**values, "recordings": told, "format_version": 3}


def translate_journal_entry(values: Any) -> Any:
    """Translate a line of a corpus's journal, which told of no channels: all were mono."""
    if not isinstance(values, dict) or "channels" in values:
        return cast(Any, values)
    entry = _mono(cast(object, values))
    return {**entry, "analysed": _mono(entry["analysed"])} if entry.get("analysed") else entry


def _mono(values: object) -> Any:
    if not isinstance(values, dict) or "channels" in values:
        return cast(Any, values)
    return {**cast(dict[str, Any], values), "channels": 1}
