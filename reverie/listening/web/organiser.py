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
        finished=sum(participant.finished_at is not None for participant in people),
        answered=sum(participant.answered for participant in people),
        trials=sum(participant.trials for participant in people),
        columns=_COLUMNS,
        rows=[
            [
                participant_name(participant.number),
                Markup("<code>{}</code>").format(links[participant.number]),
                f"{participant.answered} of {participant.trials}",
                "finished" if participant.finished_at is not None
                else "taking part" if participant.consented_at is not None
                else "opened" if participant.opened_at is not None else "not opened",
            ]
            for participant in people
        ],
        ended=ended,
        peek=peek,
        fault=shown(fault),
        here=f"/organiser/{store.organiser}",
        comments=[
            (participant_name(participant.number), shown(participant.comment))
            for participant in people if (ended or peek) and participant.comment
        ],
    )  # fmt: skip
