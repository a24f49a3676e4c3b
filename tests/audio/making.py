"""Real recordings for tests, made on the spot: encoded by PyAV or soundfile, then damaged."""

import os
import struct
from functools import lru_cache
from pathlib import Path
from typing import cast

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

RATE_HZ = 44100

PIECE_SAMPLES = 4096


def music(
    seconds: float, *, seed: int = 0, rate_hz: int = RATE_HZ, channels: int = 1
) -> NDArray[np.float32]:
    """Notes of a random tune, float32 [samples, channels], different for each seed."""
    return _music(seconds, seed, rate_hz, channels).copy()


@lru_cache(maxsize=64)
def _music(seconds: float, seed: int, rate_hz: int, channels: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    count = round(seconds * rate_hz)
    sound = np.zeros(count)
    start = 0
    while start < count:
        length = int(rng.uniform(0.1, 0.5) * rate_hz)
        time = np.arange(min(2 * length, count - start)) / rate_hz
        pitch_hz = 110 * 2 ** (rng.integers(0, 36) / 12)
        for harmonic in range(1, 4):
            phase = rng.uniform(0, 2 * np.pi)
            wave = np.sin(2 * np.pi * harmonic * pitch_hz * time + phase) * np.exp(-4 * time)
            sound[start : start + len(time)] += 0.15 * rng.uniform(0.3, 1) / harmonic * wave
        start += length
    spread = 1 - 0.1 * np.arange(channels)
    return (sound[:, None] * spread).astype(np.float32)


def encode(
    path: Path,
    sound: NDArray[np.float32],
    codec: str,
    *,
    rate_hz: int = RATE_HZ,
    bit_rate: int = 96000,
    container: str | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Encode float32 [samples, channels] with one of FFmpeg's codecs."""
    channels = sound.shape[1]
    layout = {1: "mono", 2: "stereo", 6: "5.1(side)", 8: "7.1"}[channels]
    with av.open(str(path), "w", format=container, options=options or {}) as output:
        stream = cast(av.AudioStream, output.add_stream(codec, rate=rate_hz, layout=layout))
        stream.bit_rate = bit_rate
        # FFmpeg calls its own Vorbis encoder an experiment.
        stream.codec_context.options = {"strict": "-2"}
        # In pieces, as a codec without frames of its own stores them as they come.
        for start in range(0, len(sound), PIECE_SAMPLES):
            piece = sound[start : start + PIECE_SAMPLES]
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(piece.reshape(1, -1)), format="flt", layout=layout
            )
            frame.sample_rate, frame.pts = rate_hz, start
            for packet in stream.encode(frame):
                output.mux(packet)
        for packet in stream.encode(None):
            output.mux(packet)
    return path


def wav(
    path: Path,
    sound: NDArray[np.float32],
    *,
    rate_hz: int = RATE_HZ,
    subtype: str = "PCM_16",
) -> Path:
    """Write float32 [samples, channels] as WAV, FLAC, AIFF…, by the suffix of `path`."""
    soundfile.write(os.fsencode(path), sound, rate_hz, subtype=subtype)
    return path


def mp3(path: Path, seconds: float = 6.0, *, seed: int = 0) -> Path:
    """A stereo MP3 with its usual header, which tells how long it is."""
    made = _MP3S.get((seconds, seed))
    if made is None:
        encode(path, music(seconds, seed=seed, channels=2), "libmp3lame")
        made = _MP3S[seconds, seed] = path.read_bytes()
    path.write_bytes(made)
    return path


_MP3S: dict[tuple[float, int], bytes] = {}


def cut(path: Path, fraction: float = 0.5) -> Path:
    """Keep only the beginning of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * fraction)])
    return path


def spoil(path: Path, size_bytes: int = 10_000, *, at: float = 0.5, insert: bool = False) -> Path:
    """Put random bytes into the middle of a file, over what is there or between it."""
    data = path.read_bytes()
    place = int(len(data) * at)
    garbage = np.random.default_rng(1).bytes(size_bytes)
    path.write_bytes(data[:place] + garbage + data[place + (0 if insert else size_bytes) :])
    return path


def wav_bytes(
    data: bytes,
    *,
    data_size: int | None = None,
    riff_size: int | None = None,
    tag: int = 1,
    channels: int = 1,
    rate_hz: int = RATE_HZ,
    bits: int = 16,
    block_align: int | None = None,
) -> bytes:
    """A WAV file whose header may say anything."""
    align = channels * bits // 8 if block_align is None else block_align
    fmt = struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * align, align, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + fmt + b"data"
    body += struct.pack("<I", len(data) if data_size is None else data_size) + data
    return b"RIFF" + struct.pack("<I", len(body) if riff_size is None else riff_size) + body
