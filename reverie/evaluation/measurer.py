"""Measure a single clip with every signal measure and embedding, and list all figures.

Letters: S samples.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import soxr
import torch
from numpy.typing import NDArray

from reverie.evaluation.distances.embedding import Embedder, MfccStatistics
from reverie.evaluation.distances.musicnn import TAGS, Musicnn
from reverie.evaluation.measures import notes
from reverie.evaluation.measures.full_band import HIGH_THIRD_OCTAVES, FullBand, full_band
from reverie.evaluation.measures.health import Health, HealthReference, health
from reverie.evaluation.measures.mel import RATE_HZ
from reverie.evaluation.measures.notes import NoteFigures, note_figures
from reverie.evaluation.measures.structure import Structure, structure
from reverie.evaluation.systems import Loaded


@dataclass(frozen=True)
class Measured:
    """The measurements of one clip."""

    health: Health
    structure: Structure
    notes: NoteFigures | None
    """None if the transcriber is not installed."""
    full_band: FullBand | None
    """None if the mono mix at 16 kHz is all that counts."""
    embedded: dict[str, NDArray[np.float32]]
    """Rows [W, E] by embedding."""
    tags: dict[str, float]
    """The likelihood of each musicnn tag, 0 to 1."""


@dataclass(frozen=True)
class Figure:
    """A number reported for every clip."""

    key: str
    title: str
    unit: str
    digits: int
    says: str
    """Its meaning, in a sentence."""
    of: Callable[[Measured], float | None]


def _third_octave_db(one: Measured, title: str) -> float | None:
    return one.full_band and one.full_band.third_octave_db.get(title)


FIGURES: tuple[Figure, ...] = (
    Figure("level", "Level", "dB", 1, "Loudness relative to the training recordings.",
           lambda one: one.health.relative_db),
    Figure("drift", "Fade", "dB", 1, "Level of the last quarter relative to the first.",
           lambda one: one.health.drift_db),
    Figure("flatness", "Spectral flatness", "", 3,
           "Near 0 for tones, 0.56 for noise of any colour.",
           lambda one: one.health.flatness),
    Figure("modulation", "Spectral modulation", "", 2,
           "How far bands swing; 1 for steady noise, 1.1 to 5 for music and drums.",
           lambda one: one.health.modulation),
    Figure("half_second_distance", "Half-second distance", "dB", 2,
           "Distance between the spectra of half seconds; near 0 the sound is frozen.",
           lambda one: one.health.half_second_distance_db),
    Figure("repeat", "Repetition", "", 2, "Similarity to itself some time later; 1 is a loop.",
           lambda one: one.health.repeat_similarity),
    Figure("spectral_flux", "Spectral flux", "dB", 2, "Change of the spectrum over 32 ms.",
           lambda one: one.structure.spectral_flux_db),
    Figure("floor", "Floor", "dB", 1,
           "Level of the quietest twentieth of the spectrum; hiss and coarse quantisation raise "
           "it.",
           lambda one: one.structure.floor_db),
    Figure("onset_asymmetry", "Onset asymmetry", "", 3,
           "Above 0 if sounds rise faster than they decay, as struck strings do; shuffled or "
           "reversed sound loses it.",
           lambda one: one.structure.onset_asymmetry),
    Figure("tonal", "Harmony comes again", "", 2,
           "Similarity of the harmony to that at least two seconds away; 1 is one held chord.",
           lambda one: one.structure.tonal_similarity),
    Figure("pulse", "Pulse", "", 2, "How regular the onsets are; 1 is a metronome.",
           lambda one: one.structure.pulse),
    Figure("notes", "Notes", "a second", 1, "Notes struck.",
           lambda one: one.notes and one.notes.notes_per_second),
    Figure("onsets", "Onsets", "a second", 1, "Chords and single notes that begin.",
           lambda one: one.notes and one.notes.onsets_per_second),
    Figure("polyphony", "Polyphony", "notes", 2, "Mean number of simultaneous notes.",
           lambda one: one.notes and one.notes.polyphony),
    *(Figure(f"third_octave_{title.replace(' ', '_').lower()}", f"Third octave of {title}", "dB", 1,
             f"Level around {title} relative to all below 8 kHz; at least -100.",
             partial(_third_octave_db, title=title))
      for title in HIGH_THIRD_OCTAVES),
    Figure("width", "Stereo width", "", 3,
           "Share of the difference of left and right in all power; 0 is mono.",
           lambda one: one.full_band and one.full_band.width),
    Figure("correlation", "Correlation of left and right", "", 2,
           "1 is mono, 0 is another sound on either side, below 0 the sides cancel.",
           lambda one: one.full_band and one.full_band.correlation),
    Figure("stereo_drift", "Stereo drift", "", 3,
           "How far the width of the last third is from that of the first.",
           lambda one: one.full_band and one.full_band.stereo_drift),
)  # fmt: skip


class Measurer:
    """Measure clips, and their notes if the transcriber is installed.

    Args:
        rate_hz: of the clips.
        reference: what their health is judged by.

    Raises:
        ReverieError: the weights of musicnn are damaged.
    """

    def __init__(self, rate_hz: int, reference: HealthReference) -> None:
        self.rate_hz, self._reference = rate_hz, reference
        self._tagger = Musicnn()
        self._embedders: tuple[Embedder, ...] = (MfccStatistics(), self._tagger)
        self.missing: dict[str, str] = {}
        """How to install what is missing, by what cannot be measured without it."""
        self._transcriber: notes.Transcriber | None = None
        if model := notes.model_path():
            self._transcriber = notes.Transcriber(model)
        else:
            self.missing["notes, pitches and intervals"] = notes.HOW_TO_GET

    @property
    def titles(self) -> dict[str, str]:
        """The title of each embedding by name."""
        return {
            name: title for embedder in self._embedders for name, title in embedder.titles.items()
        }

    @property
    def conditions(self) -> str:
        """What the figures of a clip depend on besides it."""
        return repr((self.rate_hz, self._reference, self._transcriber is not None))

    def measure_all(self, clips: Sequence[Callable[[], Loaded]]) -> Iterator[Measured]:
        """Make and `measure` each clip, in order, one clip on each processor."""

        def made(clip: Callable[[], Loaded]) -> Measured:
            return self.measure(clip())

        threads = torch.get_num_threads()
        # A clip is too small to divide among threads: they would wait for each other.
        pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
        try:
            yield from pool.map(made, clips)
            pool.shutdown()
        finally:
            # If the caller stops early, do not wait for the clips in progress.
            pool.shutdown(wait=False, cancel_futures=True)
            torch.set_num_threads(threads)

    def measure(self, clip: Loaded) -> Measured:
        """Measure a clip of at least a second, at the rate of this measurer."""
        wave = clip.wave
        resampled = at_rate(wave, self.rate_hz)
        embedded: dict[str, NDArray[np.float32]] = {}
        for embedder in self._embedders:
            embedded |= embedder.embed(resampled)
        found: NoteFigures | None = None
        if self._transcriber:
            seconds = len(wave) / self.rate_hz
            found = note_figures(self._transcriber.notes(wave, self.rate_hz), seconds)
        return Measured(
            health=health(wave, self.rate_hz, self._reference, clip.hop_samples),
            structure=structure(resampled),
            notes=found,
            full_band=clip.powers and full_band(clip.powers),
            embedded=embedded,
            tags=self._tags(embedded),
        )

    def _tags(self, embedded: dict[str, NDArray[np.float32]]) -> dict[str, float]:
        likelihoods = self._tagger.tags(embedded["musicnn"]).mean(axis=0)
        return dict(zip(TAGS, map(float, likelihoods), strict=True))


def at_rate(wave: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """Resample samples [S] from `rate_hz` to 16 kHz."""
    return wave if rate_hz == RATE_HZ else soxr.resample(wave, rate_hz, RATE_HZ).astype(np.float32)


def values(figure: Figure, clips: Sequence[Measured]) -> list[float]:
    """Return the values of a figure for the clips that have it."""
    found = [figure.of(clip) for clip in clips]
    return [one for one in found if one is not None]
