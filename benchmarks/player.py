"""The page that plays a run for ever: size, speed, and minutes of it in a browser.

    python -m benchmarks.player RUN                     size and speed
    python -m benchmarks.player RUN --minutes 10        plays so long: gaps, and memory over time
    python -m benchmarks.player RUN --record FOLDER     plays a minute from each prompt of the page,
                                                        and keeps what was heard of
                                                        both channels

With `--slower 4` all of it runs as on a processor a quarter as fast: Chromium slows the page down,
and the worker, which Chromium does not reach, waits three times as long as each block has taken.
Needs the development packages.
"""

import argparse
import base64
import json
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from playwright.sync_api import CDPSession, Page, sync_playwright

import reverie
from tests.browser import FLAGS, chromium

TAKEN_SECONDS = 10.0
TAKE = """async (asked) => {
  const { channels, milliseconds } = await reverie.take(asked);
  return channels[0].length / reverie.about.rate_hz / milliseconds * 1000;
}"""
RECORD_SECONDS = 60.0
RECORDER = """
registerProcessor("keeper", class extends AudioWorkletProcessor {
  constructor() { super(); this.kept = []; }
  process([inputs]) {
    const silence = new Float32Array(128);
    const [left, right] = [inputs[0] ?? silence, inputs[1] ?? inputs[0] ?? silence];
    for (let index = 0; index < left.length; index += 1) this.kept.push(left[index], right[index]);
    if (this.kept.length >= 1 << 16) {
      this.port.postMessage(Float32Array.from(this.kept));
      this.kept = [];
    }
    return true;
  }
});
"""
BEGIN = """async (script) => {
  const node = reverie.node();
  window.kept = [];
  window.keptSamples = 0;
  await node.context.audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(script)}`);
  const keeper = new AudioWorkletNode(node.context, "keeper");
  keeper.port.onmessage = ({ data }) => {
    window.kept.push(data);
    window.keptSamples += data.length / 2;
  };
  node.connect(keeper).connect(node.context.destination);
  return node.context.sampleRate;
}"""
PIECE = """(piece) => {
  const bytes = new Uint8Array(window.kept[piece].buffer);
  let text = "";
  for (const one of bytes) text += String.fromCharCode(one);
  return btoa(text);
}"""

BEFORE_STREAM = "return { Player, Stream };"
"""The end of the module that makes the music, in the page's script."""
SLOWER = """
const atOnce = Stream.prototype.next;
Stream.prototype.next = function (frames) {
  const began = performance.now();
  const samples = atOnce.call(this, frames);
  const until = began + TIMES * (performance.now() - began);
  while (performance.now() < until);
  return samples;
};
"""


def slow_worker(file: Path, times: int) -> None:
    """Make the worker of an exported page so many times slower."""
    page = file.read_text(encoding="utf-8")
    if page.count(BEFORE_STREAM) != 1:
        raise SystemExit(f"{file}: not one {BEFORE_STREAM!r}")
    slower = SLOWER.replace("TIMES", str(times))
    file.write_text(page.replace(BEFORE_STREAM, slower + BEFORE_STREAM), encoding="utf-8")


def open_page(page: Page, file: Path) -> None:
    page.goto(file.resolve().as_uri())
    while not page.evaluate("() => reverie.state.isOpen"):
        page.wait_for_timeout(200)


def slow_down(session: CDPSession, rate: int) -> None:
    """Slow the page down, without its worker."""
    session.send("Emulation.setCPUThrottlingRate", {"rate": rate})


def speed(page: Page) -> float:
    """Seconds of music a second, median of three."""
    about = page.evaluate("() => reverie.about")
    frames = round(TAKEN_SECONDS * about["rate_hz"] / about["hop_samples"])
    asked = {"prompt": None, "seed": 1, "frames": frames, "block": 8}
    asked["settings"] = page.evaluate("() => reverie.about.settings")
    return float(np.median([page.evaluate(TAKE, asked) for _ in range(3)]))


def memory(session: CDPSession) -> int:
    """Bytes that the page's scripts hold, after tidying up."""
    session.send("HeapProfiler.collectGarbage")
    return int(session.send("Runtime.getHeapUsage")["usedSize"])


def play(page: Page, session: CDPSession, seconds: float) -> list[dict[str, Any]]:
    """Play; gaps and memory every half minute."""
    page.get_by_role("button", name="Play").click()
    found: list[dict[str, Any]] = []
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        page.wait_for_timeout(min(30_000, 1000 * seconds / 4))
        state = page.evaluate("() => ({ heard: reverie.state.heard, gaps: reverie.state.gaps })")
        found.append({**state, "page_bytes": memory(session)})
    return found


def record(page: Page, prompt: str, out: Path) -> None:
    """Keep a minute of what the audio graph gives from a prompt on."""
    page.locator("#prompt").select_option(prompt)
    page.get_by_role("button", name="Play").click()
    while not page.evaluate("() => reverie.state.heard"):
        page.wait_for_timeout(100)
    rate = page.evaluate(BEGIN, RECORDER)
    while page.evaluate("() => window.keptSamples") < RECORD_SECONDS * rate:
        page.wait_for_timeout(500)
    count = page.evaluate("() => window.kept.length")
    pieces = [base64.b64decode(page.evaluate(PIECE, piece)) for piece in range(count)]
    samples = np.frombuffer(b"".join(pieces), np.float32).reshape(-1, 2)
    soundfile.write(out, samples[: int(RECORD_SECONDS * rate)], rate)
    print(f"{out}: {page.evaluate('() => reverie.state.gaps')} gaps")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--slower", type=int, default=1, help="times")
    parser.add_argument("--record", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        exported = reverie.load(asked.run).export("html", Path(folder) / "player.html")
        if asked.slower > 1:
            slow_worker(exported.path, asked.slower)
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        with closing(browser):
            page = browser.new_page()
            session = page.context.new_cdp_session(page)
            slow_down(session, asked.slower)
            open_page(page, exported.path)
            if asked.record:
                asked.record.mkdir(parents=True, exist_ok=True)
                prompts = page.locator("#prompt option")
                for number in range(prompts.count()):
                    if prompt := prompts.nth(number).get_attribute("value"):
                        page.reload()
                        open_page(page, exported.path)
                        record(page, prompt, asked.record / f"{number + 1:03}.wav")
                return
            if asked.minutes:
                found = play(page, session, 60 * asked.minutes)
                print(*map(json.dumps, found), sep="\n")
                return
            print(f"{exported.bytes / 1e6:.2f} MB, {speed(page):.1f} times real time")


if __name__ == "__main__":
    main()
