"""What it costs to search much music for the copies in a clip, by the index on disk.

    python benchmarks/copy_search.py RECORDINGS [--hours 10 100 1000] [--folder KEPT]

The index is simulated: the pairs of peaks and the spectra of real recordings are measured, and
drawn from again, piece by piece: pairs at other places, spectra shifted in time and in pitch. So
keys are as frequent as in music. Two parts of eight hours are drawn and sketched, and copied as
often as it takes. Only the last part holds the recordings as they are, and copies of ten seconds of
them have to be found. Opening checks the hashes of all pairs and sketches, once a process.
"""

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.audio.channels import concatenated, mixed
from reverie.audio.reading.decode import decode
from reverie.similarity.arrays import array_sha256
from reverie.similarity.landmark_search import LandmarkSearch
from reverie.similarity.nearest import NearestSearch
from reverie.similarity.part import (
    COLUMN_BITS,
    Part,
    Piece,
    measure_piece,
    read_part,
    with_sketches,
    write_part,
)
from reverie.similarity.stream import OVERLAP_SECONDS, PIECE_SECONDS, Excerpt

RATE_HZ = 16000
PART_HOURS, DRAWN = 8.0, 2
DEPENDS_ON = "simulated"
CLIP_SECONDS, CLIPS = 10, 8
SEMITONES = (0, -1, 1)


def waves(folder: Path) -> list[NDArray[np.float32]]:
    """The mono mixes [S] of the recordings in a folder."""
    suffixes = {".mp3", ".wav", ".flac", ".opus", ".ogg"}
    files = sorted(path for path in folder.iterdir() if path.suffix in suffixes)
    return [mixed(concatenated(list(decode(path, RATE_HZ, 1)), 1)) for path in files]


def measured(recordings: list[NDArray[np.float32]]) -> list[Part]:
    """Each recording's pieces, measured."""
    step, size = (round(s * RATE_HZ) for s in (PIECE_SECONDS, PIECE_SECONDS + OVERLAP_SECONDS))
    return [
        measure_piece(Excerpt(number, start / RATE_HZ, wave[start : start + size]), RATE_HZ)
        for number, wave in enumerate(recordings)
        for start in range(0, len(wave) - step // 12, step)
    ]


def simulated(real: list[Part], hours: float, rng: np.random.Generator, *, drawn: bool) -> Part:
    """A part of so many hours, drawn from measured pieces; or those pieces as they are."""
    keys: list[NDArray[np.uint32]] = []
    places: list[NDArray[np.uint32]] = []
    spectra: list[NDArray[np.int8]] = []
    pieces: list[Piece] = []
    first, seconds = 0, 0.0
    every = np.concatenate([one.keys for one in real])
    while seconds < hours * 3600 if drawn else len(pieces) < len(real):
        one = real[int(rng.integers(len(real))) if drawn else len(pieces)]
        spectrum, mine, at = one.spectra, one.keys, one.places
        if drawn:
            spectrum = np.roll(spectrum, rng.integers(len(spectrum)), axis=0)
            spectrum = np.roll(spectrum, rng.integers(3, 60), axis=1)
            mine = rng.choice(every, len(mine))
            at = rng.integers(0, int(at.max(initial=0)) + 1, len(at)).astype(np.uint32)
        keys.append(mine)
        places.append(at + np.uint32(len(pieces) << COLUMN_BITS))
        spectra.append(spectrum)
        about = one.pieces[0]
        recording = len(pieces) if drawn else about.recording
        digest = array_sha256(spectrum)
        pieces.append(Piece(recording, 0 if drawn else about.start, first, len(spectrum), digest))
        first, seconds = first + len(spectrum), seconds + one.seconds
    order = np.argsort(np.concatenate(keys), kind="stable")
    joined, where = np.concatenate(keys)[order], np.concatenate(places)[order]
    return Part(RATE_HZ, seconds, tuple(pieces), joined, where, np.concatenate(spectra))


def table(recordings: Path, folder: Path, counts: list[float], clips: int) -> Iterator[str]:
    """A line of the table for each number of hours."""
    rng = np.random.default_rng(0)
    sounds = waves(recordings)
    began = time.process_time()
    real = measured(sounds)
    hours = sum(len(wave) for wave in sounds) / RATE_HZ / 3600
    yield f"Measuring takes {(time.process_time() - began) / hours:.1f} processor seconds an hour."
    yield ""
    yield (
        "| hours | disk | open | a clip | of the processors | by pairs | by spectra | memory |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    made, size = 0, min(PART_HOURS, max(counts))
    last = write(folder / "last", simulated(real, 0, rng, drawn=False))
    for count in counts:
        while made * size + last.seconds / 3600 < count:
            if not (folder / f"{made}").exists() and made < DRAWN:
                write(folder / f"{made}", simulated(real, size, rng, drawn=True))
            elif not (folder / f"{made}").exists():
                shutil.copytree(folder / f"{made % DRAWN}", folder / f"{made}")
            made += 1
        names = [f"{number}" for number in range(made)] + ["last"]
        began = time.monotonic()
        parts = [opened(folder / name) for name in names]
        took = time.monotonic() - began
        seconds, processors, *right = zip(*searched(sounds, parts, clips), strict=True)
        disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        yield (
            f"| {sum(part.seconds for part in parts) / 3600:,.0f} | {disk / 1e9:.2f} GB "
            f"| {took:.2f} s | {np.median(seconds):.2f} s | {np.median(processors):.2f} s "
            f"| {sum(right[0])} of {clips} | {sum(right[1])} of {clips} | {memory} MB |"
        )


def write(folder: Path, part: Part) -> Part:
    """Keep a part with its sketches."""
    write_part(folder, part, DEPENDS_ON)
    return opened(folder)


def opened(folder: Path) -> Part:
    """Open a part and check it."""
    part = read_part(folder, RATE_HZ, DEPENDS_ON)
    assert part is not None
    return with_sketches(part, DEPENDS_ON)


def searched(
    sounds: list[NDArray[np.float32]], parts: list[Part], clips: int
) -> Iterator[tuple[float, float, bool, bool]]:
    """For each clip, the seconds of its search, those of the processors, and whether it was found
    by pairs of peaks and by spectra."""
    rng = np.random.default_rng(1)
    for _ in range(clips):
        number = int(rng.integers(len(sounds)))
        start = int(rng.integers(len(sounds[number]) - CLIP_SECONDS * RATE_HZ))
        clip = sounds[number][start : start + CLIP_SECONDS * RATE_HZ]
        began, before = time.monotonic(), time.process_time()
        pairs = LandmarkSearch([clip], RATE_HZ)
        nearest = NearestSearch([clip], RATE_HZ, SEMITONES)
        for part in parts:
            # What was drawn has other numbers than the recordings.
            other = len(sounds) if part is not parts[-1] else 0
            numbers = range(other, other + len(part.pieces))
            for search in (pairs, nearest):
                search.look_up(part, numbers)
        nearest.settle()
        took = time.monotonic() - began, time.process_time() - before
        right = [
            match.recording == number
            and abs(match.offset_seconds - match.clip_seconds - start / RATE_HZ) < 0.2
            for match in (*pairs.best(), *nearest.best())
        ]
        yield *took, right[0], right[1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", type=Path)
    parser.add_argument("--hours", type=float, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--clips", type=int, default=CLIPS)
    parser.add_argument("--folder", type=Path, help="keep the index here")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = told.folder or Path(temporary)
        for line in table(told.recordings, folder, told.hours, told.clips):
            print(line, flush=True)


if __name__ == "__main__":
    main()
