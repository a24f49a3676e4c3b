"""Make the organiser's page: progress, links and, at the end, answers."""

from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from reverie.listening.folder import ListeningTest, participant_name
from reverie.listening.names import shown
from reverie.listening.store.reader import Reader
from reverie.pages.page import render

_TEMPLATE = Path(__file__).with_name("organiser.html")
_COLUMNS = (("Participant", "text"), ("Invitation", "text"), ("Answers", "number"), ("", "text"))


def organiser_page(
    test: ListeningTest, store: Reader, links: Mapping[int, str], *, peek: bool, fault: str
) -> str:
    """Return the page as HTML.

    Args:
        test: to show.
        store: reads the test's database.
        links: of every participant, by number.
        peek: show answers before the end.
        fault: the fault of the test's sounds; empty for none.
    """
    people = store.participants()
    ended = store.has_ended
    return render(
        _TEMPLATE,
        title=test.settings.title,
        rehearsal=store.rehearsal,
        finished=sum(one.finished_at is not None for one in people),
        answered=sum(one.answered for one in people),
        trials=sum(one.trials for one in people),
        columns=_COLUMNS,
        rows=[
            [
                participant_name(one.number),
                Markup("<code>{}</code>").format(links[one.number]),
                f"{one.answered} of {one.trials}",
                "finished" if one.finished_at is not None
                else "taking part" if one.consented_at is not None
                else "opened" if one.opened_at is not None else "not opened",
            ]
            for one in people
        ],
        ended=ended,
        peek=peek,
        fault=shown(fault),
        here=f"/organiser/{store.organiser}",
        comments=[
            (participant_name(one.number), shown(one.comment))
            for one in people if (ended or peek) and one.comment
        ],
    )  # fmt: skip
