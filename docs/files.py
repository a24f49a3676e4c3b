"""Write docs/files.md: `python docs/files.py`. Needs the programs `ffmpeg` and `sox`.

Every kind of recording that the tests know is made, decoded by Reverie and by a decoder that has
nothing to do with it, and damaged; the page says what came of it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent.parent))

from reverie.audio.reading.decode import load
from reverie.audio.reading.source import Source
from reverie.corpus.analysis import Unusable, analyse
from tests.audio.kinds import KINDS, Kind
from tests.audio.making import cut, encode, mp3, music, spoil, wav

PAGE = Path(__file__).with_name("files.md")

SECONDS = 5.0

SOX = {".voc", ".sox", ".sf", ".amr", ".gsm", ".wv", ".mp2", ".mp3"}
"""Endings that libsndfile may not know and SoX does."""

LONGEST_LAG_SECONDS = 0.25

HEAD = f"""# Files

Written by `docs/files.py`, which makes every file it tells of; a test keeps it true.

Reverie reads whatever the FFmpeg libraries inside PyAV read: by its content, once its name ends as
those of recordings do. A single file that is named to `reverie prepare` may have any name. Below is
every container and codec that is tried, on {SECONDS:g} seconds of a tune. *Other decoder* is what
it is compared with: libsndfile or SoX where they know the kind, or the program `ffmpeg` of another
version. *Length* is how many milliseconds more of sound Reverie finds, *level* how many decibels
louder it is, and *lag* how many samples later. In Matroska, Reverie leaves out the samples that
encoders put before the sound. SoX has an AMR decoder of its own. libsndfile fills up the last block
of GSM, and the FFmpeg in PyAV 18 drops the last 16 milliseconds of ALAC in CAF.

*Cut to a fifth* is what `reverie prepare` says when four fifths of the file never arrived. A file
is refused unless it says *used*.

| file | codec | rate | channels | other decoder | length | level | lag | cut to a fifth |
|---|---|---|---|---|---|---|---|---|
"""

WORDS = """
## What damage is called

`reverie prepare` refuses a damaged file and names the damage; with `--keep-damaged` what can be
decoded of it is used, to its end, and the same words become a note. The others are notes on files
that are used.

| what happened to the file | what is said of it |
|---|---|
"""


def files() -> str:
    """The page as text."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [row(kind, Path(folder)) for kind in KINDS]
        words = [f"| {what} | {said(make, Path(folder))} |" for what, make in DAMAGES.items()]
    return HEAD + "\n".join(rows) + "\n" + WORDS + "\n".join(words) + "\n"


def row(kind: Kind, folder: Path) -> str:
    """The line of the table for a kind."""
    sound = music(SECONDS, rate_hz=kind.rate_hz, channels=kind.channels)
    path = kind.make(folder / f"a{kind.suffix}", sound)
    with Source(path) as source:
        container, codec = source.container.split(",")[0], source.codec
    ours = load(path, kind.rate_hz)[0]
    name, theirs = other(path, kind)
    length, level, lag = compared(ours, theirs, kind.rate_hz)
    about = f" ({kind.told})" if kind.told else ""
    about += " (with pictures)" if kind.pictures and not kind.told else ""
    word = prepared(cut(path, 0.223))
    path.unlink()
    measured = f"{length:+.0f} ms | {level:+.1f} dB | {lag:+d} "
    for none in ("+0 ", "-0 ", "+0.0", "-0.0"):
        measured = measured.replace(none, none[1:])
    about = f"| `{kind.suffix}` {container}{about} | {codec} | {kind.rate_hz} | {kind.channels} "
    return f"{about}| {name} | {measured}| {word} |"


def other(path: Path, kind: Kind) -> tuple[str, NDArray[np.float32]]:
    """What another decoder makes of `path`: its name, and the mean of the channels."""
    try:
        if kind.suffix == ".voc":
            raise soundfile.LibsndfileError(0, "takes the heads of blocks for sound: ")
        sound, _ = soundfile.read(os.fsencode(path), dtype="float32", always_2d=True)
        name = "libsndfile"
    except soundfile.LibsndfileError:
        raw = ["-t", "f32", "-c", str(kind.channels), "-"]
        command, name = ["sox", "-V1", str(path), *raw], "SoX"
        done = subprocess.run(command, capture_output=True, check=False)
        if kind.suffix not in SOX or done.returncode or not done.stdout:
            name = "ffmpeg"
            command = ["ffmpeg", "-v", "quiet", "-nostdin", "-i", str(path), "-map", "0:a:0"]
            command += ["-f", "f32le", "-ar", str(kind.rate_hz), "-"]
            done = subprocess.run(command, capture_output=True, check=True)
        sound = np.frombuffer(done.stdout, "<f4").reshape(-1, kind.channels)
    return name, sound.mean(axis=1)


