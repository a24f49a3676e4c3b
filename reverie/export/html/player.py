"""Write a run as a page that plays: the model, its codec and the program in one file."""

import dataclasses
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup
from torch import Tensor

from reverie import __version__
from reverie.errors import ReverieError
from reverie.export.facts import model_facts
from reverie.export.html.about import PageText, page_text
from reverie.export.html.bundle import bundle
from reverie.export.html.model_tables import calibration_values, model_tables, sound_tables
from reverie.export.html.packing import FINEST, Packed, pack
from reverie.export.html.prompts import page_prompts
from reverie.export.settings import ExportSettings, Weights
from reverie.generation.stream import GUIDANCE
from reverie.pages.page import write_page
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.runs.states import read_progress

MOST_BYTES = 8_000_000
"""Largest page, unless its numbers are asked for as floats."""
_HERE = Path(__file__).parent
_JS = _HERE / "static" / "js"
_SPEAKER = _HERE.parents[1] / "studio" / "static" / "js" / "playing" / "speaker.js"
"""The studio's page plays endless music too; what both need is written once, in its folder."""


def export_html(run: Run, path: Path, settings: ExportSettings) -> int:
    """Write a page that plays the music of a run for ever, with no network.

    Args:
        run: whose model is over codes.
        path: of the page.
        settings: the checkpoint, how its numbers are stored, and what is said of it.

    Raises:
        ReverieError: the page cannot play this model, it would be too large, there is no such
            checkpoint, or the disk refuses.
    """
    found = run.find_checkpoint(settings.checkpoint)
    trained = run.load(found)
    model, sizes = model_tables(trained.model)
    spec = trained.representation.spec
    sound, sound_sizes = sound_tables(trained.representation)
    facts = model_facts(run, trained, read_progress(found), settings)
    text = page_text(facts, settings.credits, spec.channels)
    chosen = page_prompts(run, trained.representation, settings.prompts)
    tables = {**model, **sound, **{k: v for one in chosen for k, v in one.tables.items()}}
    about: dict[str, Any] = {
        "model": sizes,
        **sound_sizes,
        "calibration": calibration_values(trained.calibration),
        "guidance": GUIDANCE._asdict(),
        "settings": dataclasses.asdict(run.recipe.generation),
        "rate_hz": run.rate_hz,
        "hop_samples": spec.hop_samples,
        "channels": spec.channels,
        "window_frames": run.recipe.sequence_frames(run.rate_hz),
        "prompts": [{"name": one.name, "rubato": one.rubato} for one in chosen],
        "file_name": re.sub(r"[^\w.-]+", "-", text.name),
        "told": {"ISFT": f"Reverie {__version__}", "ICMT": text.comment},
    }
    _write(path, run, _packed(tables, settings.weights), about, text)
    return len(chosen)


def _packed(tables: Mapping[str, Tensor], weights: Weights) -> Packed:
    """Pack tables as finely as they fit; floats are not asked whether they do."""
    size = 0
    for kind in FINEST if weights == "auto" else (weights,):
        packed = pack(tables, kind)
        size = len(packed.text) + _around_bytes()
        if size <= MOST_BYTES or kind.startswith("float"):
            return packed
    raise ReverieError(
        f"the page would have {size / 1e6:.1f} MB, and {MOST_BYTES / 1e6:.0f} MB is the most.",
        "Choose `weights=int6`, or train a smaller model, such as `--set model.hidden=640`.",
    )


def is_playable(recipe: Recipe) -> bool:
    """Whether the page plays what is trained by `recipe`."""
    is_codes = recipe.frames.transform == "codes"
    return is_codes and recipe.model.architecture not in {"conv", "blocks"}


def _write(path: Path, run: Run, packed: Packed, about: dict[str, Any], text: PageText) -> None:
    page, engine, speaker = _scripts()
    packing = {"tables": packed.places, "packed_bytes": packed.n_bytes}
    values = json.dumps({**about, **packing}, separators=(",", ":"))
    write_page(
        path,
        _HERE / "page.html",
        name=text.name,
        settings=run.recipe.generation,
        has_beat=about["model"]["has_beat"],
        prompts=[one["name"] for one in about["prompts"]],
        credits=text.credits,
        recordings=text.recordings,
        copying=text.copying,
        facts=text.facts,
        player_style=Markup((_HERE / "static" / "player.css").read_text(encoding="utf-8")),
        about=Markup(values.replace("<", "\\u003c")),
        tables=Markup(packed.text),
        engine=Markup(engine),
        speaker=Markup(speaker),
        script=Markup(page),
    )


@cache
def _scripts() -> tuple[str, str, str]:
    """The page's script, the worker's, and the audio thread's."""
    return (
        bundle(_JS / "page" / "player.js"),
        bundle(_JS / "engine" / "worker.js"),
        bundle(_SPEAKER),
    )


def _around_bytes() -> int:
    """About how large a page is without its tables: scripts, style, sizes and words."""
    return sum(map(len, _scripts())) + 100_000
