"""People take the test: by keyboard, by touch, with reloads, two tabs and a lost network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from reverie.corpus.corpus import Corpus
from reverie.listening.folder import ListeningTest
from reverie.listening.web.app import ListeningApp
from reverie.listening.web.texts import texts
from tests.browser import PATIENCE_MS, browsing
from tests.listening.making import make_test
from tests.listening.pages import hear
from tests.listening.serving import served

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def app(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ListeningApp]:
    test = make_test(tmp_path_factory.mktemp("taken"), corpus, participants=12, clips=1,
                     practice=1, anchors=0, repeats=0, break_every=5)  # fmt: skip
    with served(test) as served_app:
        yield served_app


@contextmanager
def participant(app: ListeningApp, **how: object) -> Iterator[tuple[Page, int, str]]:
    """A page at a fresh invitation; its participant's number, and its link."""
    fresh = next(one for one in app.store.participants() if one.opened_at is None)
    link = app.link(fresh.invitation)
    with browsing(app.base_url, **how) as page:  # pyright: ignore[reportArgumentType]
        page.goto(link)
        yield page, fresh.number, link


def title(page: Page, text: str) -> None:
    """Wait until the page is at the step of that heading."""
    expect(page.locator("h1")).to_have_text(text)


def to_first_trial(page: Page) -> None:
    title(page, "Welcome")
    page.keyboard.press("Enter")
    title(page, "Headphones and volume")
    page.keyboard.press("Enter")
    title(page, "Practice 1 of 1")


def answer_offline(page: Page, key: str) -> None:
    """Answer the first trial when the network has just gone."""
    to_first_trial(page)
    hear(page)
    page.context.set_offline(True)
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("There is no connection")


def kept(app: ListeningApp, number: int) -> list[int]:
    return [one.answer.answer for one in app.store.answers() if one.participant == number]


def test_by_keyboard_alone(app: ListeningApp) -> None:
    with participant(app) as (page, number, _):
        title(page, "Welcome")
        expect(page.locator(".notice")).to_contain_text("Rehearsal")
        page.keyboard.press("Enter")
        title(page, "Headphones and volume")
        expect(page.locator("[data-play]")).to_be_enabled()
        page.keyboard.press("Space")
        expect(page.locator(".sound")).to_have_class("sound heard")
        page.keyboard.press("Enter")
        title(page, "Practice 1 of 1")
        page.keyboard.press("3")
        expect(page.locator(":checked")).to_have_count(0)  # nothing before it was heard
        hear(page)
        page.keyboard.press("Enter")  # nothing chosen yet: it stays
        title(page, "Practice 1 of 1")
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        title(page, "Now the test begins")
        page.keyboard.press("Enter")
        for at in range(2):
            title(page, f"Clip {at + 1} of 2")
            hear(page)
            page.keyboard.press(str(at + 1))
            expect(page.locator(":checked")).to_have_value(str(at + 1))
            page.keyboard.press("Enter")
        title(page, "Almost done")
        page.locator("textarea").fill("<b>well</b>")
        page.locator("[data-primary]").click()
        title(page, "Thank you")
        assert kept(app, number) == [2, 1, 2]
        answers = [one for one in app.store.answers() if one.participant == number]
        assert all(one.answer.plays == 1 for one in answers)
        assert all(900 <= one.answer.heard_ms < 60_000 for one in answers)
        assert all("Chrom" in one.user_agent for one in answers)
        assert app.store.participants()[number - 1].comment == "<b>well</b>"


def test_by_touch_on_a_phone_in_the_dark(app: ListeningApp) -> None:
    with participant(app, scheme="dark", size=(360, 740), touch=True) as (page, number, _):
        title(page, "Welcome")
        page.get_by_role("button", name="I agree and take part").tap()
        title(page, "Headphones and volume")
        page.get_by_role("button", name="The volume is right").tap()
        for heading in ("Practice 1 of 1", "", "Clip 1 of 2", "Clip 2 of 2"):  # fmt: skip
            if not heading:
                title(page, "Now the test begins")
                page.get_by_role("button", name="Begin").tap()
                continue
            title(page, heading)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 360, "it must not scroll sideways"
            page.locator("[data-play]").tap()
            expect(page.locator(".sound")).to_have_class("sound heard")
            page.get_by_role("radio", name="5 Excellent").tap()
            page.get_by_role("button", name="Next").tap()
        title(page, "Almost done")
        page.get_by_role("button", name="Finish").tap()
        title(page, "Thank you")
        assert kept(app, number) == [5] * 3


