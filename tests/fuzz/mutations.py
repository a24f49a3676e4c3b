"""Ways to spoil a file: each takes its bytes and gives others."""

import struct
from collections.abc import Callable, Sequence

import numpy as np

Mutation = Callable[[bytearray, np.random.Generator, Sequence[bytes]], bytearray]

EXTREMES = (0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1)

NAMES = (
    b"RIFF", b"fmt ", b"fact", b"data", b"ds64", b"LIST", b"strh", b"strf", b"idx1", b"movi",
    b"FORM", b"COMM", b"SSND", b"desc", b"pakt", b"kuki", b"ftyp", b"moov", b"mvhd", b"mdhd",
    b"stsd", b"stts", b"stsc", b"stsz", b"stco", b"elst", b"mdat", b"trun", b"tfhd", b"esds",
    b"fLaC", b"OggS", b"Xing", b"Info", b"ID3", b"wvpk", b"TTA1", b".snd", b"\x1a\x45\xdf\xa3",
    b"\x18\x53\x80\x67", b"\xb5", b"onMetaData", b".RMF", b"MDPR", b"PROP", b"DATA", b"STRM",
    b"BLCK",
)  # fmt: skip
"""What sizes, rates and counts are found behind."""


def span(data: bytearray, rng: np.random.Generator, longest: float = 0.3) -> tuple[int, int]:
    """A part of the file, often short."""
    length = int(len(data) * longest * rng.random() ** 3) + 1
    start = int(rng.integers(0, max(1, len(data) - length)))
    return start, start + length


def flip(data: bytearray, rng: np.random.Generator, _: Sequence[bytes]) -> bytearray:
    """Some bits, anywhere or at the beginning."""
    reach = len(data) if rng.random() < 0.5 else min(len(data), 512)
    for place in rng.integers(0, max(reach, 1), int(rng.integers(1, 30))):
        data[place] ^= 1 << int(rng.integers(8))
    return data


def truncate(data: bytearray, rng: np.random.Generator, _: Sequence[bytes]) -> bytearray:
    """Only a beginning is left."""
    return data[: int(len(data) * rng.random())]


def behead(data: bytearray, rng: np.random.Generator, _: Sequence[bytes]) -> bytearray:
    """Only an end is left."""
    return data[int(len(data) * rng.random() ** 2) :]


def insert(data: bytearray, rng: np.random.Generator, _: Sequence[bytes]) -> bytearray:
    """Random bytes between the others."""
    place = int(rng.integers(0, len(data) + 1))
    data[place:place] = rng.bytes(int(rng.integers(1, 5000)))
    return data


def overwrite(data: bytearray, rng: np.random.Generator, _: Sequence[bytes]) -> bytearray:
    """Random bytes, or one over and over, in place of others."""
    start, end = span(data, rng)
    length, fill = end - start, bytes([int(rng.integers(256))])
    data[start:end] = rng.bytes(length) if rng.random() < 0.5 else fill * length
    return data


def delete(data: bytearray, rng: np.random.Generator, _: Sequence[bytes]) -> bytearray:
    """A part is gone."""
    start, end = span(data, rng)
    del data[start:end]
    return data


def repeat(data: bytearray, rng: np.random.Generator, _: Sequence[bytes]) -> bytearray:
    """A part comes several times."""
    start, end = span(data, rng, 0.1)
    data[end:end] = data[start:end] * int(rng.integers(1, 20))
    return data


def exchange(data: bytearray, rng: np.random.Generator, _: Sequence[bytes]) -> bytearray:
    """Two parts change places."""
    (one, end), (other, _last) = sorted((span(data, rng), span(data, rng)))
    length = min(end, other) - one
    data[one : one + length], data[other : other + length] = (
        data[other : other + length],
        data[one : one + length],
    )
    return data


def splice(data: bytearray, rng: np.random.Generator, others: Sequence[bytes]) -> bytearray:
    """It goes on as another file, or has a part of one in it."""
    other = others[int(rng.integers(len(others)))]
    place = int(rng.integers(0, len(data) + 1))
    start = 0 if rng.random() < 0.5 else int(rng.integers(0, len(other)))
    if rng.random() < 0.5:
        return data[:place] + other[start:]
    data[place:place] = other[start : start + 4000]
    return data


def header(data: bytearray, rng: np.random.Generator, _: Sequence[bytes]) -> bytearray:
    """A number at the beginning becomes an extreme one."""
    for _number in range(int(rng.integers(1, 4))):
        _write_extreme(data, int(rng.integers(0, 200)), rng)
    return data


def lie(data: bytearray, rng: np.random.Generator, _: Sequence[bytes]) -> bytearray:
    """A size, rate or count near a name that containers use becomes another."""
    present = [name for name in NAMES if name in data]
    if not present:
        return header(data, rng, ())
    name = present[int(rng.integers(len(present)))]
    at = data.find(name) if rng.random() < 0.5 else data.rfind(name)
    offset = int(rng.choice([-4, len(name), *rng.integers(len(name), 60, 3)]))
    _write_extreme(data, max(0, at + offset), rng)
    return data


def change_rate(data: bytearray, rng: np.random.Generator, _: Sequence[bytes]) -> bytearray:
    """Its rate, wherever it is written, becomes another."""
    new = int(rng.choice([0, 1, 2, 100, 1999, 2000, 8000, 192000, 3_000_000, 2**31, 2**32 - 1]))
    for rate in (44100, 48000, 8000, 16000, 22050):
        for form in ("<I", ">I", "<f", ">f", "<d", ">d"):
            data = data.replace(struct.pack(form, rate), struct.pack(form, new))
    return data


def _write_extreme(data: bytearray, place: int, rng: np.random.Generator) -> None:
    form = str(rng.choice(["<B", "<H", ">H", "<I", ">I", "<Q", ">Q"]))
    size = struct.calcsize(form)
    value = int(rng.choice(EXTREMES)) if rng.random() < 0.8 else int(rng.integers(2**32))
    if place + size <= len(data):
        if size == 8 and rng.random() < 0.3:
            value = 2**64 - 1 - value
        data[place : place + size] = struct.pack(form, value & (2 ** (8 * size) - 1))


MUTATIONS: tuple[Mutation, ...] = (
    flip, truncate, behead, insert, overwrite, delete, repeat, exchange, splice, header, lie, lie,
    header, change_rate,
)  # fmt: skip


def mutated(data: bytes, rng: np.random.Generator, others: Sequence[bytes]) -> tuple[bytes, str]:
    """`data` spoilt in one to four ways, and the names of these.

    Args:
        data: a whole file.
        rng: what is drawn from.
        others: whole files that parts may be taken from.
    """
    spoilt, names = bytearray(data), list[str]()
    for _ in range(int(rng.choice([1, 1, 1, 2, 2, 3, 4]))):
        mutation = MUTATIONS[int(rng.integers(len(MUTATIONS)))]
        if len(spoilt) > 8:
            spoilt = mutation(spoilt, rng, others)
            names.append(mutation.__name__)
    return bytes(spoilt), "+".join(names)
