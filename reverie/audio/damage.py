"""Whether a recording that was decoded is whole, and if not, why, in a musician's words."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reverie.audio import mpeg
from reverie.audio.extent import asf_seconds, declared_end
from reverie.audio.faults import TAGS, Fault
from reverie.audio.ogg import ends_within_page, lacks_end
from reverie.audio.opened import BARE
from reverie.audio.riff import wav_lie
from reverie.audio.source import Source

EXACT_CONTAINERS = {"flac", "aiff", "w64", "wv", "tta", "ape", "tak", "mpc", "mpc8", "ast", "dsf"}
"""They give their length to the sample."""

NEAR_CONTAINERS = {"ogg", "mov,mp4,m4a,3gp,3g2,mj2", "caf", "rm", "adx", "asf"}
"""They give it but for what encoders put before and after the sound."""

LONGEST_TRACK_CONTAINERS = {"matroska,webm", "flv"}
"""They give that of their longest track, which may be the picture's."""

RUN_TO_THE_END = {"flv", "wv", "tta", "ape", "tak", "mpc", "mpc8"}
"""Containers with nothing but tags after the sound."""

EDGE_SECONDS = 0.2
"""Faults this near to either end take no music away: MP3s cut without re-encoding have them."""

SLACK_SECONDS, SLACK_SHARE = 0.5, 0.02
"""What may be missing by an estimate, the larger of the two: encoders' padding, tags, zeros."""

LEAST_GARBAGE_BYTES = 4096
"""What encoders and taggers leave before the first frame is less."""

TRANSPORT_PACKET_BYTES = (188, 192, 204)
"""Of an MPEG transport stream, with the stamps and checks that some devices add."""

CUT_NOTE = "its last piece is cut off: whether more followed, and how much, nothing in it tells"


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
    if not source.decoded_seconds:
        lie = wav_lie(path) if source.container == "wav" else None
        return Condition(lie or "no sound can be decoded from it", _notes(source))
    length = _length(path, source)
    damage = next(_damages(path, source, length), None)
    ends = () if damage else _ends(path, source, length)
    return Condition(damage, _notes(source) + ends)


def _damages(path: Path, source: Source, length: "_Length") -> Iterator[str]:
    """What is wrong with a recording, the gravest first."""
    if source.container == "wav" and (lie := wav_lie(path)):
        yield lie
    start, inside, end = _faults(source)
    missing, total = length.missing, source.decoded_seconds + (length.missing or 0)
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
    first = source.parts[0].first_byte
    # Pictures lie before the first frame of a FLAC.
    if source.container in BARE - {"flac"} and first is not None:
        garbage = mpeg.garbage_before(path, first)
        if garbage >= LEAST_GARBAGE_BYTES:
            yield f"damaged from the start: its first {garbage} bytes are no music"


def _ends(path: Path, source: Source, length: "_Length") -> tuple[str, ...]:
    """Notes of what a whole recording has at its ends."""
    start, _, end = _faults(source)
    told: tuple[str, ...] = ()
    if source.container == "ogg" and lacks_end(path):
        told += ("its mark of the end is missing: perhaps it was cut off",)
    if length.beyond:
        told += (f"about {length.beyond:.1f} s follow its end and are not read",)
    if not length.complete and (end or _ends_within_piece(path, source)):
        told += (CUT_NOTE,)
    elif start or end:
        told += ("a fraction of a second at its start or end cannot be decoded",)
    return told


def _notes(source: Source) -> tuple[str, ...]:
    """What a person should know that is no damage."""
    told: tuple[str, ...] = ()
    if source.parts[0].track_note:
        told += (source.parts[0].track_note,)
    if source.joined > 1:
        unread = source.joined - len(source.parts)
        left = f", of which {unread} cannot be read" if unread else ""
        told += (f"{source.joined} recordings joined in one file{left}",)
    if changed := source.change_note():
        told += (changed,)
    return told


