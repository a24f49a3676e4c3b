"""Export all answers of a test for other programs."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

from reverie.listening.folder import ListeningTest, participant_name
from reverie.listening.names import shown
from reverie.listening.store.reader import Reader

REHEARSAL = "rehearsal: not people's ratings"
PEOPLE = "people"

COLUMNS = (
    "participant", "position", "kind", "condition", "clip", "condition_b", "clip_b", "answer",
    "expected", "plays", "heard_ms", "answer_ms", "given_at", "user_agent", "data",
)  # fmt: skip


def rows(test: ListeningTest, store: Reader) -> list[dict[str, Any]]:
    """Return a row for each answer; `data` says whether it is a person's."""
    by_token = {stimulus.token: stimulus for stimulus in test.stimuli.stimuli}
    data = REHEARSAL if store.rehearsal else PEOPLE
    result: list[dict[str, Any]] = []
    for answer in store.answers():
        heard = [by_token[token] for token in answer.stimuli]
        second = heard[1] if len(heard) > 1 else None
        result.append(
            {
                "participant": participant_name(answer.participant),
                "position": answer.position + 1,
                "kind": answer.kind,
                "condition": heard[0].condition,
                "clip": heard[0].name,
                "condition_b": None if second is None else second.condition,
                "clip_b": None if second is None else second.name,
                "answer": answer.answer.answer,
                "expected": answer.expected,
                "plays": answer.answer.plays,
                "heard_ms": answer.answer.heard_ms,
                "answer_ms": answer.answer.answer_ms,
                "given_at": datetime.fromtimestamp(answer.given_at, UTC).isoformat(),
                "user_agent": shown(answer.user_agent),
                "data": data,
            }
        )
    return result


def as_csv(test: ListeningTest, store: Reader) -> str:
    """Return answers as CSV; cells that a spreadsheet would take for formulas are quoted."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows(test, store):
        writer.writerow([_harmless(row[name]) for name in COLUMNS])
    return text.getvalue()


def as_json(test: ListeningTest, store: Reader) -> str:
    """Return answers and comments as JSON."""
    told = {
        "title": test.settings.title,
        "mode": test.settings.mode,
        "data": REHEARSAL if store.rehearsal else PEOPLE,
        "rehearsal": store.rehearsal,
        "participants": [
            {
                "participant": participant_name(participant.number),
                "language": shown(participant.language or "") or None,
                "finished": participant.finished_at is not None,
                "comment": shown(participant.comment or "") or None,
            }
            for participant in store.participants()
        ],
        "answers": rows(test, store),
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value
