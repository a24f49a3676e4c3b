"""Sounds that are not what the test was made with are never played in their place."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from typer.testing import CliRunner

from reverie.cli.app import app as command
from reverie.listening.folder import ListeningTest
from reverie.listening.sounds import SoundChanged
from tests.browser import PATIENCE_MS, browsing
from tests.listening.making import answer_all, make_test
from tests.listening.serving import Client, served


@pytest.fixture
def made(tmp_path: Path) -> ListeningTest:
    return make_test(tmp_path, None, participants=1, anchors=0)


def file_of(test: ListeningTest, token: str) -> Path:
    return test.folder / "stimuli" / f"{token}.wav"


def flip(path: Path) -> None:
    """Change one bit and set all times back that can be set."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replace_by_link(path: Path) -> None:
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved").name)


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a bit": flip,
    "cut short": lambda path: os.truncate(path, 1000),
    "empty": lambda path: os.truncate(path, 0),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0\0"),
    "gone": lambda path: path.unlink(),
    "another": lambda path: shutil.copyfile(
        next(one for one in path.parent.iterdir() if one != path), path
    ),
    "a pipe": replace_by_pipe,
    "a link": replace_by_link,
    "a folder": replace_by_folder,
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_sound_is_read_as_it_was_or_not_at_all(made: ListeningTest, how: str) -> None:
    sounds, token = made.sounds(), made.stimuli.stimuli[2].token
    whole = sounds.read(token)
    assert sounds.check_all() == {}
    DAMAGE[how](file_of(made, token))
    with pytest.raises(SoundChanged):
        sounds.read(token)
    assert list(sounds.check_all()) == list(made.sounds().check_all()) == [token]
    assert f"1 of {len(made.stimuli.stimuli)} sounds" in sounds.report()
    assert token in sounds.report()
    path = file_of(made, token)
    path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
    path.write_bytes(whole)
    assert sounds.read(token) == whole
    assert sounds.check_all() == {}


@pytest.mark.parametrize("how", ["a bit", "gone"])
def test_everyone_is_told_and_goes_on_when_it_is_mended(
    made: ListeningTest, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = file_of(made, made.orders[0][0].stimuli[0].token)
    whole = first.read_bytes()
    with served(made) as app, browsing(app.base_url) as page:
        page.goto(app.link(app.store.participants()[0].invitation))
        expect(page.locator("h1")).to_have_text("Welcome", timeout=PATIENCE_MS)
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Headphones and volume", timeout=PATIENCE_MS)
        DAMAGE[how](first)
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("A clip is missing", timeout=PATIENCE_MS)
        organiser = Client(app.base_url).ask(f"/organiser/{app.store.organiser}").body.decode()
        assert "Sounds were changed" in organiser
        assert first.name in organiser
        first.write_bytes(whole)
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("h1")).to_have_text("Practice 1 of 2", timeout=PATIENCE_MS)
        expect(page.locator("[data-play]")).to_be_enabled(timeout=PATIENCE_MS)
        organiser = Client(app.base_url).ask(f"/organiser/{app.store.organiser}").body.decode()
        assert "Sounds were changed" not in organiser
    (line,) = capsys.readouterr().err.splitlines()
    assert first.name in line


def test_serving_and_results_say_so(made: ListeningTest) -> None:
    answer_all(made, {})
    flip(file_of(made, made.stimuli.stimuli[0].token))
    served_so = CliRunner().invoke(command, ["listen", "serve", str(made.folder), "--port", "0"])
    assert served_so.exit_code == 2
    assert "sounds are not those that the test was made with" in served_so.output
    results = CliRunner().invoke(command, ["listen", "results", str(made.folder)])
    assert results.exit_code == 0
    assert "sounds are not those that the test was made with" in results.stderr
    assert "The report:" in results.stdout
