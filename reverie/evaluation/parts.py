"""Cut clips into parts, so that what changes from part to part can be measured.

Each part of all clips is a system of its own, of which each stretch of ten seconds is a clip: a
part of a minute then has six of each, enough for a distance.
"""

from dataclasses import replace

from reverie.errors import ReverieError
from reverie.evaluation.systems import Loaded, System
from reverie.progress import position

STRETCH_SECONDS = 10.0
"""Longest clip that is judged at a time; distances depend on the length."""


def cut_into_parts(system: System, part_seconds: float, rate_hz: int) -> list[System]:
    """Return a system for each whole part of the clips, from the first to the last.

    Args:
        system: whose clips are cut.
        part_seconds: length of a part.
        rate_hz: of the clips.

    Raises:
        ReverieError: no clip is as long as a part.
    """
    part = round(part_seconds * rate_hz)
    stretch = min(part, round(STRETCH_SECONDS * rate_hz))
    count = max((len(clip.wave) // part for clip in system.clips), default=0)
    if not count:
        raise ReverieError(
            f"no clip of {system.name} is {part_seconds:g} s long.", "Choose shorter parts."
        )
    parts: list[System] = []
    for number in range(count):
        begin, end = number * part, (number + 1) * part
        clips = tuple(
            _stretch(clip, start, start + stretch, rate_hz)
            for clip in system.clips
            if len(clip.wave) >= end
            for start in range(begin, end - stretch + 1, stretch)
        )
        place = f"{position(begin / rate_hz)} to {position(end / rate_hz)}"
        # What is said of the whole is said once.
        said = system if not number else replace(system, broken=(), doubts=())
        parts.append(replace(said, name=f"{system.name}, {place}", clips=clips))
    return parts


def _stretch(clip: Loaded, start: int, end: int, rate_hz: int) -> Loaded:
    """Return a part of a clip, in samples; it has no file of its own."""
    name = f"{clip.name} {position(start / rate_hz)}"
    powers = clip.powers and clip.powers.part(start, end)
    return replace(clip, name=name, wave=clip.wave[start:end], path=None, powers=powers)
