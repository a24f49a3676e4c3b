"""Read the participants' texts, in every language that has a file."""

from pathlib import Path

from reverie.web.texts import texts_in

_FOLDER = Path(__file__).with_name("texts")


def texts() -> dict[str, dict[str, str]]:
    """Return texts by language code, then by name."""
    return texts_in(_FOLDER)
