"""Whether a recording that was decoded is whole, and if not, why, in a musician's words."""

from pathlib import Path

from reverie.audio.source import Source


def damage(path: Path, source: Source) -> str | None:
    """What is wrong with a recording after all its blocks were taken; None if it is whole.

    Args:
        path: the file.
        source: after its last block.
    """
    if source.faults:
        first = source.faults[0]
        return f"damaged at {first.seconds:.1f} s ({first.message})"
    return None
