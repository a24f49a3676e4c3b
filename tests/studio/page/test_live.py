"""What the server tells by itself reaches every page of a browser by one stream."""

from pathlib import Path

from playwright.sync_api import Page, Request, expect

from tests.browser import PATIENCE_MS, browsing
from tests.music import write_recordings
from tests.studio.serving import Page as Served
from tests.studio.serving import served

expect.set_options(timeout=PATIENCE_MS)

PAGES = 8
"""More than the connections that a browser opens to one server."""


def test_many_pages_share_one_stream_of_events(tmp_path: Path) -> None:
    streams: list[Page] = []

    def note(request: Request) -> None:
        if request.url.endswith("/api/events"):
            streams.append(request.frame.page)

    with served(tmp_path / "home") as studio, browsing(f"http://127.0.0.1:{studio.port}") as page:
        page.context.on("request", note)
        pages = [page, *(page.context.new_page() for _ in range(PAGES - 1))]
        for one in pages:
            one.goto("/#/library")
            expect(one.locator(".view h1")).to_be_visible()
        write_recordings(tmp_path / "home" / "first", 1, 3.0, 8000)
        for one in pages:
            expect(one.get_by_text("first", exact=True).first).to_be_visible()
        assert len(streams) == 1
        streams[0].close()
        # Another page goes on with it.
        write_recordings(tmp_path / "home" / "second", 1, 3.0, 8000)
        for one in pages:
            if one is not streams[0]:
                expect(one.get_by_text("second", exact=True).first).to_be_visible()
        assert len(streams) == 2


def test_a_copy_is_searched_for(studio: str) -> None:
    page = Served(int(studio.rpartition(":")[2]))
    clips = next(row for row in page.get("/api/library")["clip_folders"] if "codes" in row["path"])[
        "path"
    ]
    clip = page.get("/api/clips", folder=clips)["clips"][0]["path"]
    told = page.get("/api/copy", path=clip)
    assert told["corpus"] == "tunes-corpus"
    assert 0 <= told["percentile"] <= 100
    assert isinstance(told["flagged"], bool)
