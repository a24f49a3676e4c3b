"""The figures of an evaluation, for clips, systems and references."""

from dataclasses import dataclass

from reverie.evaluation.copying.judgement import Copying
from reverie.evaluation.distances.third_octaves import ThirdOctaveDifferences
from reverie.evaluation.interval import Interval
from reverie.evaluation.measures.full_band import FullBand
from reverie.evaluation.measures.health import Health
from reverie.evaluation.measures.notes import NoteFigures
from reverie.evaluation.measures.structure import Structure
from reverie.evaluation.references import Kind
from reverie.evaluation.systems import Broken


@dataclass(frozen=True)
class Distances:
    """A system's distances from held-out music in one embedding; None with too few clips."""

    frechet: Interval | None
    mmd: Interval | None
    """Squared, unbiased, times 100."""
    diversity: float
    """Mean distance between windows of different clips."""


@dataclass(frozen=True)
class ClipFigures:
    """The figures of one clip."""

    name: str
    seconds: float
    health: Health
    structure: Structure
    notes: NoteFigures | None
    full_band: FullBand | None
    """None if the corpus is mono and has nothing above 8 kHz."""
    copying: Copying | None
    """None for references."""


@dataclass(frozen=True)
class SystemFigures:
    """The figures of one system or one reference."""

    name: str
    kind: Kind | None
    """The kind of a reference; None for a system."""
    clips: tuple[ClipFigures, ...]
    broken: tuple[Broken, ...]
    figures: dict[str, Interval]
    """The mean over clips of each of `FIGURES` that could be measured."""
    distances: dict[str, Distances]
    """Distances by embedding."""
    pitch_classes: Interval | None
    """Distance of its pitch class histogram from that of held-out music, 0 to 1."""
    intervals: Interval | None
    """The same for its melodic intervals."""
    third_octaves: ThirdOctaveDifferences | None
    """None if the corpus has no third octave above 8 kHz, or all clips are silent."""
    drift: tuple[float, ...] | None
    """Mean distance from the prompt by second; None if no prompt is known."""
    tags: dict[str, float]
    """Mean likelihood of the most likely musicnn tags."""

    @property
    def copied(self) -> int:
        """The number of clips that repeat the training recordings more than real music does."""
        return sum(1 for clip in self.clips if clip.copying and clip.copying.flagged)


@dataclass(frozen=True)
class Evaluation:
    """The figures of every system and reference."""

    corpus: str
    clip_seconds: float
    """Length of the references' clips: the median of all clips."""
    systems: tuple[SystemFigures, ...]
    references: tuple[SystemFigures, ...]
    titles: dict[str, str]
    """Titles of the embeddings."""
    missing: dict[str, str]
    """How to install what is missing, by what could not be measured without it."""
