"""Objective evaluation, as scripts hold it: clips beside held-out music, by numbers."""

import html
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from reverie.api.clip import Clip
from reverie.api.corpus import Corpus, as_corpus
from reverie.api.fetched import clips_here
from reverie.api.keywords import PathLike, place_of
from reverie.audio.channels import from_public
from reverie.corpus.corpus import Corpus as PreparedCorpus
from reverie.errors import ReverieError
from reverie.evaluation.evaluate import evaluate as measure
from reverie.evaluation.figures import Evaluation as Figures
from reverie.evaluation.parts import cut_into_parts
from reverie.evaluation.reports.page import as_json, write_evaluation
from reverie.evaluation.reports.tables import distance_rows, figure_rows
from reverie.evaluation.reports.verdicts import verdict
from reverie.evaluation.selftest.planted_copies import check_copying, copying_table
from reverie.evaluation.selftest.sensitivity import check_damage, damage_table
from reverie.evaluation.settings import EvaluationSettings
from reverie.evaluation.systems import LONGEST_SECONDS, System, read_systems, system_of_waves
from reverie.remote.folders import folder_to
from reverie.remote.places import naming_urls
from reverie.remote.urls import url_name
from reverie.settings import build

Clips = Sequence[Clip] | PathLike | Sequence[PathLike]