def compared(
    ours: NDArray[np.float32], theirs: NDArray[np.float32], rate_hz: int
) -> tuple[float, float, int]:
    """How much longer in milliseconds, louder in dB, and later in samples the first is."""
    size = min(len(ours), len(theirs))
    transform = 1 << int(2 * size).bit_length()
    across = np.fft.irfft(
        np.fft.rfft(ours[:size], transform) * np.conj(np.fft.rfft(theirs[:size], transform))
    )
    reach = int(LONGEST_LAG_SECONDS * rate_hz)
    near = np.concatenate([across[-reach:], across[: reach + 1]])
    lag = int(near.argmax()) - reach
    level = 20 * float(np.log10(np.std(ours[:size]) / np.std(theirs[:size])))
    return 1000 * (len(ours) - len(theirs)) / rate_hz, level, lag


def prepared(path: Path) -> str:
    """What `reverie prepare` says of a file."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            analysed = analyse(path, Path(folder) / "pcm", 16000, channels=1, keep_damaged=False)
        except Unusable as error:
            return str(error)
    return "used" + (f": {'; '.join(analysed.notes)}" if analysed.notes else "")


def said(make: Callable[[Path], Path], folder: Path) -> str:
    """What `reverie prepare` says of the file that `make` makes in a folder."""
    path = make(folder)
    try:
        return prepared(path)
    finally:
        path.unlink()


TUNE = music(6.0, channels=2)
LEFT = TUNE[:, :1]


def joined(folder: Path) -> Path:
    first = wav(folder / "a.flac", TUNE)
    second = wav(folder / "b.flac", music(6.0, rate_hz=22050), rate_hz=22050)
    first.write_bytes(first.read_bytes() + second.read_bytes())
    second.unlink()
    return first


def lying(folder: Path) -> Path:
    path = wav(folder / "a.wav", TUNE)
    data = bytearray(path.read_bytes())
    data[40:44] = (10**9).to_bytes(4, "little")
    path.write_bytes(data)
    return path


def slow(folder: Path) -> Path:
    path = wav(folder / "a.wav", TUNE)
    data = bytearray(path.read_bytes())
    data[24:28] = (1).to_bytes(4, "little")
    path.write_bytes(data)
    return path


def zeros(folder: Path) -> Path:
    path = encode(folder / "a.aac", TUNE, "aac", container="adts")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) // 2))
    return path


def two_channels(folder: Path, *channels: NDArray[np.float32]) -> Path:
    return wav(folder / "a.wav", np.concatenate(channels, axis=1).astype(np.float32))


def louder(folder: Path, gain: float) -> Path:
    return wav(folder / "a.wav", (gain * TUNE).astype(np.float32), subtype="FLOAT")


def no_numbers(folder: Path) -> Path:
    broken = TUNE.copy()
    broken[1000] = np.nan
    return wav(folder / "a.wav", broken, subtype="FLOAT")


DAMAGES: dict[str, Callable[[Path], Path]] = {
    "an MP3 of which half never arrived": lambda folder: cut(mp3(folder / "a.mp3")),
    "random bytes over the middle of an MP3": lambda folder: spoil(mp3(folder / "a.mp3")),
    "random bytes over the beginning of an MP3": lambda folder: spoil(mp3(folder / "a.mp3"), at=0),
    "an M4A of which half never arrived": lambda folder: cut(encode(folder / "a.m4a", TUNE, "aac")),
    "an Ogg Vorbis of which half never arrived": lambda folder: cut(
        wav(folder / "a.ogg", TUNE, subtype="VORBIS")
    ),
    "an AAC stream whose second half is zeros": zeros,
    "an AAC stream of which half never arrived": lambda folder: cut(
        encode(folder / "a.aac", TUNE, "aac", container="adts"), 0.501
    ),
    "a WAV whose header tells of more than there is": lying,
    "a WAV of one sample a second by its header": slow,
    "a file of samples that are not numbers": no_numbers,
    "a FLAC with another of a different rate joined on": joined,
    "stereo with one channel out of phase": lambda folder: two_channels(folder, LEFT, -0.9 * LEFT),
    "stereo with one channel silent": lambda folder: two_channels(folder, LEFT, 0 * LEFT),
    "floats that go beyond full scale": lambda folder: louder(folder, 12.0),
}


if __name__ == "__main__":
    PAGE.write_text(files(), encoding="utf-8")
