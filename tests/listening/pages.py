"""What people do on the participant's page."""

from playwright.sync_api import Page, expect


def hear(page: Page) -> None:
    """Play what there is to its end, by the keyboard."""
    for at in range(page.locator("[data-play]").count()):
        expect(page.locator("[data-play]").nth(at)).to_be_enabled()
        page.keyboard.press("Space")
        expect(page.locator(".sound").nth(at)).to_have_class("sound heard")
