"""Draw the page that plays a run for ever, for the README: `python -m docs.player RUN`.

Plays it in a real browser; needs the development packages.
"""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

import reverie
from tests.browser import close_browser, visit

PICTURE = Path(__file__).with_name("player.png")
SECONDS = 12.0


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = reverie.load(sys.argv[1]).export("html", Path(folder) / "player.html").path
        with visit(file, "light", 1000) as seen:
            page = seen.page
            while not page.evaluate("() => reverie.state.isOpen"):
                page.wait_for_timeout(200)
            page.get_by_role("button", name="Play").click()
            while page.evaluate("() => reverie.state.heard") < SECONDS:
                page.wait_for_timeout(200)
            shown = page.screenshot()
    close_browser()
    picture = Image.open(io.BytesIO(shown)).convert("RGB")
    picture.quantize(128, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
