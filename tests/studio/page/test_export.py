"""Models that leave the studio, and trainings that begin with one."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser import PATIENCE_MS, browsing

expect.set_options(timeout=PATIENCE_MS)


def test_a_run_becomes_a_page_that_plays_it(
    studio: str, studio_folder: Path, tmp_path: Path
) -> None:
    with browsing(studio) as page:
        page.goto("/#/train?run=tunes-codes")
        page.get_by_role("button", name="Export").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Credits").fill("<b>Clara</b>, CC BY 4.0")
        dialog.get_by_role("button", name="Export").click()
        expect(page.get_by_role("heading", name="Saved")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download").click()
        download.value.save_as(tmp_path / "player.html")
    (written,) = (studio_folder / "exported").iterdir()
    assert written.name.startswith("tunes-codes-2")
    assert written.read_bytes() == (tmp_path / "player.html").read_bytes()
    assert "&lt;b&gt;Clara&lt;/b&gt;, CC BY 4.0" in written.read_text(encoding="utf-8")


def test_a_training_begins_with_another(studio: str) -> None:
    with browsing(studio) as page:
        page.goto("/#/train?corpus=tunes-corpus")
        line = page.locator(".line code").first
        expect(line).to_contain_text("--recipe codes --out tunes-corpus-codes")
        model = page.get_by_label("Begin with")
        model.select_option("tunes-codes")
        expect(line).to_have_text(
            "reverie train tunes-corpus --from tunes-codes --out tunes-corpus-tunes-codes"
        )
        expect(page.locator("fieldset.fieldset").first).to_be_hidden()
        # What it would take is measured with that model.
        expect(page.locator(".estimate p").first).to_be_visible()
        expect(page.locator(".estimate .is-bad")).to_have_count(0)
        model.select_option("")
        expect(line).to_contain_text("--recipe codes")


def test_an_estimate_that_nobody_waits_for_is_given_up(studio: str) -> None:
    with browsing(studio) as page:
        with page.expect_request("**/api/estimate"):
            page.goto("/#/train?corpus=tunes-corpus")
        with page.expect_event("requestfailed", lambda asked: asked.url.endswith("/api/estimate")):
            page.locator(".rail [data-view=library]").click()
        expect(page.locator("h1")).to_have_text("Library")
