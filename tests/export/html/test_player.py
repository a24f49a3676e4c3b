"""The page in a real browser, opened as a file: the codes of Python, and music without a gap."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from playwright.sync_api import Page
from torch import Tensor

from reverie.generation.prompt_music import PromptMusic
from reverie.generation.prompts import choose_prompts
from reverie.generation.reprise import Reprise
from reverie.generation.stream import Stream, stream_of
from reverie.runs.run import Run
from tests.browser import Visit, visit
from tests.studio.page.axe import serious_findings
from tests.studio.playing.test_browser import COUNTS, LONGEST_GAP_SECONDS, RECORDER

SEED = 7
BLOCK_FRAMES = 8
CODES_SECONDS, SOUND_SECONDS = 10.0, 8.0

TAKE = "asked => reverie.take(asked)"
RECORD = """async (script) => {
  const node = reverie.node();
  await node.context.audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(script)}`);
  window.recorder = new AudioWorkletNode(node.context, "recorder");
  node.connect(window.recorder).connect(node.context.destination);
}"""


@contextmanager
def opened(
    file: Path, scheme: Literal["light", "dark"] = "light", width: int = 1000
) -> Iterator[Visit]:
    """The page, which has read its model; it may complain of nothing and ask nobody."""
    with visit(file, scheme, width) as seen:
        until(seen.page, "() => reverie.state.isOpen")
        yield seen
        assert seen.complaints == []
        outside = [one for one in seen.requests if not one.startswith(("file:", "blob:"))]
        assert outside == []


def until(page: Page, condition: str) -> None:
    """Wait; the page's policy forbids what playwright's own waiting does."""
    while not page.evaluate(condition):
        page.wait_for_timeout(100)


def music_of(run: Run, prompt: int | None) -> PromptMusic:
    """The music of a prompt of the page."""
    rng = np.random.default_rng(0)
    if prompt is None:
        return choose_prompts(run, "nothing", 1, rng)[1]
    music = choose_prompts(run, "held-out", 6, rng)[1]
    here = slice(prompt, prompt + 1)
    assert music.beat is not None
    assert music.rubato is not None
    return PromptMusic(music.samples[here], music.beat[here], music.rubato[here])


def drawn_by(stream: Stream, frames: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """Codes and samples of so many frames, in blocks of the page's length."""
    codes: list[list[int]] = []
    choose = Reprise.next

    def noting(self: Reprise, frame: Tensor, beat: Tensor | None, every_seconds: float) -> Tensor:
        played = choose(self, frame, beat, every_seconds)
        codes.append(played[0].tolist())
        return played

    monkeypatch.setattr(Reprise, "next", noting)
    blocks = [
        stream.next_block(min(BLOCK_FRAMES, frames - at))[0, 0]
        for at in range(0, frames, BLOCK_FRAMES)
    ]
    return codes, torch.cat(blocks).numpy()


@pytest.mark.parametrize("prompt", [2, None])
@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"method": "rolling", "temperature": 0.9, "bpm": 90.0, "guidance": 0.0, "top_k": 50},
        {"reprise_seconds": 8.0},
    ],
)
def test_the_same_seed_gives_the_same_codes_as_python(
    run: Run,
    page: Path,
    prompt: int | None,
    changed: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained = run.load(run.find_checkpoint("best"))
    settings = type(run.recipe.generation)(**{**vars(run.recipe.generation), **changed})
    rng = torch.Generator().manual_seed(SEED)
    stream = stream_of(run, trained, music_of(run, prompt), settings, rng, BLOCK_FRAMES)
    frames = round(CODES_SECONDS * run.rate_hz / stream.hop_samples)
    codes, samples = drawn_by(stream, frames, monkeypatch)
    asked = {"prompt": prompt, "seed": SEED, "frames": frames, "block": BLOCK_FRAMES}
    with opened(page) as seen:
        taken = seen.page.evaluate(TAKE, {**asked, "settings": vars(settings)})
    assert taken["codes"] == codes
    assert len(taken["samples"]) == len(samples) == frames * stream.hop_samples
    made = np.array(taken["samples"])
    assert power(made) == pytest.approx(power(samples), rel=0.05)
    # Phases are found by steps that make small differences larger, block after block.
    second = run.rate_hz
    assert power(made[:second] - samples[:second]) < 0.01 * power(samples[:second])


def power(samples: Any) -> float:
    return float(np.square(samples).mean())


def test_it_plays_without_a_gap_and_keeps_what_was_heard(page: Path, tmp_path: Path) -> None:
    with opened(page, "dark", 390) as seen:
        assert serious_findings(seen.page) == []
        seen.page.keyboard.press("Space")
        until(seen.page, "() => reverie.state.sounding && reverie.state.heard > 0")
        seen.page.evaluate(RECORD, RECORDER)
        before = seen.page.evaluate("() => reverie.state.heard")
        until(seen.page, f"() => reverie.state.heard > {before + SOUND_SECONDS}")
        seen.page.get_by_role("slider", name="Temperature").fill("0.8")
        with seen.page.expect_download() as download:
            seen.page.get_by_role("button", name="Keep the last 30 seconds").click()
        counts = seen.page.evaluate(COUNTS)
        state = seen.page.evaluate(
            "() => ({ ...reverie.state, sounding: reverie.state.sounding.kind })"
        )
        seen.page.get_by_role("button", name="New start").click()
        until(seen.page, "() => reverie.state.heard < 5 && reverie.state.heard > 0.5")
        seen.page.get_by_role("button", name="Pause").click()
        assert seen.page.locator("#words").inner_text() == "Paused"
        assert "cc-by-4.0" in seen.page.locator("main").inner_text()
        kept = tmp_path / "kept.wav"
        download.value.save_as(kept)
    assert state["sounding"] == "worklet"
    assert state["gaps"] == 0
    assert state["settings"]["temperature"] == 0.8
    assert counts["total"] > 0
    assert counts["longest"] <= LONGEST_GAP_SECONDS * counts["sampleRate"]
    seconds, rate, comment = wav_facts(kept)
    assert seconds >= SOUND_SECONDS
    assert rate == 8000
    assert '"temperature":0.8' in comment


def wav_facts(path: Path) -> tuple[float, int, str]:
    """Length, rate and comment of a file, as another library reads it."""
    import soundfile

    with soundfile.SoundFile(path) as file:
        return file.frames / file.samplerate, file.samplerate, file.copy_metadata()["comment"]
