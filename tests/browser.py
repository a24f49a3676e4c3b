"""A real browser: Debian's Chromium, driven by Playwright, that sees no network."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, Playwright, Request, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
]

PATIENCE_MS = 120_000
"""On a busy machine a browser can be slow; a test waits rather than fails."""


@dataclass
class Visit:
    """A page that was opened, and what it did besides being shown."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


def chromium() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "the page tests need a browser: sudo apt-get install chromium"
    return path


@cache
def _browser() -> tuple[Playwright, Browser]:
    """One browser for all tests of a process: starting one takes seconds."""
    playwright = sync_playwright().start()
    return playwright, playwright.chromium.launch(
        executable_path=chromium(), args=FLAGS, timeout=PATIENCE_MS
    )


def close_browser() -> None:
    """Close the browser, if one was opened."""
    if _browser.cache_info().currsize:
        playwright, browser = _browser()
        browser.close()
        playwright.stop()
        _browser.cache_clear()


@contextmanager
def browsing(
    base_url: str,
    scheme: Literal["light", "dark"] = "light",
    size: tuple[int, int] = (1000, 800),
    *,
    touch: bool = False,
    locale: str = "en-GB",
) -> Iterator[Page]:
    """A page of a browser of its own, for a server on this machine.

    What goes wrong on it fails the test when it is closed.
    """
    _, browser = _browser()
    wrong: list[str] = []
    with browser.new_context(
        base_url=base_url,
        color_scheme=scheme,
        viewport={"width": size[0], "height": size[1]},
        has_touch=touch,
        is_mobile=touch,
        locale=locale,
    ) as context:
        context.set_default_timeout(PATIENCE_MS)

        def watch(page: Page) -> None:
            page.on("pageerror", lambda error: wrong.append(error.stack or str(error)))

        context.on("page", watch)
        yield context.new_page()
    assert not wrong, wrong


@contextmanager
def visit(file: Path, scheme: Literal["light", "dark"], width: int) -> Iterator[Visit]:
    """Open `file` in a window of `width` pixels, in `scheme`, until it has loaded."""
    _, browser = _browser()
    with browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, offline=True
    ) as context:
        # The page's own policy forbids scripts; the test's need to run all the same.
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        seen = Visit(page)
        page.on("console", lambda message: seen.complaints.append(message.text))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))

        def note(request: Request) -> None:
            if not request.url.startswith("data:"):
                seen.requests.append(request.url)

        page.on("request", note)
        page.goto(file.resolve().as_uri())
        yield seen
