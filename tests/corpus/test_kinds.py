"""What somebody names is taken for what it is, and the right command is printed."""

import json
from pathlib import Path

import pytest

from reverie.corpus.corpus import Corpus
from reverie.corpus.kinds import right_command, what_is
from reverie.corpus.nothing_usable import NothingUsable
from reverie.storage import file_sha256
from tests.corpus.test_prepare import make, tune


def a_run(folder: Path) -> Path:
    checkpoint = folder / "checkpoints" / "epoch-00003"
    checkpoint.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"format": "reverie-run"}))
    for name in ("model.safetensors", "optimizer.pt", "state.json"):
        (checkpoint / name).write_text("{}")
    return folder


def a_clip(path: Path) -> Path:
    tune(path, 1)
    told = {"made_by": "reverie 1.0", "audio_sha256": file_sha256(path)}
    path.with_suffix(".json").write_text(json.dumps(told))
    return path


def test_a_corpus(corpus: Corpus) -> None:
    place = what_is(corpus.folder)
    assert (place.kind, place.corpus) == ("corpus", corpus.folder)
    assert right_command(place) == f"Train on it: reverie train {corpus.folder}"


def test_a_run_its_checkpoints_and_its_clips(tmp_path: Path) -> None:
    run = a_run(tmp_path / "my run")
    assert (what_is(run).kind, what_is(run).run) == ("run", run)
    checkpoints = what_is(run / "checkpoints")
    assert (checkpoints.kind, checkpoints.run) == ("run", run)
    checkpoint = what_is(run / "checkpoints" / "epoch-00003")
    assert (checkpoint.kind, checkpoint.run) == ("checkpoint", run)
    wanted = f"reverie generate '{run}' --checkpoint epoch-00003"
    assert right_command(checkpoint) == f"Make clips with it: {wanted}"
    clip = a_clip(run / "clips" / "epoch-00003" / "001.wav")
    for path in (clip.parent, clip):
        clips = what_is(path)
        assert (clips.kind, clips.clips, clips.run) == ("clips", path, run)
    assert what_is(run).clips == run / "clips"
    assert right_command(what_is(clip.parent)).startswith("Judge them: reverie evaluate ")


def test_a_demo_and_what_is_in_it(tmp_path: Path) -> None:
    tune(tmp_path / "recordings" / "a.wav", 1)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "timings.json").write_text("{}")
    place = what_is(tmp_path)
    assert (place.kind, place.corpus, place.run) == ("demo", tmp_path / "corpus", None)
    assert right_command(place) == f"Its recordings: reverie prepare {tmp_path / 'recordings'}"


def test_recordings_and_nothing(tmp_path: Path) -> None:
    assert what_is(tmp_path).kind == "nothing"
    assert what_is(tmp_path / "gone").kind == "nothing"
    sound = tune(tmp_path / "music" / "deep" / "a.wav", 1)
    assert what_is(tmp_path).kind == what_is(sound).kind == "recordings"
    a_clip(sound.with_name("clip.wav"))
    assert what_is(tmp_path).kind == "recordings"
    assert right_command(what_is(tmp_path)) == f"Train on them: reverie train {tmp_path}"
    assert right_command(what_is(tmp_path / "gone")) == ""


@pytest.mark.parametrize("kind", ["corpus", "run", "checkpoint", "clips"])
def test_prepare_prints_the_right_command(corpus: Corpus, tmp_path: Path, kind: str) -> None:
    run = a_run(tmp_path / "run")
    given = {
        "corpus": corpus.folder,
        "run": run,
        "checkpoint": run / "checkpoints" / "epoch-00003",
        "clips": a_clip(tmp_path / "clips" / "001.wav").parent,
    }[kind]
    with pytest.raises(NothingUsable) as refused:
        make(given, tmp_path / "out")
    assert refused.value.remedy == right_command(what_is(given)) != ""
    assert not (tmp_path / "out").exists()
