"""Write the files of a model that travels: the run's own, without what only training needs."""

import dataclasses
import json
import shutil
from pathlib import Path

from reverie.errors import ReverieError
from reverie.export.facts import ModelFacts, model_facts
from reverie.export.folder.card import model_card
from reverie.export.folder.curve import training_curve
from reverie.export.settings import ExportSettings
from reverie.runs.checkpoint import write_checkpoint
from reverie.runs.files import (
    CONFIG,
    CORPUS,
    FORMAT,
    FORMAT_VERSION,
    FRAMES,
    METRICS,
    Config,
    read_config,
)
from reverie.runs.run import Run
from reverie.runs.states import NAME, read_progress
from reverie.runs.weights import read_hash
from reverie.storage import replacing, write_json, write_text

CARD, CURVE = "README.md", "training.png"
_OF_A_MACHINE = {"system"}
"""What a run says of the machine that it was trained on, and an exported one does not."""


def export_folder(run: Run, out: Path, settings: ExportSettings) -> None:
    """Write a run as a folder that others load.

    Args:
        run: a trained run.
        out: the folder, which is not there yet.
        settings: which checkpoint, and under which licence.

    Raises:
        ReverieError: there is no such checkpoint, a part of it is damaged, `out` is named as
            checkpoints are, or the disk refuses.
    """
    if NAME.fullmatch(out.name):
        raise ReverieError(f"{out.name} is the name of a checkpoint.", "Choose another `out`.")
    checkpoint = run.find_checkpoint(settings.checkpoint)
    trained = run.load(checkpoint)  # so that all of it is known to be whole
    weights = {name: value.contiguous() for name, value in trained.model.state_dict().items()}
    progress, frames_sha256 = read_progress(checkpoint), read_hash(run.statistics)
    with replacing(out) as folder:
        folder.mkdir(parents=True)
        write_checkpoint(folder, weights, trained.calibration, progress, frames_sha256)
        shutil.copyfile(run.statistics, folder / FRAMES)
        _write_config(run, folder, frames_sha256, settings)
        facts = model_facts(run, trained, progress, settings)
        write_json(folder / CORPUS, dataclasses.asdict(facts.corpus))
        lines = (json.dumps(line, allow_nan=False) + "\n" for line in facts.metrics)
        write_text(folder / METRICS, "".join(lines))
        _write_card(facts, folder)


def _write_config(run: Run, folder: Path, frames_sha256: str, settings: ExportSettings) -> None:
    said = read_config(run.folder)
    made_on = {key: value for key, value in said.made_on.items() if key not in _OF_A_MACHINE}
    config = Config(
        FORMAT,
        FORMAT_VERSION,
        said.created_by,
        dataclasses.asdict(run.recipe),
        made_on,
        frames_sha256,
        run.parent,
        run.name,
        settings.licence or run.licence,
    )
    write_json(folder / CONFIG, dataclasses.asdict(config))


def _write_card(facts: ModelFacts, folder: Path) -> None:
    picture = training_curve(facts)
    if picture:
        (folder / CURVE).write_bytes(picture)
    write_text(folder / CARD, model_card(facts, CURVE if picture else None))
