"""The demo: recordings to corpus to run to clips to one page, each step where the last left off."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field

from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PAPER_RATE_HZ, PrepareSettings
from reverie.demo.page import ClipReport, report_on, write_demo_page
from reverie.evaluation.checkpoint_judge import checkpoint_judge
from reverie.export.html.player import export_html, is_playable
from reverie.export.settings import ExportSettings
from reverie.generation.clips import generate_missing
from reverie.generation.preview import preview
from reverie.generation.settings import clip_settings
from reverie.records import read_record
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.storage import clear_disk_errors, sweep, write_json
from reverie.training.train import train

CLIPS = 5
CLIP_SECONDS = 10.0
CREDITS = (
    "Scott Joplin, Debussy and Satie, from public-domain scores of the Mutopia Project, rendered "
    "through the piano of the FluidR3 GM soundfont (Frank Wen, MIT licence)."
)
"""Of the embedded recordings."""

Result = TypeVar("Result")
Seconds = Annotated[float, Field(ge=0, strict=True, allow_inf_nan=False)]


@dataclass(frozen=True)
class Demo:
    """What a finished demo left behind."""

    page: Path
    clips: tuple[ClipReport, ...]
    seconds: dict[str, float]
    """How long each step took."""

    def as_dict(self) -> dict[str, Any]:
        """Everything, as plain values."""
        clips = [
            {
                "path": str(clip.path),
                "verdict": clip.health.verdict,
                "sentence": clip.health.sentence,
                "relative_db": round(clip.health.relative_db, 2),
                "copying_percentile": round(clip.copying.percentile, 1),
                "copied": clip.copying.flagged,
            }
            for clip in self.clips
        ]
        return {"page": str(self.page), "clips": clips, "seconds": self.seconds}


def run_demo(
    out: Path,
    recipe: Recipe,
    *,
    recordings: Path | None = None,
    clip_seconds: float = CLIP_SECONDS,
    quiet: bool = False,
) -> Demo:
    """Run the whole of Reverie into `out`; called again, do only what is missing.

    Args:
        out: gets `recordings/`, `corpus/`, `run/`, `clips/`, `index.html`, and `player.html` where
            the recipe is one over codes.
        recipe: how to train.
        recordings: a folder to use in place of the embedded recordings.
        clip_seconds: length of each clip.
        quiet: show no progress.

    Raises:
        ReverieError: `out` holds something else, or this machine is too small.
    """
    clock = _Clock(out / "timings.json")
    with clear_disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        sweep(out, below=False)
    source = recordings or copy_recordings(out / "recordings")
    settings = PrepareSettings(rate_hz=PAPER_RATE_HZ, channels=1)
    corpus = clock.time("prepare", lambda: prepare(source, out / "corpus", settings, quiet=quiet))
    judge = checkpoint_judge(corpus)
    run = clock.time(
        "train",
        lambda: train(
            corpus.folder, recipe, out / "run", preview=preview, judge=judge, quiet=quiet
        ),
    )
    wanted = clip_settings(recipe.generation, {"seconds": clip_seconds, "count": CLIPS})
    clips = clock.time(
        "generate", lambda: generate_missing(run, wanted, out / "clips", quiet=quiet)
    )
    reports = clock.time("judge", lambda: report_on(clips, corpus, run, quiet=quiet))
    player = _player(run, out / "player.html", clock, CREDITS if recordings is None else "")
    page = out / "index.html"
    write_demo_page(
        page, reports, corpus, run, clock.seconds, embedded=recordings is None, player=player
    )
    return Demo(page, reports, clock.seconds)


def _player(run: Run, page: Path, clock: "_Clock", credits: str) -> Path | None:  # noqa: A002
    """Write the page that plays the run's music for ever; None for frames it cannot play."""
    if not is_playable(run.recipe):
        return None
    settings = ExportSettings(credits=credits)
    clock.time("player", lambda: export_html(run, page, settings))
    return page


def copy_recordings(folder: Path) -> Path:
    """Copy the embedded recordings to `folder`, those that are not there yet, and return it."""
    with as_file(files("reverie.demo") / "recordings") as embedded, clear_disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for original in sorted(embedded.iterdir()):
            copy = folder / original.name
            if not copy.is_file() or copy.stat().st_size != original.stat().st_size:
                shutil.copyfile(original, copy)
    return folder


class _Clock:
    """How long each step took when it was really done; kept on disk for the next call.

    A step that finds its work done takes next to nothing, so the longest time is the true one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.seconds: dict[str, Seconds] = {}
        if path.is_file():
            self.seconds = read_record(path, dict[str, Seconds], "timings", remedy="Remove it.")

    def time(self, step: str, work: Callable[[], Result]) -> Result:
        began = time.monotonic()
        result = work()
        took = round(time.monotonic() - began, 2)
        self.seconds[step] = max(took, self.seconds.get(step, 0.0))
        write_json(self._path, self.seconds)
        return result
