"""Make text from people safe to show."""

from reverie.terminal import printable


def shown(text: str) -> str:
    """Escape every control character in `text` except line breaks.

    So neither escape sequences nor marks that change the text direction reach a terminal or a page.
    """
    return "\n".join(printable(line) for line in text.replace("\r\n", "\n").split("\n"))
