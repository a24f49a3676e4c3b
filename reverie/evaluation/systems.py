"""Read the clips to judge: each folder of audio is one system, from any source.

Letters: S samples.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.audio.channels import concatenated, mixed, with_channels
from reverie.audio.folders import audio_in, names_of
from reverie.audio.pcm import to_float32
from reverie.audio.provenance import Provenance, read_sidecar
from reverie.audio.reading.decode import cut, decode
from reverie.audio.reading.mixing import Samples
from reverie.audio.reading.source import Unreadable
from reverie.audio.resample import Resampler
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError, os_reason
from reverie.evaluation.distances.embedding import SHORTEST_SECONDS
from reverie.evaluation.measures.full_band import FullBandPowers, full_band_meter

LONGEST_SECONDS = 120.0
"""Only the beginning of a longer clip is judged as a whole."""


@dataclass(frozen=True)
class Loaded:
    """A clip to judge."""

    name: str
    """Its path within the system's folder."""
    wave: NDArray[np.float32]
    """[S], the mono mix at the corpus's rate."""
    prompt: NDArray[np.float32] | None = None
    """[S], the audio that it continues, if its provenance says so."""
    hop_samples: int | None = None
    """Hop length of the generated frames, if its provenance says so."""
    path: Path | None = None
    """Path of the file; None for a reference."""
    powers: FullBandPowers | None = None
    """Of its channels at the corpus's rate; None if the mono mix at 16 kHz is all that counts."""


@dataclass(frozen=True)
class Sourced:
    """A clip that is made only if it has to be measured."""

    source: str
    """What it is made of; clips of the same source are the same."""
    load: Callable[[], Loaded]


def sourced(clip: Loaded) -> Sourced:
    """Return a clip that is there, whose source is all that is measured of it."""
    digest = hashlib.sha256(clip.wave.tobytes())
    if clip.powers:
        digest.update(repr((clip.powers.titles, clip.powers.stereo)).encode())
        digest.update(clip.powers.columns.tobytes())
    return Sourced(f"clip {digest.hexdigest()} {len(clip.wave)} {clip.hop_samples}", lambda: clip)


