"""Draw the pages of a listening test for docs/listening.md: `python -m docs.listening`.

Takes a rehearsal of three made-up conditions in a real browser; needs the development packages.
"""

import io
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from reverie.listening.folder import ListeningTest
from reverie.listening.report import write_results
from reverie.listening.statistics.analysis import analyse
from reverie.listening.web.app import ListeningApp
from tests.browser import browsing, close_browser
from tests.listening.making import make_test
from tests.listening.pages import hear
from tests.listening.panels import rated, simulated_scores
from tests.listening.serving import served

FOLDER = Path(__file__).with_name("listening")
Scheme = Literal["light", "dark"]


def keep(page: Page, name: str) -> None:
    """A picture of the whole page, in few colours; of a test of pairs, only the pair's."""
    if name.endswith("-pairs"):
        if name != "pair-pairs":
            return
        name = "pair-light"
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    FOLDER.mkdir(exist_ok=True)
    picture.quantize(128, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)


def take(app: ListeningApp, number: int, scheme: Scheme, size: tuple[int, int], mark: str) -> None:
    """Take the test from its invitation to its end, with a picture of every page."""
    with browsing(app.base_url, scheme, size) as page:
        page.goto(app.link(app.store.participants()[number].invitation))
        for heading, name in (("Welcome", "welcome"), ("Headphones and volume", "volume")):
            expect(page.locator("h1")).to_have_text(heading)
            keep(page, f"{name}-{mark}")
            page.keyboard.press("Enter")
            expect(page.locator("h1")).not_to_have_text(heading)
        drawn: set[str] = set()
        while True:
            expect(page.locator("h1")).to_be_focused()
            heading = page.locator("h1").inner_text()
            kind = heading.split()[0]
            name = {"Practice": "practice", "Clip": "trial", "Pair": "pair", "Now": "begin",
                    "Time": "pause", "Almost": "comment", "Thank": "thanks"}[kind]  # fmt: skip
            if kind in {"Practice", "Clip", "Pair"}:
                hear(page)
                for key in "4b":  # one answers ratings, the other pairs
                    page.keyboard.press(key)
            if name not in drawn:
                keep(page, f"{name}-{mark}")
                drawn.add(name)
            if kind == "Thank":
                return
            page.locator("[data-primary]").click()
            expect(page.locator("h1")).not_to_have_text(heading)


def draw_report(scheme: Scheme, folder: Path) -> None:
    """The results of a simulated panel."""
    scores = simulated_scores(np.random.default_rng(5), 10, 10, [2.0, 3.0, 3.4])
    panel = rated(scores, anchors=True)
    page_file = write_results(analyse(panel, np.random.default_rng(0)), panel, folder)
    with browsing("http://127.0.0.1", scheme, (1000, 800)) as page:
        page.goto(page_file.as_uri())
        keep(page, f"results-{scheme}")


def made(folder: Path, **changes: object) -> ListeningTest:
    """A short rehearsal."""
    return make_test(folder, None, title="New piano music", clips=3, practice=1, attention=0,
                     repeats=0, break_every=2, **changes)  # fmt: skip


def main() -> None:
    """Draw them all."""
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        stack.callback(close_browser)
        app = stack.enter_context(served(made(folder / "rating", participants=4)))
        take(app, 0, "light", (1000, 800), "light")
        take(app, 1, "dark", (1000, 800), "dark")
        take(app, 2, "light", (390, 780), "phone")
        for scheme in ("light", "dark"):
            with browsing(app.base_url, scheme) as page:
                page.goto(app.organiser_link)
                keep(page, f"organiser-{scheme}")
                page.context.clear_cookies()
                page.goto(app.base_url)
                expect(page.locator("h1")).to_have_text("Open your invitation")
                keep(page, f"stranger-{scheme}")
            draw_report(scheme, folder / "results")
        pairs = made(folder / "pairs", participants=2, mode="preference")
        other = stack.enter_context(served(pairs))
        take(other, 0, "light", (1000, 800), "pairs")
        other.store.end()
        with browsing(other.base_url, "light") as page:
            page.goto(other.link(other.store.participants()[1].invitation))
            expect(page.locator("h1")).to_have_text("The test has ended")
            keep(page, "ended-light")


if __name__ == "__main__":
    main()
