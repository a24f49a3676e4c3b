"""A line chart as inline SVG that takes its colours from the page, light or dark."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

# Drawn in these colours, which nothing else has, then exchanged for the page's own.
_TEXT = "#010203"
_COLOURS = {
    _TEXT: "currentColor",
    "#010204": "var(--line)",
    "#010205": "var(--accent)",
    "#010206": "var(--second)",
}
_LINE_COLOURS = ("#010205", "#010206")
_DASHES = ("solid", (0, (4, 2)))


@dataclass(frozen=True)
class Line:
    """One line of a chart: at most two to a chart, told apart by colour and by dashes.

    A value that is None or not finite leaves a gap.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float | None]


def line_chart(
    lines: Sequence[Line], x_label: str, y_label: str, alt: str, *, log_y: bool = False
) -> Markup:
    """`lines` as an inline SVG picture, whose description for those who cannot see it is `alt`."""
    if not 1 <= len(lines) <= len(_LINE_COLOURS):
        raise ValueError(f"a chart has one or two lines, not {len(lines)}")
    # Matplotlib's own types leave most arguments open, so they are not checked here.
    library: Any = matplotlib
    with library.rc_context({"svg.fonttype": "none", "svg.hashsalt": "reverie", "font.size": 11}):
        figure = Figure(figsize=(8, 3.4), layout="constrained")
        figure.patch.set_visible(False)
        canvas: Any = FigureCanvasSVG(figure)
        axes: Any = figure.add_subplot()
        axes.patch.set_visible(False)
        for line, colour, dashes in zip(lines, _LINE_COLOURS, _DASHES, strict=False):
            y = np.array([np.nan if one is None else one for one in line.y], dtype=float)
            axes.plot(
                np.asarray(line.x, dtype=float),
                np.where(np.isfinite(y), y, np.nan),
                color=colour,
                linestyle=dashes,
                linewidth=1.8,
                marker="o" if len(line.x) == 1 else "",
                label=line.name,
            )
        if log_y:
            axes.set_yscale("log")
        axes.set_xlabel(x_label, color=_TEXT)
        axes.set_ylabel(y_label, color=_TEXT)
        axes.tick_params(which="both", colors=_TEXT, length=3)
        axes.grid(visible=True, color="#010204", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[:].set_visible(False)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(frameon=False, labelcolor=_TEXT, loc="upper right")
        buffer = io.StringIO()
        canvas.print_svg(buffer, metadata={"Date": None})
    return _inline(buffer.getvalue(), alt)


def _inline(document: str, alt: str) -> Markup:
    svg = document[document.index("<svg") :]
    for drawn, own in _COLOURS.items():
        svg = svg.replace(drawn, own)
    opening = Markup('<svg role="img" class="chart" aria-label="{}"').format(alt)
    return Markup(svg.replace("<svg", opening, 1))
