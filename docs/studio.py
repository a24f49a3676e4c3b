"""Take the pictures of docs/studio/ from a studio that is open and has a run with clips:
python docs/studio.py http://127.0.0.1:8765 --corpus piano --run piano-codes

Every view in light and dark, and on a phone. They are looked at by people, and change a little
with the folder and the system's fonts: no test compares them.
"""

import argparse
import io
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

OUT = Path(__file__).with_name("studio")
DESKTOP, PHONE = (1280, 860), (390, 844)
COLOURS = 96
PATIENCE_MS = 180_000
SETTLED_MS = 4000


@dataclass(frozen=True)
class Scene:
    """What a picture shows."""

    name: str
    place: str
    """In the address of the page."""
    steps: str = ""
    """Selectors of what is clicked, with a bar between."""


def scenes(corpus: str, run: str, clips: str, report: str) -> list[Scene]:
    """One for each view."""
    add = " | ".join(f".rows-row[data-index='{index}'] .icon:first-child" for index in range(3))
    stretch = ".view .segments label:nth-of-type(2)"
    play = ".rows-row[data-index='1'] .icon.round"
    return [
        Scene("library", f"library?corpus={corpus}", play),
        Scene("train", f"train?run={run}", ".preview .icon.round"),
        Scene("make", f"make?run={run}", f"{stretch} | .stretch | {play}"),
        Scene("play", f"play?run={run}"),
        Scene(
            "listen",
            f"listen?folder={clips}",
            f"{add} | .lane:nth-child(2) .lane-choose | .stage .icon.big",
        ),
        Scene("experiments", f"experiments?report={report}" if report else "experiments"),
    ]


def take(page: Page, base: str, scene: Scene, path: Path) -> None:
    """Go to a scene, and keep its picture with few colours."""
    page.goto(f"{base}/#/{scene.place}")
    page.reload()
    page.wait_for_selector(".view h1")
    page.wait_for_timeout(SETTLED_MS)
    for step in filter(None, scene.steps.split(" | ")):
        if page.locator(step).count():
            page.locator(step).first.click(force=True)
            page.wait_for_timeout(SETTLED_MS // 3)
    page.evaluate("document.querySelectorAll('.toast').forEach((one) => one.remove())")
    page.mouse.move(5, 5)
    page.locator("main").evaluate("(view) => view.scrollTo(0, 0)")
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def main(arguments: list[str]) -> None:
    """Take them all, or those of the views that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--clips", default="")
    parser.add_argument("--report", default="")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--views", nargs="*")
    asked = parser.parse_args(arguments)
    flags = ["--no-sandbox", "--disable-gpu", "--mute-audio"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=asked.chromium, args=flags)
        for number, scene in enumerate(scenes(asked.corpus, asked.run, asked.clips, asked.report)):
            if asked.views and scene.name not in asked.views:
                continue
            for kind, scheme, size, language in (
                ("light", "light", DESKTOP, "en-GB"),
                ("dark", "dark", DESKTOP, "en-GB"),
                (
                    "phone",
                    ("light", "dark")[number % 2],
                    PHONE,
                    "zh-CN" if number == 2 else "en-GB",
                ),
            ):
                context = browser.new_context(
                    color_scheme=scheme,  # pyright: ignore[reportArgumentType]
                    viewport={"width": size[0], "height": size[1]},
                    locale=language,
                )
                page = context.new_page()
                page.set_default_timeout(PATIENCE_MS)
                take(page, asked.address, scene, asked.out / f"{scene.name}-{kind}.png")
                context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
