"""matplotlib with its own settings: none of the current folder's, and none of the user's.

It reads a `matplotlibrc` of the current folder when it is loaded, before any other. One that lies
among recordings could have it run LaTeX or load code; and pictures are to look alike everywhere.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path


@contextmanager
def _among_own_settings() -> Generator[None]:
    """The current folder is that of matplotlib's own settings for a moment."""
    spec = find_spec("matplotlib")
    package = Path(spec.origin).parent if spec and spec.origin else Path("/")
    own = package / "mpl-data"
    before = os.open(os.curdir, getattr(os, "O_PATH", os.O_RDONLY))
    try:
        os.chdir(own if own.is_dir() else package)
        yield
    finally:
        os.fchdir(before)
        os.close(before)


with _among_own_settings():
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

__all__ = ["Figure", "FigureCanvasAgg", "FigureCanvasSVG", "matplotlib"]
