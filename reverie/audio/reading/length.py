"""Compare the length that a file declares with what was decoded."""

from dataclasses import dataclass
from pathlib import Path

from reverie.audio.reading import mpeg
from reverie.audio.reading.extent import asf_seconds, declared_end
from reverie.audio.reading.ogg import last_page
from reverie.audio.reading.passage import LARGEST_PIECE_BYTES, RUN_TO_THE_END, TIMED
from reverie.audio.reading.source import Source
from reverie.audio.reading.tags import tag_bytes

EXACT_CONTAINERS = {"flac", "aiff", "w64", "wv", "tta", "ape", "tak", "mpc", "mpc8", "ast", "dsf"}
"""These declare their length to the sample."""

NEAR_CONTAINERS = {"ogg", "mov,mp4,m4a,3gp,3g2,mj2", "caf", "rm", "adx", "asf", "mxf", "wtv"}
"""These declare their length including what encoders add before and after the sound."""

LONGEST_TRACK_CONTAINERS = {"matroska,webm", "flv"}
"""These declare the length of their longest track, which may be the video."""

MOST_TAGS = 8

EDGE_SECONDS = 0.2
"""A loss this close to either end loses no music."""

SLACK_SECONDS, SLACK_SHARE = 0.5, 0.02
"""Tolerance of estimated lengths, the larger of the two: padding, tags, zeros."""

PICTURE_SECONDS, PICTURE_SHARE = 5.0, 0.1
"""The same for files with video, which may last longer than the sound."""


@dataclass(frozen=True)
class Length:
    """The decoded duration compared with the declared one.

    `missing` is how many declared seconds were not decoded, None if none; `complete` says whether
    the file declares its whole length; about `beyond` seconds follow the declared end.
    """

    missing: float | None = None
    complete: bool = False
    beyond: float | None = None


def length(path: Path, source: Source) -> Length:
    """Compare what was decoded with what the file declares.

    Args:
        path: the file.
        source: after its last block; it had at least one.
    """
    decoded, part = source.decoded_seconds, source.parts[-1]
    slack = max(SLACK_SECONDS, SLACK_SHARE * decoded)
    declared, exact = _declared(path, source)
    if declared is not None and declared - decoded > (slack if exact is None else exact):
        return Length(declared - decoded, complete=True)
    # `riff.py` checks the sizes in a WAV's header.
    if source.container == "wav" or not part.decoded_seconds:
        return Length(complete=True)
    size = path.stat().st_size
    with path.open("rb") as file:
        end = declared_end(file, source.last_start, size)
    if end is not None:
        missing = (end - size) * part.decoded_seconds / max(size - source.last_start, 1)
        return Length(missing if missing > EDGE_SECONDS else None, complete=True)
    if not part.alone:
        slack = max(PICTURE_SECONDS, PICTURE_SHARE * decoded)
    after = _after(path, source) * _per_byte(source)
    # The last page of an Ogg gives its length, and a cut file lacks that page.
    if declared is not None and source.container != "ogg":
        beyond = source.container not in TIMED and after > slack
        return Length(complete=True, beyond=after if beyond else None)
    lost_bytes = source.unread_bytes + sum(part.passage.skipped_bytes for part in source.parts)
    jumped = sum(part.passage.jumped_seconds for part in source.parts)
    missing = max(lost_bytes * _per_byte(source) + after, jumped)
    return Length(missing if missing > slack else None, complete=declared is not None)


def _declared(path: Path, source: Source) -> tuple[float | None, float | None]:
    """Return the duration in the file's header, and the tolerance below it if that is known."""
    durations = [part.declared_seconds or None for part in source.parts]
    declared = sum(one or 0.0 for one in durations) if None not in durations else None
    match source.container:
        case "mp3" if source.n_recordings == 1:
            declared, exact = mpeg.declared_seconds(path), SLACK_SECONDS
        case "asf" if source.n_recordings == 1:
            declared, exact = asf_seconds(path), SLACK_SECONDS
        case "avi":
            declared, exact = _counted(source), None
        case "wav" if "pcm" not in source.codec:
            exact = SLACK_SECONDS
        case container if container in EXACT_CONTAINERS:
            exact = 0.02
        case container if container in NEAR_CONTAINERS:
            exact = SLACK_SECONDS
        case container if container in LONGEST_TRACK_CONTAINERS and all(
            part.alone or part.track_declared for part in source.parts
        ):
            exact = None
        case _:
            declared = exact = None
    return declared, exact


def _counted(source: Source) -> float | None:
    """Return the duration that the packet count in an AVI's header gives."""
    total = 0.0
    for part in source.parts:
        # Some programs count in a wrong unit, which makes their packets too long as well.
        odd = abs(part.passage.seconds - part.decoded_seconds) > 0.1 * part.decoded_seconds
        if odd or part.counted_seconds is None:
            return None
        total += part.counted_seconds
    return total


def _per_byte(source: Source) -> float:
    """Return the seconds of sound in a byte of the last part."""
    part, passage = source.parts[-1], source.parts[-1].passage
    # Between the packets lie headers and packets of other tracks.
    bytes_ = passage.last_byte - (passage.first_byte or 0) - passage.skipped_bytes
    return part.decoded_seconds / max(bytes_, 1)


def _after(path: Path, source: Source) -> int:
    """Return how many bytes follow the last packet of sound and the tags behind it."""
    place = source.last_start + source.parts[-1].passage.last_byte
    if source.container not in LARGEST_PIECE_BYTES.keys() | RUN_TO_THE_END | TIMED:
        return 0
    size = path.stat().st_size
    with path.open("rb") as file:
        if source.container == "ogg":
            page = last_page(file, size)
            place = page.end if page else size
        for _ in range(MOST_TAGS):
            file.seek(place)
            tag = tag_bytes(file.read(16))
            if not tag:
                break
            place += tag
    return max(0, size - place)
