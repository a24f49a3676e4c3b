"""What participants read, in every language there is a file for."""

from pathlib import Path

from reverie.web.texts import texts_in

_FOLDER = Path(__file__).with_name("texts")


def texts() -> dict[str, dict[str, str]]:
    """Every text by its name, by the language's code."""
    return texts_in(_FOLDER)
