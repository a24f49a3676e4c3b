"""The error that says why nothing in a folder can be used, and what to do."""

from collections.abc import Mapping
from pathlib import Path

from reverie.corpus.groups import grouped
from reverie.corpus.kinds import right_command, what_is
from reverie.corpus.manifest import LeftOut, Refusal
from reverie.corpus.summary import left_out_lines, refusal_lines, suffixes
from reverie.errors import ReverieError
from reverie.terminal import printable


class NothingUsable(ReverieError):  # noqa: N818
    """No recording of a folder can be used.

    Args:
        recordings: the folder, or its URL.
        refused: each file and its reason.
        left_out: files and folders that were not searched.
        ignored: the number of other files, by suffix.
    """

    def __init__(
        self,
        recordings: Path | str,
        refused: tuple[Refusal, ...],
        left_out: tuple[LeftOut, ...],
        ignored: Mapping[str, int],
    ) -> None:
        remedy = "Give a folder of recordings: MP3, WAV, FLAC, Ogg, Opus, M4A, AIFF."
        if refused:
            group = grouped((refusal.path, refusal.reason) for refusal in refused)[0]
            problem = (
                f"{recordings} holds nothing usable: {len(refused)} refused, "
                f"such as {printable(group.files[0][0])} ({group.files[0][1]})."
            )
            remedy = f"{group.setting}." if group.setting else remedy
        elif left_out:
            first = left_out[0]
            problem = (
                f"{recordings} is {first.what}, not a folder of recordings."
                if first.name == "."
                else f"{recordings} holds no recordings: {printable(first.name)} is left out "
                f"({first.what})."
            )
        elif ignored:
            problem = f"{recordings} holds no recordings by their names: {suffixes(ignored)}."
        else:
            problem = f"{recordings} holds no recordings."
        if not refused and isinstance(recordings, Path):
            place = what_is(recordings)
            if place.kind != "recordings":
                remedy = right_command(place) or remedy
            if place.kind == "checkpoint":
                problem = f"{recordings} is a checkpoint of Reverie, not a folder of recordings."
        super().__init__(problem, remedy)
        self.refused, self.left_out = refused, left_out
        self._recordings = recordings

    def lines(self) -> list[str]:
        """Return lines on what was refused and left out."""
        # The error itself says what the folder as a whole is.
        inside = [item for item in self.left_out if item.name != "."]
        return [*refusal_lines(self.refused), *left_out_lines(inside)]

    def after_lines(self) -> ReverieError:
        """Return what remains to be said once `lines` are printed: no reason comes twice."""
        if not self.refused:
            return self
        remedy = "No corpus was written."
        return ReverieError(f"{self._recordings} holds nothing usable.", remedy)
