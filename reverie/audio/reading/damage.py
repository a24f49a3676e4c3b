"""Judge whether a decoded recording is intact, and if not, say why in words for a musician."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reverie.audio.reading import mpeg
from reverie.audio.reading.extent import declared_end
from reverie.audio.reading.faults import Fault
from reverie.audio.reading.length import EDGE_SECONDS, SLACK_SECONDS, Length, length
from reverie.audio.reading.ogg import ends_within_page, lacks_end
from reverie.audio.reading.passage import LARGEST_PIECE_BYTES
from reverie.audio.reading.riff import wav_lie
from reverie.audio.reading.source import Source

LEAST_GARBAGE_BYTES = 4096
"""Encoders and taggers leave fewer bytes than this before the first frame."""

TRANSPORT_PACKET_BYTES = (188, 192, 204)
"""Packet sizes of MPEG transport streams: plain, and with some devices' timestamps or checksums."""

CUT_NOTE = "its last piece is cut off; the file does not say whether or how much more followed"


@dataclass(frozen=True)
class Condition:
    """The state of a decoded recording: why it is unusable, if it is, and remarks."""

    damage: str | None = None
    notes: tuple[str, ...] = ()


def condition(path: Path, source: Source) -> Condition:
    """Judge a recording after its last block.

    Args:
        path: the file.
        source: after its last block.
    """
    if not source.decoded_seconds:
        reason = header_fault(path)
        if reason is None and (seconds := source.parts[0].declared_seconds):
            reason = f"cut off or damaged: of its {seconds:.1f} s none can be decoded"
        return Condition(reason or "no sound can be decoded from it", _notes(source))
    whole = length(path, source)
    damage = next(_damages(path, source, whole), None)
    ends = () if damage else _ends(path, source, whole)
    return Condition(damage, _notes(source) + ends)


def header_fault(path: Path) -> str | None:
    """Say why nothing can be decoded from a file, if its own header shows it.

    Args:
        path: the file.
    """
    if lie := wav_lie(path):
        return lie
    size = path.stat().st_size
    with path.open("rb") as file:
        end = declared_end(file, 0, size)
        file.seek(0)
        ogg = file.read(4) == b"OggS"
    if end is not None and end > size:
        return f"cut off: {100 * (end - size) / end:.0f} % of it are missing"
    return "cut off before its first sound" if ogg and ends_within_page(path) else None


def _damages(path: Path, source: Source, whole: Length) -> Iterator[str]:
    """Yield what is wrong with a recording, the worst first."""
    if source.container == "wav" and (lie := wav_lie(path)):
        yield lie
    start, inside, end = _faults(source)
    missing, total = whole.missing, source.decoded_seconds + (whole.missing or 0)
    if inside:
        count = f"at least {_pieces(inside)}" if source.faults.stopped else _pieces(inside)
        also = f", {missing:.1f} s are missing" if missing and not source.faults.stopped else ""
        yield f"damaged {_place(inside[0].seconds)} in: {count} cannot be decoded{also}"
    if source.container == "ogg" and ends_within_page(path):
        yield f"cut off after {_place(source.decoded_seconds)}"
    if missing:
        yield f"cut off or damaged: {missing:.1f} s of {total:.1f} s are missing"
    if (lost := sum(fault.lost_seconds for fault in start)) > SLACK_SECONDS:
        yield f"damaged from the start: {lost:.1f} s cannot be decoded"
    if (lost := sum(fault.lost_seconds for fault in end)) > SLACK_SECONDS:
        place = _place(source.decoded_seconds)
        yield f"damaged from {place} on: {lost:.1f} s cannot be decoded"
    first = source.parts[0].passage.first_byte
    # In a FLAC, pictures may precede the first frame.
    bare = source.container in LARGEST_PIECE_BYTES and source.container != "flac"
    if bare and first is not None:
        garbage = mpeg.garbage_before(path, first)
        if garbage >= LEAST_GARBAGE_BYTES:
            yield f"damaged from the start: its first {garbage} bytes are not music"


def _ends(path: Path, source: Source, whole: Length) -> tuple[str, ...]:
    """Return notes on the ends of an intact recording."""
    start, _, end = _faults(source)
    notes: tuple[str, ...] = ()
    if source.container == "ogg" and lacks_end(path):
        notes += ("its end marker is missing: it may have been cut off",)
    if whole.beyond:
        notes += (f"about {whole.beyond:.1f} s follow its end and are not read",)
    if (end and not whole.complete) or _ends_within_piece(path, source, whole):
        notes += (CUT_NOTE,)
    elif start or end:
        notes += ("a fraction of a second at its start or end cannot be decoded",)
    return notes


def _notes(source: Source) -> tuple[str, ...]:
    """Return remarks for the user that are not damage."""
    notes: tuple[str, ...] = ()
    if source.parts[0].track_note:
        notes += (source.parts[0].track_note,)
    if source.n_recordings > 1:
        unread = source.n_recordings - len(source.parts)
        left = f", of which {unread} cannot be read" if unread else ""
        notes += (f"{source.n_recordings} recordings joined in one file{left}",)
    if changed := source.change_note():
        notes += (changed,)
    return notes


def _faults(source: Source) -> tuple[list[Fault], list[Fault], list[Fault]]:
    """Divide faults into those at the start of the music, within it, and at its end."""
    start: list[Fault] = []
    inside: list[Fault] = []
    end: list[Fault] = []
    for fault in source.faults:
        # FFmpeg complains about the output of some MP3 encoders but decodes it correctly.
        grumble = source.container == "mp3" and not fault.lost
        if fault.seconds > source.decoded_seconds - EDGE_SECONDS:
            end.append(fault)
        elif fault.seconds < EDGE_SECONDS or grumble:
            start.append(fault)
        else:
            inside.append(fault)
    # If decoding was given up, all faults count as within the music.
    return ([], list(source.faults), []) if source.faults.stopped else (start, inside, end)


def _ends_within_piece(path: Path, source: Source, whole: Length) -> bool:
    """Return whether a file that does not declare its length ends within a packet."""
    match source.container:
        case "mp3" if not whole.complete:
            return mpeg.ends_within_frame(path)
        case "voc":
            with path.open("rb") as file:
                end = declared_end(file, source.last_start, path.stat().st_size)
            return end is not None and end > path.stat().st_size
        case "mpegts":
            return all(path.stat().st_size % size for size in TRANSPORT_PACKET_BYTES)
        case _:
            return False


def _pieces(faults: list[Fault]) -> str:
    return "a piece" if len(faults) == 1 else f"{len(faults)} pieces"


def _place(seconds: float) -> str:
    """Format a time in the music as a player shows it: `1:05.3`."""
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
