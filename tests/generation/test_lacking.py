"""Clips say what their checkpoint lacks, where an older version kept it before it was measured."""

import json
import shutil
from pathlib import Path

from safetensors.torch import save_file

from reverie.generation.clips import generate
from reverie.generation.settings import GenerationSettings
from reverie.runs.calibration import CALIBRATION
from reverie.runs.run import Run
from reverie.runs.states import STATE
from reverie.storage import file_sha256
from tests.cli.test_errors import reverie


def test_a_temperature_without_effect_is_said_in_clip_and_terminal(
    run: Run, tmp_path: Path
) -> None:
    shutil.copytree(run.folder, tmp_path / "run")
    old = Run.open(tmp_path / "run", run.open_corpus().folder)
    checkpoint = old.find_checkpoint("latest")
    save_file({}, checkpoint / CALIBRATION)
    told = json.loads((checkpoint / STATE).read_text())
    told["calibration_sha256"] = file_sha256(checkpoint / CALIBRATION)
    (checkpoint / STATE).write_text(json.dumps(told))
    said = "the temperature has no effect: this checkpoint was written before"
    drawn = GenerationSettings(seconds=0.2, count=1, temperature=1.0, checkpoint="latest")
    for each, settings in ((old, drawn), (run, drawn)):
        (clip,) = generate(each, settings, tmp_path / each.folder.parent.name, quiet=True)
        about = json.loads(clip.path.with_suffix(".json").read_text())
        assert about["lacks"] == clip.lacks
        assert (said in clip.lacks) == (each is old)
    words = ["--checkpoint", "latest", "--temperature", "1", "--count", "1", "--seconds", "0.2"]
    where = ["--corpus", run.corpus_folder, "--out", tmp_path / "told"]
    assert said in reverie("generate", old.folder, *words, *where).stdout
