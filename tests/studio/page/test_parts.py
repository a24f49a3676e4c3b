"""Parts of the page that compute: loudness, chance, and clips that are switched."""

import math

import pytest
from playwright.sync_api import Page, expect

from tests.browser import PATIENCE_MS, browsing

expect.set_options(timeout=PATIENCE_MS)

SINE = """async ([rate, frequency, peak, seconds, silent, channels]) => {
    const { loudnessOf } = await import("/static/js/views/listen/loudness.js");
    const buffer = new AudioBuffer({
        length: (seconds + silent) * rate, sampleRate: rate, numberOfChannels: channels,
    });
    const samples = buffer.getChannelData(0);
    for (let n = 0; n < seconds * rate; n += 1) {
        samples[n] = peak * Math.sin(2 * Math.PI * frequency * n / rate);
    }
    return loudnessOf(buffer);
}"""


def at_studio(page: Page) -> Page:
    page.goto("/")
    expect(page.locator("h1")).to_be_visible()
    return page


@pytest.mark.parametrize(
    ("peak", "silent", "channels", "lufs"),
    [(1.0, 0, 2, -3.01), (0.1, 0, 2, -23.01), (0.1, 6, 2, -23.01), (0.1, 0, 1, -20.0)],
)
def test_loudness_is_that_of_the_standard(
    studio: str, peak: float, silent: int, channels: int, lufs: float
) -> None:
    """A sine of 997 Hz at full scale on one side has -3.01 LUFS; silence does not count.

    A mono sound is heard on both sides.
    """
    with browsing(studio) as page:
        told = at_studio(page).evaluate(SINE, [48000, 997, peak, 3, silent, channels])
        # The blocks at the edge of a rest are partly silent.
        assert told == pytest.approx(lufs, abs=0.02 if not silent else 0.6)


def test_silence_has_no_loudness(studio: str) -> None:
    with browsing(studio) as page:
        assert at_studio(page).evaluate(
            f"async () => await ({SINE})([48000, 997, 0, 1, 0, 1]) < -70"
        )


def test_the_chance_of_guessing_is_binomial(studio: str) -> None:
    with browsing(studio) as page:
        told = at_studio(page).evaluate(
            "async () => (await import('/static/js/views/listen/abx.js')).byChance(7, 8)"
        )
        assert told == pytest.approx((math.comb(8, 7) + 1) / 2**8)


def test_x_is_told_from_a_and_b_by_ear_alone(studio: str) -> None:
    with browsing(studio) as page:
        page.goto("/#/listen?mode=abx")
        rows = page.locator(".rows-row")
        for index in range(2):
            rows.nth(index).get_by_role("button", name="Add to the comparison").click()
        expect(page.get_by_role("button", name="X is A")).to_be_visible()
        expect(page.locator(".stage .icon.big")).to_be_enabled()
        page.locator("h1").focus()
        for key, name in (("1", "A"), ("2", "B"), ("3", "X")):
            page.keyboard.press(key)
            expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute(
                "aria-pressed", "true"
            )
        page.get_by_role("button", name="X is A").click()
        expect(page.locator(".stage [role=status]")).to_contain_text("of 1.")


def test_blind_clips_have_no_names(studio: str) -> None:
    with browsing(studio) as page:
        page.goto("/#/listen")
        rows = page.locator(".rows-row")
        for index in range(2):
            rows.nth(index).get_by_role("button", name="Add to the comparison").click()
        lanes = page.locator(".lane")
        expect(lanes.first).to_contain_text("tunes-codes")
        page.get_by_text("Blind", exact=True).click()
        expect(lanes.first).to_contain_text("Clip 1")
        expect(lanes.first).not_to_contain_text("tunes-codes")


def test_jobs_that_end_or_fail_are_told(studio: str) -> None:
    with browsing(studio) as page:
        at_studio(page)
        page.evaluate(
            """async () => {
                const { command } = await import("/static/js/core/api.js");
                const { began } = await import("/static/js/components/jobs.js");
                began(await command("inspect", "tunes-corpus"));
            }"""
        )
        page.get_by_role("button", name="Show all jobs").click()
        job = page.locator(".job").first
        expect(job.locator(".badge")).to_have_text("done")
        job.get_by_role("button", name="Output").click()
        expect(job.locator(".line code")).to_have_text("reverie inspect tunes-corpus")
        page.keyboard.press("Escape")
        expect(page.locator("#all-jobs")).to_be_hidden()