def test_reload_back_and_second_tab(app: ListeningApp) -> None:
    with participant(app) as (page, number, link):
        to_first_trial(page)
        hear(page)
        page.reload()
        title(page, "Practice 1 of 1")
        hear(page)
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        title(page, "Now the test begins")
        page.keyboard.press("Enter")
        title(page, "Clip 1 of 2")
        page.go_back()
        page.goto(link)
        title(page, "Clip 1 of 2")
        other = page.context.new_page()
        other.goto(link)
        title(other, "Now the test begins")  # each tab is told once
        other.keyboard.press("Enter")
        title(other, "Clip 1 of 2")
        for one in (page, other):
            one.bring_to_front()
            hear(one)
        page.bring_to_front()
        page.keyboard.press("4")
        page.keyboard.press("Enter")
        title(page, "Clip 2 of 2")
        other.bring_to_front()
        other.keyboard.press("2")  # of a clip that has another answer by now
        other.keyboard.press("Enter")
        title(other, "Clip 2 of 2")
        assert kept(app, number) == [1, 4]


def test_ten_seconds_without_a_network(app: ListeningApp) -> None:
    with participant(app) as (page, number, _):
        answer_offline(page, "5")
        page.wait_for_timeout(10_000)
        assert kept(app, number) == []
        page.context.set_offline(False)
        title(page, "Now the test begins")
        expect(page.locator("#status")).to_have_text("")
        assert kept(app, number) == [5]


def test_an_answer_outlives_its_page(app: ListeningApp) -> None:
    with participant(app) as (page, number, link):
        answer_offline(page, "4")
        page.close()
        again = page.context.new_page()
        page.context.set_offline(False)
        again.goto(link)
        title(again, "Now the test begins")
        assert kept(app, number) == [4]


def test_in_chinese(app: ListeningApp) -> None:
    chinese = texts()["zh"]
    with participant(app, locale="zh-CN") as (page, _, _):
        title(page, chinese["welcome_title"])
        assert page.evaluate("document.documentElement.lang") == "zh"
        expect(page.locator(".notice")).to_have_text(chinese["rehearsal"])
        page.locator("select").select_option("en")
        title(page, "Welcome")
        page.locator("select").select_option("zh")
        page.get_by_text(chinese["agree"]).click()
        title(page, chinese["setup_title"])


def test_languages_say_the_same_things() -> None:
    known = texts()
    assert {"en", "zh"} <= known.keys()
    for code, own in known.items():
        assert own.keys() == known["en"].keys(), code
        for name, text in own.items():
            assert text.strip()
            for placeholder in ("{number}", "{count}", "{trials}", "{seconds}", "{minutes}"):
                assert (placeholder in text) == (placeholder in known["en"][name]), (code, name)


def test_what_a_screen_reader_is_told(app: ListeningApp) -> None:
    with participant(app) as (page, _, _):
        to_first_trial(page)
        hear(page)
        expect(page.get_by_role("heading", level=1)).to_be_focused()
        group = page.get_by_role("group", name="How good does it sound, as music?")
        expect(group.get_by_role("radio")).to_have_count(5)
        expect(group.get_by_role("radio", name="5 Excellent")).to_be_enabled()
        expect(page.get_by_role("button", name="Play")).to_be_visible()
        expect(page.get_by_role("button", name="Next")).to_be_disabled()
        expect(page.get_by_role("status")).to_be_attached()


def test_the_organiser_ends_it_with_a_click(corpus: Corpus, tmp_path: Path) -> None:
    test = make_test(tmp_path, corpus, participants=1)
    with served(test) as app, browsing(app.base_url) as page:
        page.goto(app.organiser_link)
        page.get_by_role("button", name="End the test now").click()
        expect(page.get_by_text("The test has ended.")).to_be_visible()
        assert app.store.ended_at is not None


def test_what_a_proxy_says_is_no_answer(app: ListeningApp) -> None:
    with participant(app) as (page, number, _):
        to_first_trial(page)
        hear(page)
        told: list[str] = []

        def refuse(route: Route) -> None:
            told.append(route.request.url)
            if len(told) < 4:
                kinds = [(404, "<p>not found</p>"), (429, "slow down"), (200, "<p>log in</p>")]
                status, body = kinds[len(told) - 1]
                route.fulfill(status=status, body=body, content_type="text/html")
            else:
                route.continue_()

        page.route("**/answer", refuse)
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        title(page, "Now the test begins")
        assert len(told) == 4
        assert kept(app, number) == [2]


def test_strangers_are_told_what_to_do(app: ListeningApp) -> None:
    with browsing(app.base_url) as page:
        page.goto("/")
        title(page, "Open your invitation")


def test_preferences(corpus: Corpus, tmp_path: Path) -> None:
    test: ListeningTest = make_test(
        tmp_path, corpus, mode="preference", participants=1, clips=2, practice=0, attention=1,
        repeats=0,
    )  # fmt: skip
    with served(test) as app, participant(app) as (page, number, _):
        title(page, "Welcome")
        page.keyboard.press("Enter")
        title(page, "Headphones and volume")
        page.keyboard.press("Enter")
        for at, key in enumerate("aba"):
            title(page, f"Pair {at + 1} of 3")
            hear(page)
            page.keyboard.press(key)
            page.keyboard.press("Enter")
        title(page, "Almost done")
        assert kept(app, number) == [0, 1, 0]
        assert len(test.panel(app.store).preferences) == 3
