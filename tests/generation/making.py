"""Clips to look for in a folder, and what is found there."""

from pathlib import Path

from reverie.generation.settings import GenerationSettings

DRAWN = GenerationSettings(seconds=0.2, count=3, seed=1, temperature=0.5)
"""Three clips, drawn, so that what one is depends on those beside it."""


def contents(folder: Path) -> dict[str, bytes]:
    """What lies in a folder of clips, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name[0] != "."}


def times(folder: Path) -> dict[str, int]:
    """When each was written, in nanoseconds."""
    return {name: (folder / name).stat().st_mtime_ns for name in contents(folder)}
