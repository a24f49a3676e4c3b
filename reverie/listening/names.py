"""What people wrote, as it may be shown."""

from reverie.terminal import printable


def shown(text: str) -> str:
    """`text` with its lines, and every other character that acts rather than is seen escaped.

    Escape sequences reach neither a terminal nor a page so, nor do marks that turn the direction
    of what stands around them.
    """
    return "\n".join(printable(line) for line in text.replace("\r\n", "\n").split("\n"))
