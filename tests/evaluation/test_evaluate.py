"""`reverie evaluate`, whole: systems of every kind, broken files, the report in a browser."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Literal
from unittest.mock import patch

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from typer.testing import CliRunner

from reverie.audio.pcm import to_float32
from reverie.cli.app import app
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation.evaluate import evaluate
from reverie.evaluation.evaluated import FOLDER
from reverie.evaluation.figures import Evaluation, SystemFigures
from reverie.evaluation.interval import Interval
from reverie.evaluation.measurer import Measured, Measurer
from reverie.evaluation.references import make_references
from reverie.evaluation.reports import page as page_of_reports
from reverie.evaluation.reports.page import FIGURES_FILE, as_json, write_evaluation
from reverie.evaluation.reports.verdicts import verdict
from reverie.evaluation.systems import Loaded, System, read_systems
from tests.browser import visit
from tests.evaluation.conftest import RATE_HZ

CLIP_SECONDS = 3.0
CLIPS = 4


def save(folder: Path, name: str, wave: NDArray[np.float32], rate_hz: int = RATE_HZ) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / name, wave, rate_hz, subtype="FLOAT")


@pytest.fixture(scope="module")
def clips(music: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Systems: real music, copies, noise, silence; and files that are no clips."""
    folder = tmp_path_factory.mktemp("clips")
    rng = np.random.default_rng(0)
    size = round(CLIP_SECONDS * RATE_HZ)
    training, held_out = music.of_split("train"), music.of_split("held-out")[0]
    for at in range(CLIPS):
        real = to_float32(music.pcm(held_out)[0][at * size :][:size])
        copied = to_float32(music.pcm(training[at % 4])[0][(at + 2) * size // 2 :][:size])
        save(folder / "real", f"{at}.wav", real)
        save(folder / "copies", f"{at}.wav", copied)
        save(folder / "noise", f"{at}.wav", (0.1 * rng.standard_normal(size)).astype(np.float32))
        save(folder / "silence", f"{at}.wav", np.zeros(size, np.float32))
    odd = folder / "odd"
    save(odd, "fast.wav", to_float32(music.pcm(held_out)[0][:size]), 2 * RATE_HZ)
    save(odd, "short.wav", np.zeros(RATE_HZ // 10, np.float32))
    save(odd, "nan.wav", np.full(size, np.nan, np.float32))
    save(odd, "wild.wav", np.full(size, 1e30, np.float32))
    (odd / "empty.wav").touch()
    (odd / "text.wav").write_text("no sound")
    (odd / "notes.txt").write_text("not looked at")
    return folder


@pytest.fixture(scope="module")
def systems(music: Corpus, clips: Path) -> list[System]:
    return read_systems([clips / one for one in ("real", "copies", "noise", "silence")], music)


@pytest.fixture(scope="module")
def found(music: Corpus, systems: list[System]) -> Evaluation:
    return evaluate(systems, music, quiet=True)


def test_each_system_gets_its_verdict(found: Evaluation) -> None:
    said = {one.name: verdict(one, found) for one in found.systems}
    assert said["real"].tone == "good"
    assert "repeat the training recordings" in said["copies"].line
    assert said["noise"].line == "Mostly noise: 4 of 4 clips; real music 0 of 4."
    assert said["silence"].line == "Mostly silence: 4 of 4 clips; real music 0 of 4."


def test_training_music_says_how_near_a_system_can_be_expected(found: Evaluation) -> None:
    """One as near as training music is said to be so, and of one farther away both are told."""

    def placed(one: SystemFigures, distance: float) -> SystemFigures:
        near = {"musicnn": Interval(distance, distance - 0.1, distance + 0.1)}
        return replace(
            one,
            distances={
                name: replace(known, mmd=near.get(name, known.mmd))
                for name, known in one.distances.items()
            },
        )

    places = {"music": 0.0, "training": 10.0, "noise": 100.0, "silence": 100.0, "loop": 50.0}
    references = tuple(placed(one, places[str(one.kind)]) for one in found.references)
    judged = replace(found, references=references)
    mine = next(one for one in found.systems if one.name == "real")
    said = {at: verdict(placed(mine, at), judged) for at in (0.0, 8.0, 30.0)}
    assert said[0.0].line == "As near to the held-out music as real music is."
    assert said[8.0].line == "As near to the held-out music as the training recordings are."
    assert said[30.0].line == "Nearer to music than to noise: 30% of the way to noise."
    assert "it lies 30% of the way" in said[30.0].details[1]
    assert said[30.0].details[1].endswith(" The training recordings lie 10% of the way.")
    unknown = replace(found, references=tuple(one for one in references if one.kind != "training"))
    assert verdict(placed(mine, 8.0), unknown).details[1].endswith("to noise of its spectrum.")


def test_copies_are_traced(found: Evaluation, music: Corpus) -> None:
    copies = next(one for one in found.systems if one.name == "copies")
    training = [one.path for one in music.of_split("train")]
    assert copies.copied == CLIPS
    for at, clip in enumerate(copies.clips):
        assert clip.copying is not None
        assert clip.copying.recording == training[at % 4]
        begin = clip.copying.offset_seconds - clip.copying.clip_seconds
        assert begin == pytest.approx((at + 2) * CLIP_SECONDS / 2, abs=0.2)
        assert clip.copying.seconds > 1.5
    assert next(one for one in found.systems if one.name == "real").copied <= 1


def test_distances_order_the_systems(found: Evaluation) -> None:
    near = {one.name: one.distances["mfcc"].mmd for one in [*found.systems, *found.references]}
    values = {name: one.value for name, one in near.items() if one}
    assert values["real"] < values["shaped noise"]
    assert values["real"] < values["noise"]
    assert values["real"] < values["silence"]
    for one in [*found.systems, *found.references]:
        for distance in one.distances.values():
            assert distance.frechet is not None
            assert np.isfinite(distance.frechet.value)


def test_a_browser_shows_the_report(
    found: Evaluation, systems: list[System], music: Corpus, tmp_path: Path
) -> None:
    page = write_evaluation(found, systems, music, tmp_path)
    told = json.loads((tmp_path / "evaluation.json").read_text())
    assert told["systems"][1]["copied"] == CLIPS
    shown: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 1200), ("dark", 390))
    for scheme, width in shown:
        with visit(page, scheme, width) as seen:
            text = seen.page.locator("main").inner_text()
            assert "Mostly silence: 4 of 4 clips; real music 0 of 4." in text
            assert "How far to trust this" in text
            assert seen.page.locator("#copying ~ .stack audio, section audio").count() >= 2
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
            assert seen.complaints == []
            assert [url for url in seen.requests if not url.startswith(("file:", "data:"))] == []


def test_clips_play_from_within_the_page_or_from_beside_it(
    found: Evaluation,
    systems: list[System],
    music: Corpus,
    clips: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    every = 4 * CLIPS
    player = re.compile(r'aria-label="Clip [^"]*" src="([^"]*)"')
    page = write_evaluation(found, systems, music, tmp_path)
    uris = player.findall(page.read_text())
    assert (len(uris), {uri[:15] for uri in uris}) == (every, {"data:audio/flac"})
    assert "This page is one file" in page.read_text()
    monkeypatch.setattr(page_of_reports, "MOST_EMBEDDED", 5)
    page = write_evaluation(found, systems, music, tmp_path)
    assert len(player.findall(page.read_text())) == 5
    page = write_evaluation(found, systems, music, clips)
    uris = player.findall(page.read_text())
    assert uris[:2] == ["./real/0.wav", "./real/1.wav"]
    assert len(uris) == every
    with visit(page, "light", 800) as seen:
        seen.page.locator("summary").filter(has_text="noise").click()
        sound = seen.page.locator('audio[src="./noise/0.wav"]')
        loaded = (
            "one => new Promise((done, failed) => { one.onloadedmetadata = () => done(true); "
            "one.onerror = () => failed(one.error.message); one.preload = 'metadata'; "
            "one.load(); })"
        )
        assert sound.evaluate(loaded)
        assert sound.evaluate("one => one.duration") == pytest.approx(CLIP_SECONDS)
        assert seen.complaints == []
    page.unlink()
    (clips / FIGURES_FILE).unlink()


@pytest.mark.usefixtures("no_transcriber")
def test_the_same_seed_gives_the_same_figures(systems: list[System], music: Corpus) -> None:
    one, same, other = (evaluate(systems[:2], music, seed, quiet=True) for seed in (0, 0, 1))
    assert one == same != other


@pytest.mark.usefixtures("no_transcriber")
def test_an_interrupted_evaluation_goes_on(
    systems: list[System], music: Corpus, tmp_path: Path
) -> None:
    """What was measured is not measured again, and all figures are the same to the byte."""
    corpus = Corpus.open(Path(shutil.copytree(music.folder, tmp_path / "corpus")))
    kept = corpus.folder / FOLDER
    shutil.rmtree(kept, ignore_errors=True)
    measure, most, measured = Measurer.measure, 5, list[str]()

    def counted(self: Measurer, clip: Loaded) -> Measured:
        if len(measured) >= most:
            raise KeyboardInterrupt
        measured.append(clip.name)
        return measure(self, clip)

    def evaluated() -> str:
        measured.clear()
        with patch.object(Measurer, "measure", counted):
            return json.dumps(as_json(evaluate(systems[:2], corpus, quiet=True)))

    with pytest.raises(KeyboardInterrupt):
        evaluated()
    # A clip that another thread had measured by then may be lost.
    finished = len(list(kept.glob("clip-*")))
    assert most - torch.get_num_threads() < finished <= most
    most = 1000
    first = evaluated()
    clips = len(list(kept.glob("clip-*")))
    assert len(measured) == clips - finished
    assert evaluated() == first
    assert not measured
    for path in kept.iterdir():
        path.write_bytes(path.read_bytes()[:-100])
    assert evaluated() == first
    assert len(measured) == clips
    shutil.rmtree(kept)
    kept.touch()  # nothing can be kept
    assert evaluated() == first


@pytest.mark.usefixtures("no_transcriber")
def test_figures_do_not_depend_on_the_systems_beside(systems: list[System], music: Corpus) -> None:
    both = evaluate(systems[:2], music, quiet=True)
    alone = evaluate(systems[1:2], music, quiet=True)
    assert alone.references == both.references
    assert alone.systems == both.systems[1:]


@pytest.mark.usefixtures("no_transcriber")
def test_the_command_tells_what_is_broken(music: Corpus, clips: Path, tmp_path: Path) -> None:
    words = ["evaluate", str(clips / "odd"), str(clips / "real"), "--corpus", str(music.folder)]
    result = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "report"), "--quiet"])
    assert result.exit_code == 0, result.output
    for name in ("empty.wav", "nan.wav", "short.wav", "text.wav", "wild.wav"):
        assert f"{name} cannot be judged" in result.stdout
    assert "the file is empty" in result.stdout
    assert "not numbers" in result.stdout
    assert "times full scale: not sound" in result.stdout
    assert "0.1 s are too short" in result.stdout
    told = json.loads((tmp_path / "report" / "evaluation.json").read_text())
    assert [clip["name"] for clip in told["systems"][0]["clips"]] == ["fast.wav"]


