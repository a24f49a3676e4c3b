"""Whether a recording that was decoded is whole, and if not, why, in a musician's words."""

from dataclasses import dataclass
from pathlib import Path

from reverie.audio import mpeg
from reverie.audio.ogg import ends_within_page
from reverie.audio.riff import wav_lie
from reverie.audio.source import MOST_FAULTS, Fault, Source

EXACT_CONTAINERS = {"flac", "aiff", "caf", "w64", "wv", "tta", "ape"}
"""They give their length to the sample."""

NEAR_CONTAINERS = {"ogg", "mov,mp4,m4a,3gp,3g2,mj2"}
"""They give it but for what encoders put before and after the sound."""

TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICS")
"""How what is no sound begins where MP3s were joined."""

EDGE_SECONDS = 0.2
"""Faults this near to either end take no music away: MP3s cut without re-encoding have them."""

LEAST_GARBAGE_BYTES = 4096
"""What encoders and taggers leave before the first frame is less."""


@dataclass(frozen=True)
class Condition:
    """The state of a decoded recording: what makes it unusable, if anything, and remarks."""

    damage: str | None = None
    notes: tuple[str, ...] = ()


def condition(path: Path, source: Source) -> Condition:
    """Judge a recording after all its blocks were taken.

    Args:
        path: the file.
        source: after its last block.
    """
    if source.container == "wav" and (lie := wav_lie(path)):
        return Condition(lie)
    notes: tuple[str, ...] = ()
    inside, edges = _faults(source)
    missing = _missing_seconds(path, source)
    if inside:
        reason = f"damaged {_place(inside[0].seconds)} in: {_pieces(inside)} cannot be decoded"
        if missing:
            reason += f", {missing:.1f} s are missing"
        return Condition(reason)
    if source.container == "ogg" and ends_within_page(path):
        return Condition(f"cut off after {_place(source.decoded_seconds)}")
    if missing:
        return Condition(
            f"cut off or damaged: {missing:.1f} s of {source.decoded_seconds + missing:.1f} s "
            "are missing"
        )
    if source.container == "mp3" and source.first_byte is not None:
        garbage = mpeg.garbage_before(path, source.first_byte)
        if garbage >= LEAST_GARBAGE_BYTES:
            return Condition(f"damaged from the start: its first {garbage} bytes are no music")
    if edges:
        notes += ("a fraction of a second at its start or end cannot be decoded",)
    return Condition(None, notes)


def _faults(source: Source) -> tuple[list[Fault], list[Fault]]:
    """Faults within the music, and those at its edges."""
    inside: list[Fault] = []
    edges: list[Fault] = []
    for fault in source.faults:
        if fault.head.startswith(TAGS):
            continue
        # FFmpeg grumbles over the habits of some MP3 encoders and decodes them all the same.
        grumble = not fault.lost and source.container == "mp3"
        late = fault.seconds > source.decoded_seconds - EDGE_SECONDS
        if grumble or fault.seconds < EDGE_SECONDS or late:
            edges.append(fault)
        else:
            inside.append(fault)
    # Nothing is at its edges in what is mostly faults.
    if len(source.faults) >= MOST_FAULTS:
        return source.faults, []
    return inside, edges


def _missing_seconds(path: Path, source: Source) -> float | None:
    """How much less was decoded than the file says it holds; None if that is as it should be."""
    declared, slack = source.declared_seconds, 0.5
    if source.container == "mp3":
        declared = mpeg.declared_seconds(path)
    elif source.container in EXACT_CONTAINERS:
        slack = 0.02
    elif source.container not in NEAR_CONTAINERS:
        return None
    if declared is None or declared - source.decoded_seconds <= slack:
        return None
    return declared - source.decoded_seconds


def _pieces(faults: list[Fault]) -> str:
    return "a piece" if len(faults) == 1 else f"{len(faults)} pieces"


def _place(seconds: float) -> str:
    """A place in the music as a player shows it: `1:05.3`."""
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
