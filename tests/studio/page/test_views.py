"""The page in a browser, as a person uses it: every view, both schemes, a phone, a keyboard."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import PATIENCE_MS, browsing
from tests.studio.page.axe import serious_findings

expect.set_options(timeout=PATIENCE_MS)

VIEWS = ("library", "train", "make", "play", "listen", "experiments")
PHONE = (390, 844)


@contextmanager
def at(base: str, place: str, **how: object) -> Iterator[Page]:
    """A browser at a place of the page, when its view is shown."""
    with browsing(base, **how) as page:  # pyright: ignore[reportArgumentType]
        page.goto(f"/#/{place}")
        expect(page.locator(".view h1")).to_be_visible()
        yield page


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(studio: str, view: str, scheme: str) -> None:
    with at(studio, view, scheme=scheme) as page:
        expect(page.locator(".rail [aria-current=page]")).to_have_attribute("data-view", view)
        assert serious_findings(page) == []


@pytest.mark.parametrize(
    "place",
    ["library?recordings=tunes", "library?corpus=tunes-corpus", "train?run=tunes-codes"],
)
def test_axe_finds_nothing_serious_in_details(studio: str, place: str) -> None:
    with at(studio, place, size=PHONE) as page:
        expect(page.locator(".wave").nth(1)).to_be_attached()
        assert serious_findings(page) == []


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_a_phone_shows_every_view_without_scrolling_sideways(studio: str, language: str) -> None:
    with at(studio, "library", size=PHONE, touch=True, locale=language) as page:
        for view in VIEWS:
            page.locator(f".rail [data-view={view}]").click()
            expect(page.locator(f".view[data-view={view}] h1")).to_be_visible()
            wide = page.evaluate(
                "[...document.querySelectorAll('.view, main, body')]"
                ".some((one) => one.scrollWidth > innerWidth + 1)"
            )
            assert not wide, view


def test_a_reload_shows_the_same(studio: str) -> None:
    with at(studio, "library") as page:
        page.get_by_role("link", name="tunes-corpus").click()
        expect(page.locator("h1")).to_have_text("tunes-corpus")
        expect(page.locator(".rows-row").first).to_be_visible()
        page.reload()
        expect(page.locator("h1")).to_have_text("tunes-corpus")
        page.go_back()
        expect(page.locator("h1")).to_have_text("Library")


def test_the_language_is_the_browsers_and_can_be_changed(studio: str) -> None:
    with at(studio, "library", locale="zh-CN") as page:
        expect(page.locator("h1")).to_have_text("资料库")
        assert page.evaluate("document.documentElement.lang") == "zh-Hans"
        page.get_by_role("button", name="English").click()
        expect(page.locator("h1")).to_have_text("Library")
        page.reload()
        expect(page.locator("h1")).to_have_text("Library")


def test_the_scheme_can_be_changed_and_stays(studio: str) -> None:
    with at(studio, "library") as page:
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        page.get_by_role("button", name="Dark page").click()
        dark = page.evaluate(ground)
        assert dark != light
        page.reload()
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate(ground) == dark


FRAMES = """() => {
  const ask = window.requestAnimationFrame.bind(window);
  window.counts = { asked: 0, frames: 0 };
  window.requestAnimationFrame = (draw) => {
    window.counts.asked += 1;
    return ask(draw);
  };
  const count = () => {
    window.counts.frames += 1;
    ask(count);
  };
  count();
}"""
"""Counts the frames that there are, and the calls that were asked for before one."""


def test_what_plays_goes_on_through_every_view(studio: str) -> None:
    with at(studio, "library?recordings=tunes") as page:
        page.evaluate(FRAMES)
        page.locator(".rows-row .icon.round").first.click()
        name = page.locator(".player .name")
        expect(page.locator(".player .icon.big")).to_have_attribute("aria-label", "Pause")
        title = name.inner_text()
        for view in VIEWS:
            page.locator(f".rail [data-view={view}]").click()
            expect(page.locator(f".view[data-view={view}] h1")).to_be_visible()
            assert name.inner_text() == title
        counts = page.evaluate("window.counts")
        # The player asks for one frame after another, however long it plays; a list for some.
        assert counts["asked"] <= 1.5 * counts["frames"] + 20
        page.locator("h1").focus()
        page.keyboard.press("Space")
        expect(page.locator(".player .icon.big")).to_have_attribute("aria-label", "Play")


def test_recordings_that_are_unticked_are_left_out_of_the_command(studio: str) -> None:
    with at(studio, "library?recordings=tunes") as page:
        first = page.locator(".rows-row").first
        name = first.locator(".title").inner_text()
        first.locator("input[type=checkbox]").uncheck()
        line = page.locator(".line code")
        expect(line).to_contain_text(f"--leave-out '{name}'")
        page.reload()
        expect(page.locator(".rows-row input[type=checkbox]").first).not_to_be_checked()
        expect(page.locator(".line code")).to_contain_text(f"--leave-out '{name}'")
        page.locator(".rows-row input[type=checkbox]").first.check()
        expect(page.locator(".line code")).not_to_contain_text("--leave-out")


def test_a_list_that_comes_late_takes_no_choice_back(studio: str) -> None:
    with at(studio, "library?recordings=tunes") as page:
        boxes = page.locator(".rows-row input[type=checkbox]")
        line = page.locator(".line code")
        late: list[Route] = []
        expect(boxes.first).to_be_visible()

        def hold(route: Route) -> None:
            late.append(route)

        page.route("**/api/recordings*", hold)
        boxes.nth(0).uncheck()
        while not late:  # the page looks again, since something has changed
            page.wait_for_timeout(20)
        answer = late[0].fetch()
        boxes.nth(1).uncheck()
        late[0].fulfill(response=answer)
        page.unroute("**/api/recordings*", hold)
        page.wait_for_timeout(200)
        expect(line).to_have_text(re.compile("--leave-out.*--leave-out"))
        for other in late[1:]:
            other.continue_()
        for box in (0, 1):
            boxes.nth(box).check()
        expect(line).not_to_contain_text("--leave-out")
        page.reload()
        expect(boxes.first).to_be_checked()


def many_clips(page: Page, total: int) -> None:
    """Let the server have so many clips, with names that would be markup."""

    def answer(route: Route) -> None:
        query = dict(parse_qsl(urlsplit(route.request.url).query))
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 200))
        clips = [
            {"path": f"run/clips/<img src=x onerror=alert(1)>{number:05}.wav", "seconds": 3.0,
             "seed": number, "checkpoint": "<b>best</b>", "run": "<i>run", "star": False,
             "note": "<script>alert(1)</script>", "bin": "", "settings": {}, "health": None,
             "copy": None}
            for number in range(offset, min(total, offset + limit))
        ]  # fmt: skip
        route.fulfill(json={"total": total, "offset": offset, "clips": clips})

    page.route("**/api/clips?*", answer)
    page.route("**/api/peaks?*", lambda route: route.fulfill(json={"peaks": [], "seconds": 3}))


def test_of_5000_clips_only_those_that_show_are_on_the_page(studio: str) -> None:
    with browsing(studio) as page:
        many_clips(page, 5000)
        page.goto("/#/listen")
        expect(page.locator(".rows-row").first).to_be_visible()
        assert page.locator(".rows-row").count() < 40
        expect(page.locator(".rows-row").first).to_have_attribute("aria-setsize", "5000")
        page.locator(".rows").evaluate("(list) => list.scrollTo(0, list.scrollHeight)")
        expect(page.locator(".rows-row[aria-posinset='5000']")).to_be_visible()
        assert page.locator(".rows-row").count() < 40


def test_names_tags_and_notes_are_text_and_no_markup(studio: str) -> None:
    with browsing(studio) as page:
        many_clips(page, 3)
        page.goto("/#/listen")
        row = page.locator(".rows-row").first
        expect(row.locator(".title")).to_have_text("<i>run <img src=x onerror=alert(1)>00000")
        expect(row.locator(".sub")).to_contain_text("<script>alert(1)</script>")
        assert row.locator("img, script, i, b").count() == 0


def test_clips_are_compared_with_the_keyboard(studio: str) -> None:
    with at(studio, "listen") as page:
        rows = page.locator(".rows-row")
        for index in range(3):
            rows.nth(index).get_by_role("button", name="Add to the comparison").click()
        lanes = page.locator(".lane")
        expect(lanes).to_have_count(3)
        play = page.locator(".stage .icon.big")
        expect(play).to_be_enabled()
        page.locator("h1").focus()
        page.keyboard.press("Space")
        expect(play).to_have_attribute("aria-label", "Pause")
        page.keyboard.press("2")
        expect(lanes.nth(1)).to_have_class("lane is-chosen")
        page.keyboard.press("3")
        expect(lanes.nth(2)).to_have_class("lane is-chosen")
        assert serious_findings(page) == []
        page.reload()
        expect(lanes).to_have_count(3)


def test_settings_are_shown_before_they_are_taken(studio: str) -> None:
    with at(studio, "listen") as page:
        page.locator(".rows-row").first.get_by_role("button", name="About").click()
        page.get_by_role("button", name="Use these settings").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("In Make now")
        assert serious_findings(page) == []
        dialog.get_by_role("button", name="Use them").click()
        expect(page.locator("h1")).to_have_text("Make")


def test_the_command_line_follows_the_form(studio: str) -> None:
    with at(studio, "make?run=tunes-codes") as page:
        line = page.locator(".line code").first
        expect(line).to_contain_text("reverie generate tunes-codes")
        page.get_by_role("slider", name="How many").fill("7")
        # The first clips come soon: one, then two, then the other four.
        for count in (1, 2, 4):
            expect(line).to_contain_text(f"--count {count}")
        page.get_by_role("radio", name="Nothing").check()
        expect(line).to_contain_text("--prompt nothing")
        page.reload()
        expect(page.locator(".line code").first).to_contain_text("--count 4")


def test_a_prompt_is_dragged_on_a_waveform(studio: str) -> None:
    with at(studio, "make?run=tunes-codes") as page:
        page.get_by_role("radio", name="A stretch").check()
        stretch = page.locator(".stretch")
        expect(stretch.locator("div").first).to_be_attached()
        line = page.locator(".line code").first
        expect(line).to_contain_text("--prompt-at")
        before = line.inner_text()
        box = stretch.bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 30)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 30, steps=4)
        page.mouse.up()
        expect(line).not_to_have_text(before)


def test_nothing_is_asked_of_another_server(studio: str) -> None:
    with browsing(studio) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto("/")
        for view in VIEWS:
            page.locator(f".rail [data-view={view}]").click()
            expect(page.locator(f".view[data-view={view}] h1")).to_be_visible()
        elsewhere = [url for url in asked if not url.startswith((studio, "data:", "blob:"))]
        assert not elsewhere, json.dumps(elsewhere)


def test_an_empty_folder_asks_for_recordings(empty_studio: str) -> None:
    with at(empty_studio, "library") as page:
        expect(page.get_by_role("heading", name="Drop a folder of recordings here")).to_be_visible()
        assert serious_findings(page) == []
        for view in ("train", "make"):
            page.locator(f".rail [data-view={view}]").click()
            expect(page.locator(".view .empty .button.main")).to_be_visible()
