"""A test's results in its folder: the report, the figures, and every answer."""

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
    """What a test found, and all that is needed to write it down."""

    analysis: Analysis
    panel: Panel
    answers: str
    """Every single one, as CSV."""
    changed: str
    """Which sounds are not those that the test was made with; empty if all are."""

    def as_dict(self) -> dict[str, Any]:
        """All figures and conclusions, as plain values."""
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
    """Analyse a test; nothing is written.

    Args:
        test: which.
        peek: also if it has not ended.

    Raises:
        ReverieError: it has not ended, or nobody has answered.
    """
    with closing(test.answered()) as store:
        if not (peek or store.has_ended):
            people = store.participants()
            finished = sum(one.finished_at is not None for one in people)
            raise ReverieError(
                f"{test.folder} has not ended: {finished} of {len(people)} participants have "
                "finished.",
                "End it on the organiser's page, or give `peek=True`; to stop when results look "
                "right biases them.",
            )
        panel = test.panel(store)
        # The resamples are drawn alike each time, so that the same answers give the same page.
        found = analyse(panel, np.random.default_rng(test.settings.seed))
        sounds = test.sounds()
        sounds.check_all()
        return Outcome(found, panel, as_csv(test, store), sounds.report())
