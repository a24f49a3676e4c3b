"""From an empty folder to a listening test, as a person does it, while jobs really run."""

import io
import json
import re
import zipfile
from pathlib import Path

import soundfile
from playwright.sync_api import Page, expect

from tests.api.making import SMALL_CODES
from tests.browser import PATIENCE_MS, browsing
from tests.listening.pages import hear
from tests.music import write_recordings

# Jobs really run, on a machine that may be busy.
expect.set_options(timeout=4 * PATIENCE_MS)

ENDLESS = {**SMALL_CODES, "training.epochs": 100_000, "training.preview_every_epochs": 2}


def bring_in(page: Page, files: list[Path]) -> None:
    """Choose files, and name the folder that they go to."""
    page.locator("input[type=file][multiple]:not([webkitdirectory])").first.set_input_files(files)
    page.get_by_role("textbox", name="Name of the folder").fill("tunes")
    page.get_by_role("button", name="Bring them in").click()
    expect(page.locator("h1")).to_have_text("tunes")
    expect(page.locator(".rows-row")).to_have_count(len(files))


def prepare(page: Page) -> None:
    """Leave one recording out, and prepare the others."""
    page.locator(".rows-row input[type=checkbox]").first.uncheck()
    expect(page.locator(".line code")).to_contain_text("--leave-out")
    page.get_by_role("combobox", name="Rate").select_option("8000")
    page.get_by_role("button", name="Prepare", exact=True).click()
    expect(page.locator("h1")).to_have_text("tunes-corpus")
    expect(page.locator(".rows-row")).to_have_count(5)


def train(page: Page) -> None:
    """Train, reload in the middle, stop, go on, and stop again."""
    settings = {
        name: json.dumps(value) if isinstance(value, list) else value
        for name, value in ENDLESS.items()
    }
    page.evaluate(
        "(settings) => localStorage.setItem('draft-train', JSON.stringify({settings}))", settings
    )
    page.get_by_role("link", name="Train on it").click()
    start = page.get_by_role("button", name="Start training")
    expect(page.locator(".line code").first).to_contain_text("--set model.hidden=12")
    start.click()
    state = page.locator(".view-head .badge")
    expect(page.locator(".chart polyline.b")).to_be_attached()
    expect(state).to_have_text("training")
    page.reload()
    expect(page.locator(".chart polyline.b")).to_be_attached()
    stop = page.get_by_role("button", name="Stop and keep")
    stop.click()
    expect(state).to_have_text("stopped")
    page.get_by_role("button", name="Continue").click()
    expect(state).to_have_text("training")
    stop.click()
    expect(state).to_have_text("stopped")
    expect(page.locator(".preview").first).to_be_visible()


def make(page: Page) -> None:
    """Make clips from a dragged prompt while another sound plays on."""
    page.locator(".preview .icon.round").first.click()
    page.get_by_role("button", name="Repeat").click()
    pause = page.locator(".player .icon.big[aria-label=Pause]")
    expect(pause).to_be_visible()
    name = page.locator(".player .name").inner_text()
    page.get_by_role("link", name="Make music").click()
    page.get_by_role("radio", name="A stretch").check()
    expect(page.locator(".line code").first).to_contain_text("--prompt-at")
    box = page.locator(".stretch").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 30, steps=3)
    page.mouse.up()
    page.get_by_role("slider", name="Length of each").fill("0")
    page.get_by_role("slider", name="How many").fill("2")
    page.get_by_role("button", name="Make", exact=True).click()
    expect(page.locator(".rows-row")).to_have_count(2)
    assert page.locator(".player .name").inner_text() == name
    expect(pause).to_be_visible()


def take_away(page: Page) -> None:
    """Star a clip, save it as FLAC in a zip, and look into it with another program."""
    row = page.locator(".rows-row").first
    row.get_by_role("button", name="Star").click()
    expect(row.get_by_role("button", name="Take the star off")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Take the star off")).to_have_count(1)
    page.locator(".rows-row").first.get_by_role("button", name="About").click()
    page.get_by_role("dialog").get_by_role("button", name="Take away").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Format").select_option("flac")
    dialog.get_by_text("As one ZIP").click()
    dialog.get_by_role("button", name="Save").click()
    link = page.get_by_role("dialog").get_by_role("link", name="Download")
    with page.expect_download() as download:
        link.click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith(".flac"))
        content = archive.read(name)
    assert soundfile.read(io.BytesIO(content))[0].size  # pyright: ignore[reportArgumentType]
    assert b"AI" in content[: content.index(b"\xff\xf8")]  # among the comments, before any frame
    page.get_by_role("dialog").get_by_role("button", name="Close").click()


def listen(page: Page) -> None:
    """Compare the clips, and make a listening test of them, and take it."""
    page.locator(".rail [data-view=listen]").click()
    expect(page.locator(".rows-row")).to_have_count(2)
    for index in range(2):
        page.locator(".rows-row").nth(index).get_by_role(
            "button", name="Add to the comparison"
        ).click()
    expect(page.locator(".lane")).to_have_count(2)
    page.get_by_text("A real listening test").click()
    page.get_by_role("button", name="Make a listening test of these").click()
    page.get_by_role("dialog").get_by_role("button", name="Make a listening test").click()
    link = page.locator("dialog .links a").first
    with page.context.expect_page() as opened:
        link.click()
    take_part(opened.value)


def take_part(page: Page) -> None:
    """Take the listening test to its end, by the keyboard."""
    heading = page.locator("h1")
    expect(heading).to_have_text("Welcome")
    page.keyboard.press("Enter")
    expect(heading).to_have_text("Headphones and volume")
    page.keyboard.press("Enter")
    expect(heading).to_have_text(re.compile("^Clip 1 of"))
    count = int(heading.inner_text().split()[-1])
    for at in range(1, count + 1):
        expect(heading).to_have_text(f"Clip {at} of {count}")
        hear(page)
        page.keyboard.press(str(1 + at))
        page.keyboard.press("Enter")
    expect(heading).to_have_text("Almost done")
    page.locator("[data-primary]").click()
    expect(heading).to_have_text("Thank you")
    page.close()


def test_from_an_empty_folder_to_a_listening_test(empty_studio: str, tmp_path: Path) -> None:
    write_recordings(tmp_path / "brought", 6, 6.0, 8000)
    with browsing(empty_studio, size=(1280, 900)) as page:
        page.goto("/")
        bring_in(page, sorted((tmp_path / "brought").iterdir()))
        prepare(page)
        train(page)
        make(page)
        take_away(page)
        listen(page)
        page.get_by_role("button", name="Close").first.click()
        page.get_by_role("button", name="Show all jobs").click()
        for stop in page.locator("#all-jobs").get_by_role("button", name="Stop").all():
            stop.click()
        expect(page.locator("#all-jobs").get_by_role("button", name="Stop")).to_have_count(0)
