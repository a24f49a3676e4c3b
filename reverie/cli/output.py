"""Results on the terminal."""


def tell(text: str) -> None:
    """Print `text` on stdout, whatever characters names in it hold."""
    print(text.encode("utf-8", "backslashreplace").decode("utf-8"))
