"""The tables of an evaluation: distances and figures in rows, systems in columns."""

from collections.abc import Sequence

from reverie.evaluation.figures import Evaluation, SystemFigures
from reverie.evaluation.interval import Interval
from reverie.evaluation.measurer import FIGURES, Figure
from reverie.pages.page import minus
from reverie.terminal import printable


def figure_rows(rows: Sequence[SystemFigures], *, intervals: bool = True) -> list[list[str]]:
    """Return a row for each figure that any system has: its title, and each system's value."""
    table: list[list[str]] = []
    for figure in measured_figures(rows):
        values = [row.figures.get(figure.key) for row in rows]
        shown = [_shown(value, figure.digits, intervals=intervals) for value in values]
        table.append([_titled(figure), *shown])
    return table


def distance_rows(
    rows: Sequence[SystemFigures], evaluation: Evaluation, *, intervals: bool = True
) -> list[list[str]]:
    """Return a row for each distance: its title, and each system's value."""
    found: list[list[str]] = []
    for name, title in evaluation.titles.items():
        distances = [row.distances.get(name) for row in rows]
        frechet = [each and each.frechet for each in distances]
        shown = [_shown(value, 1, intervals=intervals) for value in frechet]
        found.append([f"Fréchet, {title}", *shown])
        diversity = [f"{each.diversity:.1f}" if each else "" for each in distances]
        found.append([f"Diversity, {title}", *diversity])
    for title, kind in (("Pitch classes", "pitch_classes"), ("Melodic intervals", "intervals")):
        if any(getattr(row, kind) for row in rows):
            found.append(
                [title, *(_shown(getattr(row, kind), 2, intervals=intervals) for row in rows)]
            )
    return found + _third_octave_rows(rows, intervals=intervals)


def _third_octave_rows(rows: Sequence[SystemFigures], *, intervals: bool) -> list[list[str]]:
    """Return the largest difference of third octaves above 8 kHz, and each one's."""
    every = [row.third_octaves for row in rows]
    first = next((one for one in every if one), None)
    bands = list(first.by_band) if first else []
    found: list[list[str]] = []
    if any(one and one.largest for one in every):
        largest = [one.largest if one else None for one in every]
        shown = [_shown(value, 1, intervals=intervals) for value in largest]
        found.append(["Difference above 8 kHz, dB", *shown])
    for band in bands:
        apart = [one.by_band[band] if one else None for one in every]
        shown = [_shown(value, 1, intervals=intervals) for value in apart]
        found.append([f"Difference at {band}, dB", *shown])
    return found


def measured_figures(rows: Sequence[SystemFigures]) -> list[Figure]:
    """Return those of `FIGURES` that any system has."""
    return [figure for figure in FIGURES if any(figure.key in row.figures for row in rows)]


def tag_rows(rows: Sequence[SystemFigures]) -> list[list[str]]:
    """Return a row for each system that has tags: its name, and its likeliest tags."""
    return [
        [
            printable(row.name),
            ", ".join(f"{name} {value:.0%}" for name, value in row.tags.items()),
        ]
        for row in rows
        if row.tags
    ]


def full_band_sees(rows: Sequence[SystemFigures]) -> str:
    """Say what is measured beside the mono mix at 16 kHz; empty if nothing is."""
    high = any(row.third_octaves for row in rows)
    both = any("width" in row.figures for row in rows)
    seen = {
        "what lies above 8 kHz": high,
        "how the left channel differs from the right": both,
    }
    return " and ".join(words for words, is_seen in seen.items() if is_seen)


def _titled(figure: Figure) -> str:
    return f"{figure.title}, {figure.unit}" if figure.unit else figure.title


def _shown(interval: Interval | None, digits: int, *, intervals: bool = True) -> str:
    """Format an interval as `1.2 (0.9 to 1.5)`."""
    if interval is None:
        return ""
    value = f"{interval.value:.{digits}f}"
    if not intervals or interval.low is None or interval.high is None:
        return minus(value)
    return minus(f"{value} ({interval.low:.{digits}f} to {interval.high:.{digits}f})")