class Table:
    """Rows under headings; aligned text when printed, a table in a notebook.

    Args:
        headings: of the columns.
        rows: cells of each row.
    """

    def __init__(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.headings, self.rows = tuple(headings), [tuple(row) for row in rows]

    def __str__(self) -> str:
        lines = [self.headings, *self.rows]
        widths = [max(len(line[at]) for line in lines) for at in range(len(self.headings))]
        text = [
            "  ".join(
                [line[0].ljust(widths[0])]
                + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
            ).rstrip()
            for line in lines
        ]
        return "\n".join([text[0], "-" * len(text[0]), *text[1:]])

    __repr__ = __str__

    def as_html(self) -> str:
        """Return it as an HTML table."""

        def row(cells: Sequence[str], kind: str) -> str:
            return "".join(f"<{kind}>{html.escape(cell)}</{kind}>" for cell in cells)

        body = "".join(f"<tr>{row(cells, 'td')}</tr>" for cells in self.rows)
        head = row(self.headings, "th")
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    _repr_html_ = as_html


class Evaluation:
    """What was measured of sets of clips.

    Args:
        figures: all of them.
        systems: the clips, for their sound.
        corpus: what they were compared with.
    """

    def __init__(self, figures: Figures, systems: Sequence[System], corpus: PreparedCorpus) -> None:
        self.figures = figures
        """Everything, set by set and clip by clip."""
        self._systems, self._corpus = systems, corpus

    def verdicts(self) -> dict[str, str]:
        """Say what the figures of each set come to, in a sentence."""
        return {system.name: verdict(system, self.figures).line for system in self.figures.systems}

    def lines(self) -> list[str]:
        """Verdicts, clips that could not be judged, and what was not measured, line by line."""
        said: list[str] = []
        for system in self.figures.systems:
            judged = verdict(system, self.figures)
            said.append(f"{system.name}: {judged.line}")
            said += [f"- {detail}" for detail in judged.details[:1]]
            said += [f"- {clip.name} cannot be judged: {clip.reason}" for clip in system.broken]
        for what, how in self.figures.missing.items():
            said.append(f"Not measured: {what}. To measure it: {how}")
        return said

    def doubts(self) -> list[str]:
        """Why the provenance beside some clips is not used, line by line."""
        said: list[str] = []
        for system in self._systems:
            if system.doubts:
                first, *others = system.doubts
                more = f" ({len(others)} more beside its other clips)" if others else ""
                said.append(f"{system.name}: not used: {first.rstrip('.')}{more}.")
        return said

    def table(self, *, intervals: bool = False) -> Table:
        """Distances and measures, a column for each set and for each reference.

        Args:
            intervals: show the interval in which each figure would fall with other clips.
        """
        shown = [*self.figures.systems, *self.figures.references]
        rows = [
            *distance_rows(shown, self.figures, intervals=intervals),
            *figure_rows(shown, intervals=intervals),
        ]
        return Table(["", *(system.name for system in shown)], rows)

    def as_dict(self) -> dict[str, Any]:
        """Everything, as plain values."""
        return as_json(self.figures)

    def write(self, folder: PathLike) -> Path:
        """Write a page with players, and all figures as JSON.

        Args:
            folder: where they go; or its URL.

        Returns:
            where the page is; at an URL, its copy on this machine.

        Raises:
            ReverieError: the disk refuses.
        """
        target = place_of(folder, "folder")
        if isinstance(target, Path):
            return write_evaluation(self.figures, self._systems, self._corpus, target)
        with naming_urls(), folder_to(target) as here:
            return write_evaluation(self.figures, self._systems, self._corpus, here)

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {line}" for name, line in self.verdicts().items())

    def _repr_html_(self) -> str:
        return self.table().as_html()


def evaluate(
    systems: Mapping[str, Clips] | Clips,
    corpus: Corpus | PathLike,
    *,
    seed: int = 0,
    part_seconds: float | None = None,
    copying: bool = True,
    progress: bool = False,
) -> Evaluation:
    """Judge sets of clips by number: are they ok, how near to music, are they copies?

    Args:
        systems: by name: clips, a folder of audio files of any origin or its URL, or several files.
            One set may come without a name: it is called `clips`, or as its folder.
        corpus: what they are to resemble; they are compared with its held-out recordings.
        seed: decides the noise that is compared with, and the draws of the intervals.
        part_seconds: judge each part of so long by itself, to see whether long clips drift; None
            judges clips whole, the first two minutes of each.
        copying: search the training recordings for the clips.
        progress: show it on stderr.

    Raises:
        ReverieError: there is nothing to judge, or too little held-out music.
    """
    settings = build(EvaluationSettings, {"seed": seed, "part_seconds": part_seconds}, "evaluate")
    opened = as_corpus(corpus).opened
    if not isinstance(systems, Mapping):
        is_folder = isinstance(systems, str | os.PathLike)
        systems = {_name(systems) if is_folder else "clips": systems}
    if not systems:
        raise ReverieError("there is nothing to judge.", "Give clips, or folders of them.")
    longest = LONGEST_SECONDS if settings.part_seconds is None else math.inf
    read = [_system(name, clips, opened, longest) for name, clips in systems.items()]
    if settings.part_seconds is not None:
        parts = [cut_into_parts(one, settings.part_seconds, opened.rate_hz) for one in read]
        read = [part for of_one in parts for part in of_one]
    figures = measure(read, opened, settings.seed, copying=copying, quiet=not progress)
    return Evaluation(figures, read, opened)


def self_test(which: str, corpus: Corpus | PathLike, *, progress: bool = False) -> list[str]:
    """Test the measures themselves: lines of a table, in Markdown.

    Args:
        which: `copying` plants copies and counts how many are found; `damage` damages real music
            and shows which measure tells.
        corpus: whose music.
        progress: show it on stderr.

    Raises:
        ReverieError: there is no such test, or too little held-out music.
    """
    opened = as_corpus(corpus).opened
    match which:
        case "copying":
            return copying_table(check_copying(opened, quiet=not progress))
        case "damage":
            return damage_table(check_damage(opened, quiet=not progress)[0])
        case _:
            raise ReverieError(f"there is no self-test {which!r}.", "Known: copying, damage.")


def _name(folder: PathLike) -> str:
    given = place_of(folder, "systems")
    return url_name(given) if isinstance(given, str) else given.resolve().name


def _system(name: str, clips: Clips, corpus: PreparedCorpus, longest_seconds: float) -> System:
    """Clips in memory as they are; files by their paths.

    Raises:
        ReverieError: a file is missing, or a folder holds no audio.
    """
    if not isinstance(cast(object, name), str):
        raise ReverieError(f"systems has the name {name!r}.", "Name each set of clips by a text.")
    if isinstance(clips, str | os.PathLike):
        return read_systems([clips_here(clips)], corpus, [name], longest_seconds)[0]
    if not isinstance(cast(object, clips), Sequence):
        raise ReverieError(
            f"systems: {name} is of the kind {type(clips).__name__}.",
            "Give clips, a folder of them, or several files; `run.generate()` makes clips.",
        )
    if not clips:
        raise ReverieError(f"systems: {name} has no clips.", "Give clips, or folders of them.")
    held = [clip if isinstance(clip, Clip) else Clip.open(clip) for clip in clips]
    waves = [(f"{at:03d}", from_public(clip.samples), clip.rate_hz, clip.provenance)
             for at, clip in enumerate(held, 1)]  # fmt: skip
    return system_of_waves(name, waves, corpus, longest_seconds)