def _faults(source: Source) -> tuple[list[Fault], list[Fault], list[Fault]]:
    """Faults at the start of the music, those within it, and those at its end."""
    start: list[Fault] = []
    inside: list[Fault] = []
    end: list[Fault] = []
    for fault in source.faults:
        # FFmpeg grumbles over the habits of some MP3 encoders and decodes them all the same.
        grumble = source.container == "mp3" and not fault.lost
        if fault.seconds > source.decoded_seconds - EDGE_SECONDS:
            end.append(fault)
        elif fault.seconds < EDGE_SECONDS or grumble:
            start.append(fault)
        else:
            inside.append(fault)
    # Nothing is at its edges in what is mostly faults.
    return ([], list(source.faults), []) if source.faults.stopped else (start, inside, end)


@dataclass(frozen=True)
class _Length:
    """How many seconds less were decoded than the file tells of, None if that is as it should be;
    whether it tells of all there should be; and about how many seconds follow what it tells of."""

    missing: float | None = None
    complete: bool = False
    beyond: float | None = None


def _length(path: Path, source: Source) -> _Length:
    decoded, part, size = source.decoded_seconds, source.parts[-1], path.stat().st_size
    slack = max(SLACK_SECONDS, SLACK_SHARE * decoded)
    declared, exact = _declared(path, source)
    if declared is not None and declared - decoded > (slack if exact is None else exact):
        return _Length(declared - decoded, complete=True)
    # What a WAV tells is looked at by itself.
    if source.container == "wav" or not part.decoded_seconds:
        return _Length(complete=True)
    with path.open("rb") as file:
        end = declared_end(file, source.last_start, size)
    if end is not None:
        missing = (end - size) * part.decoded_seconds / max(size - source.last_start, 1)
        return _Length(missing if missing > EDGE_SECONDS else None, complete=True)
    after = 0
    if source.container in BARE | RUN_TO_THE_END and part.last_byte:
        after = _untagged_after(path, source.last_start + part.last_byte)
    skipped = source.unread_bytes + sum(one.skipped_bytes for one in source.parts)
    per_byte = part.decoded_seconds / max(part.packet_bytes, 1)
    if declared is not None:
        beyond = after * per_byte
        return _Length(complete=True, beyond=beyond if beyond > slack else None)
    missing = (skipped + after) * per_byte
    return _Length(missing if missing > slack else None)


def _declared(path: Path, source: Source) -> tuple[float | None, float | None]:
    """The duration that the file's header gives, and by how much sound may fall short of it where
    that is known."""
    told = [part.declared_seconds or None for part in source.parts]
    declared = sum(one or 0.0 for one in told) if None not in told else None
    container = source.container
    if container == "mp3" and source.joined == 1:
        return mpeg.declared_seconds(path), SLACK_SECONDS
    if container in EXACT_CONTAINERS:
        return declared, 0.02
    if container == "asf" and source.joined == 1:
        return asf_seconds(path), SLACK_SECONDS
    if container in NEAR_CONTAINERS:
        return declared, SLACK_SECONDS
    if container in LONGEST_TRACK_CONTAINERS:
        whole = all(part.alone or part.track_declared for part in source.parts)
        return (declared, None) if whole else (None, None)
    return None, None


def _ends_within_piece(path: Path, source: Source) -> bool:
    """Whether a file without a length ends where no piece of it does."""
    match source.container:
        case "mp3":
            return mpeg.ends_within_frame(path)
        case "mpegts":
            return all(path.stat().st_size % size for size in TRANSPORT_PACKET_BYTES)
        case _:
            return False


def _untagged_after(path: Path, place: int) -> int:
    """How many bytes lie from `place` on, unless these are tags."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(place)
        return 0 if file.read(16).startswith(TAGS) else max(0, size - place)


def _pieces(faults: list[Fault]) -> str:
    return "a piece" if len(faults) == 1 else f"{len(faults)} pieces"


def _place(seconds: float) -> str:
    """A place in the music as a player shows it: `1:05.3`."""
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