@dataclass(frozen=True)
class Broken:
    """A file that cannot be judged, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class System:
    """The clips of one folder."""

    name: str
    clips: tuple[Loaded, ...]
    broken: tuple[Broken, ...] = ()
    doubts: tuple[str, ...] = ()
    """Why the provenance beside some of its clips is not used."""


def read_systems(
    folders: Sequence[Path],
    corpus: Corpus,
    names: Sequence[str] | None = None,
    longest_seconds: float = LONGEST_SECONDS,
) -> list[System]:
    """Read each folder or single file as one system.

    Args:
        folders: of audio.
        corpus: gives the rate and the prompts.
        names: of the systems; by default those of the folders.
        longest_seconds: only so much of each is read.

    Raises:
        ReverieError: a folder is missing or holds no audio, or no clip can be judged.
    """
    systems: list[System] = []
    for folder, name in zip(folders, names or names_of(folders), strict=True):
        systems.append(_read(folder, name, corpus, longest_seconds))
    if not any(system.clips for system in systems):
        every = [f"{one.name}: {one.reason}" for system in systems for one in system.broken]
        raise ReverieError(
            f"none of the {len(every)} clips can be judged ({every[0]}).",
            "Give folders of audio that plays, a second long or more.",
        )
    return systems


def system_of_waves(
    name: str,
    clips: Sequence[tuple[str, NDArray[np.float32], int, Provenance | None]],
    corpus: Corpus,
    longest_seconds: float = LONGEST_SECONDS,
) -> System:
    """Make one system of clips in memory.

    Args:
        name: of the system.
        clips: each clip's name, samples [C, S], rate in Hz, and how it was generated.
        corpus: gives the rate and the prompts.
        longest_seconds: only so much of each is taken.
    """
    loaded: list[Loaded] = []
    broken: list[Broken] = []
    for label, wave, rate_hz, provenance in clips:
        kept = with_channels(wave, min(len(wave), corpus.channels))
        resampler = Resampler(rate_hz, corpus.rate_hz, len(kept))
        pieces = chain(resampler.add(kept), resampler.finish())
        samples, powers = _mixed_and_measured(pieces, corpus, longest_seconds)
        if len(samples) < SHORTEST_SECONDS * corpus.rate_hz:
            broken.append(Broken(label, _too_short(samples, corpus)))
            continue
        prompt, hop_samples = (
            (_prompt(provenance, corpus), provenance.hop_samples) if provenance else (None, None)
        )
        loaded.append(Loaded(label, samples, prompt, hop_samples, powers=powers))
    if not loaded:
        why = f" ({broken[0].reason})" if broken else ""
        raise ReverieError(f"no clip of {name} can be judged{why}.", "Give longer clips.")
    return System(name, tuple(loaded), tuple(broken))


def _too_short(wave: NDArray[np.float32], corpus: Corpus) -> str:
    return (
        f"{len(wave) / corpus.rate_hz:.1f} s are too short to judge; it takes "
        f"{SHORTEST_SECONDS:g} s"
    )


def _mixed_and_measured(
    pieces: Iterator[Samples], corpus: Corpus, longest_seconds: float
) -> tuple[NDArray[np.float32], FullBandPowers | None]:
    """Mix pieces [C, any] to [S]; return their powers too, if the corpus has a full band."""
    meter = full_band_meter(corpus.rate_hz, corpus.channels)
    taken: Iterable[Samples] = pieces
    if math.isfinite(longest_seconds):
        taken = cut(pieces, 0, round(longest_seconds * corpus.rate_hz))
    mix: list[Samples] = []
    for piece in taken:
        mix.append(mixed(piece)[None])
        if meter:
            meter.add(piece)
    return concatenated(mix, 1)[0], meter and meter.powers()


def _read(folder: Path, name: str, corpus: Corpus, longest_seconds: float) -> System:
    files = audio_in(folder)
    root = folder.parent if folder.is_file() else folder
    clips: list[Loaded] = []
    broken: list[Broken] = []
    doubts: list[str] = []
    for path in files:
        label = path.relative_to(root).as_posix()
        try:
            wave, powers = _load(path, corpus, longest_seconds)
            beside = read_sidecar(path)
        except Unreadable as error:
            broken.append(Broken(label, str(error)))
            continue
        except OSError as error:
            why = os_reason(error)
            broken.append(Broken(label, f"cannot be read ({why})"))
            continue
        if beside.doubt:
            doubts.append(beside.doubt)
        provenance = beside.provenance
        prompt, hop_samples = (
            (_prompt(provenance, corpus), provenance.hop_samples) if provenance else (None, None)
        )
        clips.append(Loaded(label, wave, prompt, hop_samples, path, powers))
    return System(name, tuple(clips), tuple(broken), tuple(doubts))


def _load(
    path: Path, corpus: Corpus, longest_seconds: float
) -> tuple[NDArray[np.float32], FullBandPowers | None]:
    """Raises: Unreadable: it cannot be judged."""
    if not path.stat().st_size:
        raise Unreadable("the file is empty")
    pieces = decode(path, corpus.rate_hz, corpus.channels)
    wave, powers = _mixed_and_measured(pieces, corpus, longest_seconds)
    if len(wave) < SHORTEST_SECONDS * corpus.rate_hz:
        raise Unreadable(_too_short(wave, corpus))
    return wave, powers


def _prompt(provenance: Provenance, corpus: Corpus) -> NDArray[np.float32] | None:
    """Return the audio that a clip continues, if the corpus has it and it is long enough."""
    prompt = provenance.prompt
    if provenance.corpus_hash != corpus.content_hash or prompt.seconds < SHORTEST_SECONDS:
        return None
    recording = corpus.recordings.named(prompt.recording)
    if recording is None:
        return None
    begin = min(prompt.offset_seconds * corpus.rate_hz, recording.samples)
    end = min((prompt.offset_seconds + prompt.seconds) * corpus.rate_hz, recording.samples)
    prompt = to_float32(corpus.mono(recording)[round(begin) : round(end)])
    return prompt if len(prompt) >= SHORTEST_SECONDS * corpus.rate_hz else None
