"""The whole demo, small: five clips, one page that a browser plays, and nothing done twice."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import reverie.demo
from reverie.demo.steps import Demo, copy_recordings, run_demo
from reverie.runs.settings import Recipe
from reverie.training.recipe import load_recipe
from tests.browser import visit
from tests.conftest import SMALL
from tests.music import write_recordings
from tests.pages.test_page import decoded

EMBEDDED = Path(reverie.demo.__file__).parent / "recordings"


@pytest.fixture(scope="module")
def small() -> Recipe:
    return load_recipe("paper", [*SMALL, "training.epochs=2", "training.keep_epochs=[]"])


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    write_recordings(folder, 5, 6.0, 16000)
    (folder / "broken.wav").write_bytes(b"no music")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, recordings: Path, small: Recipe) -> Demo:
    out = tmp_path_factory.mktemp("demo")
    return run_demo(out, small, recordings=recordings, clip_seconds=2.0, quiet=True)


def test_a_browser_plays_every_clip_and_seed(made: Demo) -> None:
    with visit(made.page, "light", 1280) as seen:
        heard = decoded(seen)
        labels = seen.page.locator("audio").evaluate_all(
            "all => all.map(one => one.getAttribute('aria-label'))"
        )
        badges = seen.page.locator(".badge").all_inner_texts()
        text = seen.page.locator("main").inner_text()
        assert seen.complaints == []
        assert [url for url in seen.requests if not url.startswith("file:")] == []
    assert labels == [f"{what} {n}" for n in range(1, 6) for what in ("Clip", "Prompt of clip")]
    assert [seconds for seconds, _ in heard[::2]] == [pytest.approx(2.0, abs=0.01)] * 5
    assert all(rms > 0 for _, rms in heard[1::2])
    for clip, (_, rms) in zip(made.clips, heard[::2], strict=True):
        assert rms > 0 or clip.health.verdict == "silent"
    assert badges == [one.health.verdict for one in made.clips]
    assert "tune 0.wav" in text
    assert "broken.wav" in text


def test_each_clip_has_its_provenance_and_its_picture(made: Demo) -> None:
    for clip in made.clips:
        told = json.loads(clip.path.with_suffix(".json").read_text())
        assert told["prompt"]["recording"] == clip.prompt_recording
        assert clip.path.with_suffix(".png").is_file()


def test_a_second_call_does_nothing_again(made: Demo, recordings: Path, small: Recipe) -> None:
    out = made.page.parent
    files = [*out.glob("clips/*"), *out.glob("run/checkpoints/*/*"), *out.glob("corpus/shards/*")]
    before = {path: path.stat().st_mtime_ns for path in files}
    assert before
    again = run_demo(out, small, recordings=recordings, clip_seconds=2.0, quiet=True)
    assert {path: path.stat().st_mtime_ns for path in files} == before
    assert [one.health for one in again.clips] == [one.health for one in made.clips]


def test_what_is_missing_is_made_again(made: Demo, recordings: Path, small: Recipe) -> None:
    clip = made.clips[2].path
    content = clip.read_bytes()
    clip.unlink()
    run_demo(made.page.parent, small, recordings=recordings, clip_seconds=2.0, quiet=True)
    assert clip.read_bytes() == content


def test_longer_training_makes_new_clips(made: Demo, recordings: Path, small: Recipe) -> None:
    longer = replace(small, training=replace(small.training, epochs=3))
    again = run_demo(made.page.parent, longer, recordings=recordings, clip_seconds=2.0, quiet=True)
    assert (made.page.parent / "run" / "metrics.jsonl").read_text().count("\n") == 3
    assert {one.epoch for one in again.clips} <= {2, 3}


def test_the_embedded_recordings_are_copied_once(tmp_path: Path) -> None:
    folder = copy_recordings(tmp_path / "recordings")
    copies = sorted(folder.glob("*.opus"))
    assert len(copies) == 12
    assert (folder / "README.md").is_file()
    copies[0].write_bytes(b"torn")
    before = copies[1].stat().st_mtime_ns
    copy_recordings(folder)
    assert copies[0].read_bytes() == (EMBEDDED / copies[0].name).read_bytes()
    assert copies[1].stat().st_mtime_ns == before
