"""Make clips differ in their music alone: equal rate, length, loudness and fades.

Letters: C channels, S samples.
"""

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.audio.channels import MOST_CHANNELS, concatenated, with_channels
from reverie.audio.loudness import LoudnessMeter
from reverie.audio.noise import mean_spectrum, shaped_noise
from reverie.audio.reading.decode import cut, decode
from reverie.audio.reading.source import Source, Unreadable
from reverie.audio.resample import Resampler
from reverie.audio.writing.writer import AudioWriter
from reverie.corpus.corpus import Corpus
from reverie.corpus.excerpts import cut_evenly
from reverie.errors import ReverieError
from reverie.listening.panel import Condition, Role
from reverie.listening.settings import ListeningSettings
from reverie.progress import ProgressBar
from reverie.terminal import printable

LOUDNESS_LUFS = -23.0
"""Loudness of the clips (EBU R 128), unless one of them would clip."""
HIGHEST_PEAK = 10 ** (-1 / 20)
LEAST_LUFS = -33.0
"""Lowest common loudness; a clip with higher peaks stays softer than the others."""
FADE_IN_SECONDS, FADE_OUT_SECONDS = 0.02, 0.1
LEAST_RATE_HZ, MOST_RATE_HZ = 8000, 48000
BEEPS_HZ, BEEP_SECONDS, GAP_SECONDS = 660.0, 0.18, 0.32
ANCHOR_CLIPS = 20
"""Number of clips of each anchor, if the corpus has enough music."""

UPPER, LOWER = "real music", "shaped noise"


@dataclass(frozen=True)
class Clip:
    """A sound before it is matched to the others."""

    condition: str
    name: str
    """Its origin, for the organiser."""
    wave: NDArray[np.float32]
    """[C, S]"""


@dataclass(frozen=True)
class Stimulus:
    """A sound of the test."""

    token: str
    """Its file's name, which reveals nothing."""
    condition: str
    """Empty for beeps."""
    name: str
    sha256: str
    """Digest of its file."""
    beeps: int | None = None


@dataclass(frozen=True)
class Stimuli:
    """All sounds of a test."""

    conditions: tuple[Condition, ...]
    stimuli: tuple[Stimulus, ...]
    rate_hz: int
    seconds: float
    """Length of each sound."""
    left_out: tuple[str, ...]
    """Why each clip that was left out is not used."""


def make_stimuli(
    files: dict[str, list[Path]],
    corpus: Corpus | None,
    settings: ListeningSettings,
    folder: Path,
    rng: np.random.Generator,
    *,
    quiet: bool = False,
) -> Stimuli:
    """Write every sound of a test to `folder` as WAV, under a name that reveals nothing.

    Args:
        files: of each condition.
        corpus: source of the anchors; None for no anchors.
        settings: of the test.
        folder: of the sounds.
        rng: draws the noise.
        quiet: show no progress.

    Raises:
        ReverieError: a file cannot be decoded, a condition has no clip that is long enough, or
            writing fails.
    """
    rate_hz = _common_rate([path for paths in files.values() for path in paths])
    clips, left_out = _read_clips(files, rate_hz, settings, quiet=quiet)
    size = min(round(settings.seconds * rate_hz), *(clip.wave.shape[1] for clip in clips))
    roles: dict[str, Role] = dict.fromkeys(files, "system")
    if corpus is not None and settings.anchors and settings.mode == "rating":
        clips += _anchors(corpus, size / rate_hz, rate_hz, rng)
        roles |= {UPPER: "upper", LOWER: "lower"}
    # A mono sound beside a stereo one plays on both sides, and is as loud as two channels.
    channels = max(len(clip.wave) for clip in clips)
    waves = [_faded(with_channels(clip.wave[:, :size], channels), rate_hz) for clip in clips]
    waves += [with_channels(_beeps(count, size, rate_hz), channels) for count in range(1, 6)]
    gains = _gains(waves, rate_hz)
    stimuli: list[Stimulus] = []
    with ProgressBar("writing clips", len(waves), "clips", quiet=quiet) as work:
        for number, (wave, gain) in enumerate(zip(waves, gains, strict=True)):
            token = secrets.token_urlsafe(16)
            file = folder / f"{token}.wav"
            with AudioWriter(file, rate_hz, channels=channels) as writer:
                writer.write(wave * gain)
            digest = sha256(file.read_bytes()).hexdigest()
            if number < len(clips):
                clip = clips[number]
                stimuli.append(Stimulus(token, clip.condition, clip.name, digest))
            else:
                beeps = number - len(clips) + 1
                stimuli.append(Stimulus(token, "", f"{beeps} beeps", digest, beeps))
            work.advance()
    conditions = tuple(Condition(name, role) for name, role in roles.items())
    return Stimuli(conditions, tuple(stimuli), rate_hz, size / rate_hz, tuple(left_out))


def _read_clips(
    files: dict[str, list[Path]], rate_hz: int, settings: ListeningSettings, *, quiet: bool
) -> tuple[list[Clip], list[str]]:
    """Read the clips of each condition that are long enough, and report the others."""
    clips: list[Clip] = []
    left_out: list[str] = []
    total = sum(len(paths) for paths in files.values())
    with ProgressBar("reading clips", total, "clips", quiet=quiet) as work:
        for condition, paths in files.items():
            for path in paths:
                wave = _beginning(path, rate_hz, settings.seconds)
                length = wave.shape[1]
                if length < settings.shortest_seconds * rate_hz:
                    left_out.append(
                        f"{printable(str(path))}: {length / rate_hz:.1f} s are too short"
                    )
                else:
                    clips.append(Clip(condition, printable(path.name), wave))
                work.advance()
    for condition in files:
        if not any(clip.condition == condition for clip in clips):
            raise ReverieError(
                f"{condition} has no clip of {settings.shortest_seconds:g} s.",
                "Give longer clips, or `shortest_seconds=SECONDS`.",
            )
    return clips, left_out


