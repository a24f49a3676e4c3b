"""Draw every architecture from the model itself: `python docs/architectures.py`.

Writes docs/architectures.md and docs/architectures/*.svg; a test keeps them true.
"""

import io
from pathlib import Path
from typing import Any, get_args

import matplotlib
import torch
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from reverie.frames.fourier import FourierFrames
from reverie.models.architectures import build_model
from reverie.models.notes import PAPER_SAYS
from reverie.models.outline import Outline, Stage, outline
from reverie.models.settings import Architecture, ModelSettings

HERE = Path(__file__).parent
COLOURS = {
    "input": "#eef0f2",
    "front": "#f3dcc4",
    "core": "#c5dfe0",
    "head": "#dcd6ec",
    "join": "#ffffff",
    "output": "#eef0f2",
}
WIDE, HIGH, GAP, ASIDE = 2.5, 0.62, 0.34, 0.25
FRAMES = FourierFrames(4000).spec


def outlined(name: Architecture) -> Outline:
    with torch.device("meta"):
        model = build_model(ModelSettings(architecture=name), FRAMES, None)
    return outline(model, FRAMES.width)


def size(parameters: int) -> str:
    if not parameters:
        return ""
    return f"{parameters / 1e6:.1f} M" if parameters >= 1e5 else f"{parameters}"


def picture(found: Outline) -> str:
    """An outline as an SVG picture: from the frame heard, below, to the frame predicted, above."""
    places: list[tuple[float, float, Stage]] = []
    lines: list[tuple[tuple[float, float], tuple[float, float]]] = []
    tops = [(0.0, -GAP)]  # where what is drawn so far ends: one place, or one a branch
    first = True
    for one in found:
        if isinstance(one, Stage):
            y = tops[0][1] + GAP
            if not first:
                lines += [((x, top), (0.0, y)) for x, top in tops]
            places.append((0.0, y, one))
            tops, first = [(0.0, y + HIGH)], False
            continue
        count = len(one.ways)
        places_x = [(number - (count - 1) / 2) * (WIDE + ASIDE) for number in range(count)]
        starts = tops if len(tops) == count else tops * count
        ends: list[tuple[float, float]] = []
        for x, start, way in zip(places_x, starts, one.ways, strict=True):
            below = start
            for stage in way:
                y = below[1] + GAP
                lines.append((below, (x, y)))
                places.append((x, y, stage))
                below = (x, y + HIGH)
            ends.append(below)
        tops = ends
        if one.join:
            y = tops[0][1] + GAP
            lines += [((x, top), (0.0, y)) for x, top in tops]
            places.append((0.0, y, one.join))
            tops = [(0.0, y + HIGH)]
    return drawn(places, lines)


def drawn(
    places: list[tuple[float, float, Stage]],
    lines: list[tuple[tuple[float, float], tuple[float, float]]],
) -> str:
    left = min(x for x, _, _ in places) - WIDE / 2 - 0.1
    right = max(x for x, _, _ in places) + WIDE / 2 + 0.1
    top = max(y for _, y, _ in places) + HIGH + 0.1
    library: Any = matplotlib
    with library.rc_context({"svg.hashsalt": "reverie", "svg.fonttype": "none", "font.size": 9}):
        figure: Any = Figure(figsize=(right - left, top + 0.1), facecolor="white")
        canvas: Any = FigureCanvasSVG(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(left, right)
        axes.set_ylim(-0.1, top)
        axes.axis("off")
        for start, end in lines:
            axes.annotate(
                "", xy=end, xytext=start, arrowprops={"arrowstyle": "-|>", "color": "#55595e"}
            )
        for x, y, stage in places:
            box = FancyBboxPatch(
                (x - WIDE / 2 + 0.06, y + 0.06),
                WIDE - 0.12,
                HIGH - 0.12,
                boxstyle="round,pad=0.06",
                facecolor=COLOURS[stage.part],
                edgecolor="#55595e",
                linewidth=0.8,
            )
            axes.add_patch(box)
            weights = size(stage.parameters)
            axes.text(
                x,
                y + HIGH * 0.66,
                f"{stage.name}  ({weights})" if weights else stage.name,
                ha="center",
                va="center",
                fontweight="bold",
                color="#15171a",
            )
            axes.text(x, y + HIGH * 0.3, stage.detail, ha="center", va="center", color="#15171a")
        buffer = io.StringIO()
        canvas.print_svg(buffer, metadata={"Date": None})
    return buffer.getvalue()


def page() -> str:
    parts = [
        "# The architectures\n",
        "Written and drawn by `docs/architectures.py` from the models themselves, at the paper's "
        "scale: frames of 8000 numbers, 2048 hidden units. Each picture reads from below to "
        "above; in brackets are the weights. Every step of the LSTMs hears one frame more and "
        "predicts the next.\n",
        "`reverie models` gives sizes and costs at any scale.\n",
    ]
    for name in get_args(Architecture):
        with torch.device("meta"):
            model = build_model(ModelSettings(architecture=name), FRAMES, None)
        weights = sum(parameter.numel() for parameter in model.parameters())
        source = f"../reverie/models/architectures/{name}.py"
        parts.append(
            f"## {name}\n\n[`{name}.py`]({source}): {PAPER_SAYS[name]}. "
            f"{weights / 1e6:.1f} million weights.\n\n![{name}](architectures/{name}.svg)\n"
        )
    return "\n".join(parts)


def files() -> dict[Path, str]:
    """Everything this script writes."""
    pictures = {
        HERE / "architectures" / f"{name}.svg": picture(outlined(name))
        for name in get_args(Architecture)
    }
    return {HERE / "architectures.md": page(), **pictures}


if __name__ == "__main__":
    for path, content in files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
