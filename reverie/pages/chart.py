"""Charts as inline SVG that take their colours from the page, light or dark."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from reverie.terminal import printable

# Drawn in these colours, which nothing else has, then exchanged for the page's own.
_TEXT = "#010203"
_COLOURS = {
    _TEXT: "currentColor",
    "#010204": "var(--line)",
    "#010205": "var(--accent)",
    "#010206": "var(--second)",
}
_ON_PAPER = {
    _TEXT: "#1f1d1a",
    "#010204": "#e0dbd2",
    "#010205": "#0d5f66",
    "#010206": "#a8480f",
}
"""The light page's colours, for a picture that stands alone."""
_LINE_COLOURS = ("#010205", "#010206")
_MANY_COLOURS = (
    "#3b7dd8", "#d9822b", "#2f9e58", "#c2475b", "#8a63c9", "#8c6d4f", "#c95fa8", "#7a8288"
)  # fmt: skip
"""For three lines and more: told apart on light and on dark paper."""
_DASHES = ("solid", (0, (4, 2)))


@dataclass(frozen=True)
class Line:
    """One line of a chart: two are told apart by colour and dashes, up to eight by colour.

    A value that is None or not finite leaves a gap.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float | None]
    dots: bool = False
    """Whether its values stand alone, with no line between."""


def line_chart(
    lines: Sequence[Line],
    x_label: str,
    y_label: str,
    alt: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
    alone: bool = False,
) -> Markup:
    """`lines` as an SVG picture, whose description for those who cannot see it is `alt`.

    Args:
        lines: one to eight.
        x_label: what runs to the right.
        y_label: what runs upwards.
        alt: the description.
        log_x: to the right by factors.
        log_y: upwards by factors.
        alone: for a file of its own, on paper, in place of a page's colours.
    """
    if not 1 <= len(lines) <= len(_MANY_COLOURS):
        raise ValueError(f"a chart has one to {len(_MANY_COLOURS)} lines, not {len(lines)}")
    many = len(lines) > len(_LINE_COLOURS)
    colours = _MANY_COLOURS if many else _LINE_COLOURS
    dashes = ("solid",) * len(lines) if many else _DASHES

    def plot(axes: Any) -> None:
        drawn: list[Any] = []
        for line, colour, dash in zip(lines, colours, dashes, strict=False):
            y = np.array([np.nan if one is None else one for one in line.y], dtype=float)
            drawn += axes.plot(
                np.asarray(line.x, dtype=float),
                np.where(np.isfinite(y), y, np.nan),
                color=colour,
                linestyle="none" if line.dots else dash,
                linewidth=1.8,
                marker="o" if line.dots or len(line.x) == 1 else "",
            )
        if log_y:
            axes.set_yscale("log")
        axes.set_ylabel(y_label, color=_TEXT)
        if log_x:
            axes.set_xscale("log")
        else:
            axes.xaxis.get_major_locator().set_params(integer=True)
        names = [printable(line.name) for line in lines]
        if names == [printable(x_label)]:
            return
        # Where it covers least of what is drawn.
        place: dict[str, Any] = {"loc": "best"}
        if many:
            place = {"loc": "upper left", "bbox_to_anchor": (1, 1)}
        legend = axes.legend(drawn, names, frameon=False, labelcolor=_TEXT, **place)
        for text in legend.get_texts():
            text.set_parse_math(False)

    return _chart(plot, 3.4, x_label, alt, alone=alone)


@dataclass(frozen=True)
class Span:
    """One row of an interval chart: a value, and the ends of its interval if it has one."""

    name: str
    value: float
    low: float | None
    high: float | None
    aside: bool = False
    """Drawn in the second colour: what the others are compared with."""


def interval_chart(rows: Sequence[Span], x_label: str, alt: str) -> Markup:
    """Values with their intervals, one below the other, as an SVG picture.

    Args:
        rows: from the top.
        x_label: what runs to the right.
        alt: the description for those who cannot see it.
    """

    def plot(axes: Any) -> None:
        for place, row in enumerate(rows):
            colour = _LINE_COLOURS[row.aside]
            if row.low is not None and row.high is not None:
                axes.plot([row.low, row.high], [place, place], color=colour, linewidth=2.2)
            axes.plot([row.value], [place], "s" if row.aside else "o", color=colour, markersize=7)
        _name_rows(axes, [row.name for row in rows])

    return _chart(plot, 0.9 + 0.36 * len(rows), x_label, alt, grid="x")


@dataclass(frozen=True)
class Answers:
    """One row of a ratings chart: every score given, their mean, and its interval if it has one."""

    name: str
    scores: Sequence[float]
    mean: float
    low: float | None
    high: float | None
    aside: bool = False
    """Drawn in the second colour: what the others are compared with."""


def ratings_chart(
    rows: Sequence[Answers], scale: tuple[int, int], x_label: str, alt: str
) -> Markup:
    """Every score as a dot, and the mean with its interval on top, as an SVG picture.

    Equal scores are spread out evenly around their place, the same way every time.

    Args:
        rows: from the top.
        scale: the lowest and the highest score that could be given.
        x_label: what runs to the right.
        alt: the description for those who cannot see it.
    """

    def plot(axes: Any) -> None:
        for place, row in enumerate(rows):
            across, down = _spread(len(row.scores))
            axes.plot(
                np.asarray(row.scores, dtype=float) + 0.36 * across,
                place + 0.66 * down,
                "o",
                color=_LINE_COLOURS[row.aside],
                markersize=3,
                markeredgewidth=0,
                alpha=0.45,
            )
            if row.low is not None and row.high is not None:
                axes.plot([row.low, row.high], [place, place], color=_TEXT, linewidth=2.6)
            axes.plot([row.mean], [place], "s" if row.aside else "o", color=_TEXT, markersize=8)
        _name_rows(axes, [row.name for row in rows])
        axes.set_xticks(range(scale[0], scale[1] + 1))
        axes.set_xlim(scale[0] - 0.4, scale[1] + 0.4)

    return _chart(plot, 0.9 + 0.7 * len(rows), x_label, alt, grid="x")


def _name_rows(axes: Any, names: Sequence[str]) -> None:
    """Rows from the top; a name is text, whatever stands in it, and no formula."""
    axes.set_yticks(range(len(names)), [*map(printable, names)], parse_math=False)
    axes.set_ylim(len(names) - 0.5, -0.5)


def _spread(many: int) -> tuple[Any, Any]:
    """Points that fill a square of side 1 around 0 evenly, however many: across and down."""
    # Multiples of the plastic number's powers: Roberts's sequence, the golden ratio's in two axes.
    steps = np.arange(1, many + 1)
    return steps * 0.7548776662 % 1 - 0.5, steps * 0.5698402910 % 1 - 0.5


def _chart(
    plot: Callable[[Any], None],
    height: float,
    x_label: str,
    alt: str,
    *,
    grid: str = "both",
    alone: bool = False,
) -> Markup:
    """What `plot` draws on axes, in the style of all charts."""
    # Matplotlib's own types leave most arguments open, so they are not checked here.
    from reverie.plotting import (  # noqa: PLC0415 - takes a second
        Figure,
        FigureCanvasSVG,
        matplotlib,
    )

    library: Any = matplotlib
    with library.rc_context({"svg.fonttype": "none", "svg.hashsalt": "reverie", "font.size": 11}):
        figure = Figure(figsize=(8, height), layout="constrained")
        figure.patch.set_visible(False)
        canvas: Any = FigureCanvasSVG(figure)
        axes: Any = figure.add_subplot()
        axes.patch.set_visible(False)
        plot(axes)
        axes.set_xlabel(x_label, color=_TEXT)
        axes.tick_params(which="both", colors=_TEXT, length=3)
        axes.grid(visible=True, axis=grid, color="#010204", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[:].set_visible(False)
        if alone:
            figure.patch.set(visible=True, facecolor="white")
        buffer = io.StringIO()
        canvas.print_svg(buffer, metadata={"Date": None})
    return _dressed(buffer.getvalue(), alt, _ON_PAPER if alone else _COLOURS)


def _dressed(document: str, alt: str, colours: dict[str, str]) -> Markup:
    svg = document[document.index("<svg") :]
    for drawn, own in colours.items():
        svg = svg.replace(drawn, own)
    opening = Markup('<svg role="img" class="chart" aria-label="{}"').format(alt)
    return Markup(svg.replace("<svg", opening, 1))