def test_what_cannot_be_judged_is_refused(music: Corpus, clips: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(ReverieError, match="holds no audio"):
        read_systems([tmp_path / "none"], music)
    with pytest.raises(ReverieError, match="not a folder"):
        read_systems([tmp_path / "missing"], music)
    with pytest.raises(ReverieError, match="given twice"):
        read_systems([clips / "real", clips / "real"], music)
    save(tmp_path / "short", "a.wav", np.zeros(100, np.float32))
    with pytest.raises(ReverieError, match="none of the 1 clips"):
        read_systems([tmp_path / "short"], music)
    with pytest.raises(ReverieError, match="less than four excerpts"):
        make_references(music, 30.0, 5)


def test_references_share_no_excerpt(music: Corpus) -> None:
    found = make_references(music, 2.0, 5)
    real = {one.load().wave.tobytes() for one in found.clips["music"]}
    assert len(real) == 5
    assert not real & {one.load().wave.tobytes() for one in found.held_out}
    learnt = {one.load().wave.tobytes() for one in found.clips["training"]}
    assert len(learnt) == 5
    assert not learnt & {one.load().wave.tobytes() for one in found.held_out} | learnt & real
    waves = [
        np.stack([one.load().wave for one in found.clips[kind]]) for kind in ("music", "noise")
    ]
    levels = [float(np.sqrt(np.mean(np.square(one)))) for one in waves]
    assert levels[1] == pytest.approx(levels[0], rel=0.3)


def test_of_much_held_out_music_references_are_as_many(
    music: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reverie.evaluation.references.MOST_CUT", 8)
    found = make_references(music, 1.0, 3)
    assert len(found.held_out) == 5
    assert [len(found.clips[kind]) for kind in ("music", "noise", "loop")] == [3, 3, 3]
