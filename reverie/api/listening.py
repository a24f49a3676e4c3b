"""Blind listening tests, as scripts hold them. They need no torch."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from reverie.api.keywords import PathLike, Settings, dotted, path_of, paths_of
from reverie.errors import ReverieError
from reverie.listening import folder as tests
from reverie.listening.balance import as_json, describe, shortcomings
from reverie.listening.outcome import Outcome, outcome
from reverie.listening.settings import ListeningSettings
from reverie.listening.web.serving import serve
from reverie.settings import build


class ListeningTest:
    """A blind listening test.

    Args:
        opened: the test in its folder.
        is_new: it was made just now.
    """

    def __init__(self, opened: tests.ListeningTest, *, is_new: bool = False) -> None:
        self.opened = opened
        self.is_new = is_new
        """Whether it was made just now."""

    @classmethod
    def open(cls, folder: PathLike) -> "ListeningTest":
        """Open a test that was made before.

        Raises:
            ReverieError: there is none, or it is damaged.
        """
        return cls(tests.ListeningTest.open(path_of(folder, "folder")))

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.opened.folder

    @property
    def shortcomings(self) -> list[str]:
        """What of its design falls short of its settings, a sentence each."""
        return list(shortcomings(self.opened))

    def describe(self) -> list[str]:
        """Lines that say what each participant hears, how balanced it is, and its power."""
        return list(describe(self.opened))

    def as_dict(self) -> dict[str, Any]:
        """The design, as plain values."""
        return as_json(self.opened)

    def serve(
        self,
        host: str = "127.0.0.1",
        port: int = 8080,
        url: str | None = None,
        *,
        peek: bool = False,
    ) -> None:
        """Serve it in the browser until Ctrl-C; links for all are printed.

        Args:
            host: whom to listen to; `0.0.0.0` for other machines.
            port: where to listen; 0 takes any.
            url: what links begin with, behind a proxy.
            peek: let the organiser see answers before the end.

        Raises:
            ReverieError: the address is taken or wrong.
        """
        serve(self.opened, host, port, url, peek=peek, announce=True)

    def results(self, *, peek: bool = False) -> Outcome:
        """Analyse the answers: scores with intervals, and what may be concluded from them.

        Args:
            peek: analyse a test that has not ended.

        Raises:
            ReverieError: it has not ended, or nobody has answered.
        """
        return outcome(self.opened, peek=peek)

    @staticmethod
    def back_up(folder: PathLike, out: PathLike | None = None) -> Path:
        """Copy all answers and links of a test, also while it is served, or damaged elsewhere.

        Args:
            folder: of the test.
            out: the copy; `TEST-TIME.sqlite` in the current folder if not given.

        Raises:
            ReverieError: something is there already, or the disk refuses.
        """
        test = path_of(folder, "folder")
        name = f"{test.resolve().name}-{datetime.now():%Y%m%d-%H%M%S}.sqlite"
        copy = path_of(out, "out") if out is not None else Path(name)
        tests.back_up_answers(test, copy)
        return copy


def listening_test(
    sources: PathLike | Sequence[PathLike],
    out: PathLike | None = None,
    settings: Settings | None = None,
    *,
    corpus: PathLike | None = None,
    progress: bool = False,
    **keywords: Any,
) -> ListeningTest:
    """Make a listening test, or open one.

    Args:
        sources: an experiment's folder; folders of audio, each a condition; or a test's folder,
            which is opened.
        out: the new test's folder; `listening` in the experiment, or `listening-test` in the
            current folder, if not given.
        settings: of `ListeningSettings`, by name.
        corpus: what hidden anchors are made from; the experiment's own if not given.
        progress: show it on stderr.
        **keywords: settings, such as `participants=10, clips=30`.

    Raises:
        ReverieError: a setting does not fit, the sources do not, or a test that was made before
            is given settings.
    """
    paths = paths_of(sources, "sources")
    chosen = dotted(ListeningSettings, settings, keywords, "listening_test")
    if len(paths) == 1 and tests.ListeningTest.is_one(paths[0]):
        if chosen or out is not None or corpus is not None:
            raise ReverieError(
                f"{paths[0]} was made before: its settings are fixed.",
                "Give it alone, or make another test.",
            )
        return ListeningTest(tests.ListeningTest.open(paths[0]))
    made = build(ListeningSettings, chosen, "listen")
    alone = len(paths) == 1 and (paths[0] / "experiment.json").is_file()
    folder = (
        path_of(out, "out")
        if out is not None
        else paths[0] / "listening"
        if alone
        else Path("listening-test")
    )
    anchors = path_of(corpus, "corpus") if corpus is not None else None
    opened = tests.ListeningTest.make(paths, folder, made, anchors, quiet=not progress)
    return ListeningTest(opened, is_new=True)
