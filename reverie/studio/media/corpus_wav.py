"""A recording of a corpus as a WAV file that is nowhere on the disk: a header and its samples."""

import struct
from collections.abc import Iterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from reverie.corpus.recording import Recording
from reverie.corpus.shards import SAMPLE_BYTES, shard_path
from reverie.storage import open_plain
from reverie.web.ranges import PIECE_BYTES, byte_range

_HEADER = "<4sI4s4sIHHIIHH4sI"
_LARGEST = 0xFFFFFFFF


def corpus_wav(request: Request, folder: Path, recording: Recording, rate_hz: int) -> Response:
    """Answer with a recording of the corpus in `folder`, or with the range asked for.

    Raises:
        Refused: there is no such range.
    """
    data_bytes = recording.values * SAMPLE_BYTES
    header = _header(data_bytes, rate_hz, recording.channels)
    size = len(header) + data_bytes
    asked = byte_range(request.headers.get("range"), size)
    first, last = asked or (0, size - 1)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(last + 1 - first)}
    if asked:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    start = recording.offset_samples * SAMPLE_BYTES
    pieces = _pieces(shard_path(folder, recording.shard), header, start, first, last + 1)
    return StreamingResponse(pieces, 206 if asked else 200, headers, "audio/wav")


def _pieces(shard: Path, header: bytes, start: int, first: int, end: int) -> Iterator[bytes]:
    """Yield the bytes from `first` to `end` of header and samples, which begin at `start`."""
    if first < len(header):
        yield header[first:end]
        first = len(header)
    with open_plain(shard, "rb") as file:
        file.seek(start + first - len(header))
        while first < end and (piece := file.read(min(PIECE_BYTES, end - first))):
            first += len(piece)
            yield piece


def _header(data_bytes: int, rate_hz: int, channels: int) -> bytes:
    block = channels * SAMPLE_BYTES
    return struct.pack(
        _HEADER, b"RIFF", min(36 + data_bytes, _LARGEST), b"WAVE", b"fmt ", 16, 1, channels,
        rate_hz, rate_hz * block, block, 8 * SAMPLE_BYTES, b"data", min(data_bytes, _LARGEST),
    )  # fmt: skip
