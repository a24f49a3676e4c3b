"""matplotlib with its own settings: none of the current folder's, and none of the user's.

It reads a `matplotlibrc` of the current folder when it is loaded, before any other. One that lies
among recordings could have it run LaTeX or load code; and pictures are to look alike everywhere.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import get_ident
from typing import Any

_NAME = "matplotlibrc"


@contextmanager
def _own_settings() -> Generator[None]:
    """Let this thread find no settings but those in matplotlib's package.

    The current folder stays what it is: other threads, such as one that writes a log, go by it.
    """
    spec = find_spec("matplotlib")
    package = Path(spec.origin).parent if spec and spec.origin else Path("/")
    own, before, thread = package / "mpl-data" / _NAME, os.path.exists, get_ident()
    packaged = own.exists()

    def exists(path: Any) -> bool:
        if get_ident() != thread or isinstance(path, int):
            return before(path)
        asked = Path(os.fsdecode(path))
        if asked.name != _NAME:
            return before(path)
        # Where the package keeps its own elsewhere, that is an absolute path.
        return asked == own if packaged else asked.is_absolute() and before(path)

    os.path.exists = exists
    try:
        yield
    finally:
        os.path.exists = before


with _own_settings():
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

__all__ = ["Figure", "FigureCanvasAgg", "FigureCanvasSVG", "matplotlib"]
