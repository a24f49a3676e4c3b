"""A test's results in its folder: the report, the figures, and every answer."""

from contextlib import closing
from pathlib import Path

import numpy as np

from reverie.errors import ReverieError
from reverie.listening.analysis import Analysis, analyse
from reverie.listening.export import as_csv
from reverie.listening.folder import ListeningTest
from reverie.listening.report import write_results
from reverie.storage import write_text

ANSWERS = "answers.csv"


def write_all(test: ListeningTest, folder: Path, *, peek: bool = False) -> tuple[Analysis, Path]:
    """Analyse a test and write `results.json`, `results.html` and `answers.csv` to `folder`.

    Args:
        test: which.
        folder: where to.
        peek: also if it has not ended.

    Returns:
        what was found, and the page's path.

    Raises:
        ReverieError: it has not ended, nobody has answered, or the disk refuses.
    """
    with closing(test.store()) as store:
        if not (peek or store.has_ended):
            people = store.participants()
            finished = sum(one.finished_at is not None for one in people)
            raise ReverieError(
                f"{test.folder} has not ended: {finished} of {len(people)} participants have "
                "finished.",
                "End it on the organiser's page, or add --peek; to stop when results look right "
                "biases them.",
            )
        panel = test.panel(store)
        # The resamples are drawn alike each time, so that the same answers give the same page.
        found = analyse(panel, np.random.default_rng(test.settings.rng_seed))
        page = write_results(found, panel, folder)
        write_text(folder / ANSWERS, as_csv(test, store))
    return found, page
