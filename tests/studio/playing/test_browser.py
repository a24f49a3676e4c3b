"""Endless playing in a browser: what its audio graph gives has no gap."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import PATIENCE_MS, browsing
from tests.studio.page.axe import serious_findings
from tests.studio.playing.serving import Server

expect.set_options(timeout=PATIENCE_MS)

MINUTE_SECONDS = 60.0
LONGEST_GAP_SECONDS = 0.05

RECORDER = """
class Recorder extends AudioWorkletProcessor {
  constructor() {
    super();
    Object.assign(this, { sounding: 0, total: 0, silent: 0, longest: 0, peak: 0 });
    this.port.onmessage = () => this.port.postMessage({ ...this, sampleRate });
  }
  process([[input]]) {
    for (const sample of input ?? new Float32Array(128)) {
      // Before the first sound there is nothing to be heard.
      if (sample !== 0) this.sounding += 1;
      if (!this.sounding) continue;
      this.total += 1;
      this.peak = Math.max(this.peak, Math.abs(sample));
      this.silent = Math.abs(sample) < 1e-6 ? this.silent + 1 : 0;
      this.longest = Math.max(this.longest, this.silent);
    }
    return true;
  }
}
registerProcessor("recorder", Recorder);
"""
"""Counts in the audio thread, sample by sample, so that nothing is lost on a busy machine."""

BEGIN = """async (script) => {
  const engine = await import("/static/js/playing/engine.js");
  const node = engine.soundNode();
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  await node.context.audioWorklet.addModule(url);
  window.recorder = new AudioWorkletNode(node.context, "recorder");
  node.connect(window.recorder).connect(node.context.destination);
}"""

COUNTS = """() => new Promise((resolve) => {
  window.recorder.port.onmessage = ({ data }) => resolve(data);
  window.recorder.port.postMessage("tell");
})"""

STATE = """async () => {
  const { state } = await import("/static/js/playing/engine.js");
  return { ...state, problem: state.problem?.message ?? "" };
}"""


@contextmanager
def playing(server: Server, **options: Any) -> Iterator[Page]:
    """The Play view, which plays."""
    with browsing(server.base, **options) as page:
        # The test's own script may run too.
        page.context.new_cdp_session(page).send("Page.setBypassCSP", {"enabled": True})
        page.goto("/#/play")
        expect(status(page)).to_have_text("Ready")
        page.locator("[data-play=endless]").click()
        expect(status(page)).to_have_text("Playing")
        yield page
        page.goto("about:blank")


def status(page: Page) -> Any:
    return page.locator(".endless [role=status]")


def until_heard(page: Page, seconds: float) -> dict[str, Any]:
    """Wait until so much was heard; what is known then."""
    while True:
        state = page.evaluate(STATE)
        assert not state["problem"], state
        if state["heard"] >= seconds:
            return state
        page.wait_for_timeout(200)


def test_a_minute_has_no_gap(server: Server) -> None:
    with playing(server) as page:
        page.evaluate(BEGIN, RECORDER)
        before = server.memory()
        until_heard(page, 5)
        page.get_by_role("slider", name="Temperature", exact=True).fill("0.8")
        until_heard(page, 10)
        page.get_by_role("button", name="Another prompt").click()
        until_heard(page, 15)
        page.get_by_role("button", name="Keep the last").click()
        state = until_heard(page, MINUTE_SECONDS)
        counts = page.evaluate(COUNTS)
        assert state["kind"] == "worklet"
        assert state["gaps"] == 0
        rate = counts["sampleRate"]
        assert counts["total"] >= (MINUTE_SECONDS - 5) * rate
        assert counts["longest"] <= LONGEST_GAP_SECONDS * rate
        assert counts["peak"] > 0.01
        assert server.memory() - before < 8 << 20
        expect(page.locator(".kept .title")).to_have_count(1)


def test_it_goes_on_in_other_views_and_stops_where_another_sound_begins(server: Server) -> None:
    with playing(server) as page:
        until_heard(page, 1)
        page.get_by_role("link", name="Library").click()
        expect(page.get_by_role("heading", name="Library", level=1)).to_be_visible()
        heard = page.evaluate(STATE)["heard"]
        until_heard(page, heard + 1)
        page.evaluate(
            "import('/static/js/core/sounding.js').then(({ takeTurn }) => takeTurn('x', () => {}))"
        )
        assert page.evaluate(STATE)["status"] == "paused"
        page.get_by_role("link", name="Play", exact=True).click()
        expect(status(page)).to_have_text("Paused")
        page.keyboard.press("Space")
        expect(status(page)).to_have_text("Playing")
        until_heard(page, heard + 2)


def test_without_an_audio_worklet_buffers_are_scheduled(server: Server) -> None:
    with browsing(server.base) as page:
        page.add_init_script("delete BaseAudioContext.prototype.audioWorklet")
        page.goto("/#/play")
        page.locator("[data-play=endless]").click()
        state = until_heard(page, 3)
        assert state["kind"] == "scheduled"
        page.locator("[data-play=endless]").click()
        expect(status(page)).to_have_text("Paused")
        page.locator("[data-play=endless]").click()
        until_heard(page, state["heard"] + 1)
        page.goto("about:blank")


def test_a_player_that_is_gone_is_begun_again(server: Server) -> None:
    with playing(server) as page:
        until_heard(page, 1)
        session = page.evaluate(STATE)["session"]
        server.ask("DELETE", f"/api/play/{session}")
        expect(status(page)).to_contain_text("ended")
        page.locator("[data-play=endless]").click()
        expect(status(page)).to_have_text("Playing")
        until_heard(page, 1)
        assert page.evaluate(STATE)["session"] != session


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(server: Server, scheme: Any) -> None:
    with browsing(server.base, scheme, (390, 844), touch=True) as page:
        page.goto("/#/play")
        expect(status(page)).to_have_text("Ready")
        assert not serious_findings(page)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        page.goto("about:blank")


RESAMPLED = """async () => {
  const { Resampler } = await import("/static/js/playing/resample.js");
  const sine = (n, rate) => Math.sin((2 * Math.PI * 440 * n) / rate);
  let worst = 0;
  for (const [from, to] of [[16000, 48000], [8000, 44100], [44100, 48000], [48000, 44100]]) {
    const [resampler, output] = [new Resampler(from, to), []];
    const samples = Float32Array.from({ length: from }, (_, n) => sine(n, from));
    for (let at = 0; at < from; at += 777) {
      output.push(...resampler.push(samples.slice(at, at + 777)));
    }
    for (let n = 200; n < output.length; n += 1) {
      worst = Math.max(worst, Math.abs(output[n] - sine(n, to)));
    }
    if (Math.abs(output.length - to) > (40 * to) / from) return 9;
  }
  return worst;
}"""


def test_samples_keep_their_pitch_and_level_from_one_rate_to_another(server: Server) -> None:
    with browsing(server.base) as page:
        page.goto("/#/play")
        assert page.evaluate(RESAMPLED) < 0.01
        page.goto("about:blank")
