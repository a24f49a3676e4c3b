"""The training curve as a picture: a bitmap, which unlike SVG can hold no script."""

import io
from typing import Any

from reverie.export.facts import ModelFacts

_SIZE_INCHES, _DPI = (8, 3.4), 120
_PAPER, _INK, _GRID = "white", "#1f1d1a", "#e0dbd2"
_TRAINING, _HELD_OUT = "#0d5f66", "#a8480f"


def training_curve(facts: ModelFacts) -> bytes | None:
    """Draw the losses of all epochs, and which epoch the model is of.

    Returns:
        a PNG; None where fewer than two epochs have figures.
    """
    if len(facts.metrics) < 2:
        return None
    from reverie.plotting import Figure, FigureCanvasAgg  # noqa: PLC0415 - takes a second

    figure: Any = Figure(figsize=_SIZE_INCHES, dpi=_DPI, layout="constrained", facecolor=_PAPER)
    canvas: Any = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    epochs = [one["epoch"] for one in facts.metrics]
    losses = [one["train_loss"] for one in facts.metrics]
    axes.plot(epochs, losses, color=_TRAINING, label="training")
    held_out = [
        (one["epoch"], one["held_out_loss"])
        for one in facts.metrics
        if one["held_out_loss"] is not None
    ]
    if held_out:
        dashes = (0, (4, 2))
        axes.plot(*zip(*held_out, strict=True), color=_HELD_OUT, linestyle=dashes, label="held-out")
    axes.axvline(facts.progress.epoch, color=_INK, linewidth=0.8)
    axes.set_xlabel(f"epoch (the line: epoch {facts.progress.epoch}, this model)", color=_INK)
    axes.set_ylabel(facts.unit, color=_INK)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(visible=True, color=_GRID, linewidth=0.8)
    axes.tick_params(colors=_INK, length=3)
    axes.spines[:].set_visible(False)
    axes.legend(frameon=False, labelcolor=_INK)
    buffer = io.BytesIO()
    canvas.print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()
