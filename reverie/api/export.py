"""Runs that leave, as scripts see them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.corpus.listing import tree_bytes


@dataclass(frozen=True)
class Exported:
    """What was exported."""

    path: Path
    """The file or folder."""
    to: str
    """Which kind it is."""
    prompts: int | None
    """From how many held-out prompts it may begin; None of a folder, which has none."""

    @property
    def bytes(self) -> int:
        """Its size, with all that is in it."""
        return tree_bytes(self.path) if self.path.is_dir() else self.path.stat().st_size

    def lines(self) -> list[str]:
        """Say where it is and how large it is, line by line."""
        said = [f"{self.path}  {self.bytes / 1e6:.1f} MB"]
        if self.prompts == 0:
            said.append(
                "It begins from nothing: no prompts were asked for, or its corpus was not found."
            )
        return said

    def as_dict(self) -> dict[str, Any]:
        """Path, kind and size, as plain values."""
        return {"path": str(self.path), "to": self.to, "bytes": self.bytes, "prompts": self.prompts}
