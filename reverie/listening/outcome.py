"""Analyse a test, and write its report, figures and answers into its folder."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reverie.errors import ReverieError
from reverie.listening.export import as_csv
from reverie.listening.folder import ListeningTest
from reverie.listening.panel import Panel
from reverie.listening.report import write_results
from reverie.listening.statistics.analysis import Analysis, analyse, as_json
from reverie.storage import write_text

ANSWERS = "answers.csv"


@dataclass(frozen=True)
class Outcome:
    """The results of a test, with everything needed to write them."""

    analysis: Analysis
    panel: Panel
    answers: str
    """All answers as CSV."""
    changed: str
    """Which sounds have changed since the test was made; empty for none."""

    def as_dict(self) -> dict[str, Any]:
        """Return all figures and conclusions as plain values."""
        return as_json(self.analysis)

    def write(self, folder: Path) -> Path:
        """Write `results.json`, `results.html` and `answers.csv` to `folder`.

        Returns:
            the page's path.

        Raises:
            ReverieError: the disk refuses.
        """
        try:
            page = write_results(self.analysis, self.panel, folder)
            write_text(folder / ANSWERS, self.answers)
        except (OSError, ReverieError) as error:
            raise ReverieError(
                f"the report cannot be written to {folder}: "
                f"{getattr(error, 'problem', error)}".rstrip(".")
                + ".",
                "Give a folder that can be written as `out`.",
            ) from error
        return page


def outcome(test: ListeningTest, *, peek: bool = False) -> Outcome:
    """Analyse a test without writing anything.

    Args:
        test: to analyse.
        peek: analyse it even if it has not ended.

    Raises:
        ReverieError: it has not ended, or nobody has answered.
    """
    with closing(test.answered()) as store:
        if not (peek or store.has_ended):
            people = store.participants()
            finished = sum(participant.finished_at is not None for participant in people)
            raise ReverieError(
                f"{test.folder} has not ended: {finished} of {len(people)} participants have "
                "finished.",
                "End it on the organiser's page, or give `peek=True`; stopping when results look "
                "right biases them.",
            )
        panel = test.panel(store)
        # A fixed seed makes the same answers give the same page.
        analysis = analyse(panel, np.random.default_rng(test.settings.seed))
        sounds = test.sounds()
        sounds.check_all()
        return Outcome(analysis, panel, as_csv(test, store), sounds.report())