def _beginning(path: Path, rate_hz: int, seconds: float) -> NDArray[np.float32]:
    """Read the first `seconds` of a file, [C, S].

    Raises:
        ReverieError: it cannot be decoded, or some samples are not numbers.
    """
    try:
        pieces = cut(decode(path, rate_hz, MOST_CHANNELS), 0, round(seconds * rate_hz))
    except Unreadable as error:
        raise _unusable(path, str(error)) from error
    return concatenated(pieces, len(pieces[0]) if pieces else 1)


def _unusable(path: Path, why: str) -> ReverieError:
    return ReverieError(
        f"{printable(str(path))} cannot be used: {why}.",
        "Remove it, or give one that plays elsewhere.",
    )


def _common_rate(paths: Sequence[Path]) -> int:
    """Return the highest rate of all, so that no condition loses high frequencies."""
    highest = LEAST_RATE_HZ
    for path in paths:
        try:
            with Source(path) as source:
                highest = max(highest, source.rate_hz)
        except Unreadable as error:
            raise _unusable(path, str(error)) from error
    return min(highest, MOST_RATE_HZ)


def _anchors(corpus: Corpus, seconds: float, rate_hz: int, rng: np.random.Generator) -> list[Clip]:
    """Make anchors: held-out music, and noise with its spectrum and level."""
    recordings = corpus.of_split("held-out")
    excerpts = cut_evenly(corpus, recordings, seconds, ANCHOR_CLIPS)
    if not excerpts:
        raise ReverieError(
            f"{corpus.folder} holds out no music of {seconds:.1f} s for the anchors.",
            "Give another `corpus`, or `anchors=0`.",
        )
    waves = [excerpt.wave for excerpt in excerpts]
    spectrum = mean_spectrum(waves, corpus.rate_hz)
    rms = float(np.sqrt(np.mean([np.mean(wave**2) for wave in waves])))
    noise = [shaped_noise(spectrum, len(wave), rms, rng) for wave in waves]
    size = round(seconds * rate_hz)
    return [
        Clip(condition, f"{recordings[one.recording].path} {one.start_seconds:.1f} s", clip)
        for condition, found in ((UPPER, waves), (LOWER, noise))
        for one, clip in zip(excerpts, (_at(wave, corpus.rate_hz, rate_hz, size) for wave in found),
                             strict=True)
    ]  # fmt: skip


def _at(wave: NDArray[np.float32], from_hz: int, to_hz: int, size: int) -> NDArray[np.float32]:
    resampler = Resampler(from_hz, to_hz)
    found = concatenated([*resampler.add(wave[None]), *resampler.finish()], 1)[:, :size]
    return np.pad(found, ((0, 0), (0, size - found.shape[1])))


def _faded(wave: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    faded = wave.copy()
    begin = min(round(FADE_IN_SECONDS * rate_hz), wave.shape[1] // 3)
    end = min(round(FADE_OUT_SECONDS * rate_hz), wave.shape[1] // 3)
    faded[:, :begin] *= _rise(begin)
    faded[:, -end:] *= _rise(end)[::-1]
    return faded


def _rise(size: int) -> NDArray[np.float32]:
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(size) + 0.5) / size)).astype(np.float32)


def _beeps(count: int, size: int, rate_hz: int) -> NDArray[np.float32]:
    """Make `count` beeps after half a second, then silence."""
    wave = np.zeros((1, size), np.float32)
    spread = min(GAP_SECONDS + BEEP_SECONDS, size / rate_hz / 6)
    length = round(min(BEEP_SECONDS, spread / 2) * rate_hz)
    tone = np.sin(2 * np.pi * BEEPS_HZ * np.arange(length) / rate_hz)
    beep = _faded(tone.astype(np.float32)[None], rate_hz)
    for number in range(count):
        start = round((spread / 2 + number * spread) * rate_hz)
        wave[:, start : start + length] += beep[:, : max(0, size - start)]
    return wave


def _loudness(wave: NDArray[np.float32], rate_hz: int) -> float | None:
    meter = LoudnessMeter(rate_hz, len(wave))
    meter.add(wave)
    return meter.integrated()


def _gains(waves: Sequence[NDArray[np.float32]], rate_hz: int) -> list[np.float32]:
    """Return the gains that equalise loudness with peaks under -1 dBFS; silence is unchanged."""
    loudness = [_loudness(wave, rate_hz) for wave in waves]
    room = [HIGHEST_PEAK / max(float(np.abs(wave).max()), 1e-12) for wave in waves]
    possible = [
        own + 20 * math.log10(most)
        for own, most in zip(loudness, room, strict=True)
        if own is not None
    ]
    target = max(min([LOUDNESS_LUFS, *possible]), LEAST_LUFS)
    return [
        np.float32(1 if own is None else min(10 ** ((target - own) / 20), most))
        for own, most in zip(loudness, room, strict=True)
    ]
