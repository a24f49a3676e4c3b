"""What of a file counts as sent."""

from starlette.requests import Request
from starlette.types import Message, Scope

from reverie.web.ranges import PIECE_BYTES, Ranged
from tests.loop import run

FILE = bytes(range(256)) * (PIECE_BYTES // 256) * 2 + b"the end"


def test_who_takes_the_last_byte_and_goes_away_has_it_noted() -> None:
    noted: list[tuple[int, int]] = []
    got, gone = bytearray(), False

    async def receive() -> Message:
        return {"type": "http.disconnect"} if gone else {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        nonlocal gone
        got.extend(message.get("body", b""))
        if len(got) == len(FILE):  # all of it is there: it may answer, and hang up
            assert noted == [(0, len(FILE))]
            gone = True

    scope: Scope = {"type": "http", "method": "GET", "headers": []}
    response = Ranged(Request(scope), FILE, "audio/wav", lambda *sent: noted.append(sent))
    run(response(scope, receive, send))
    assert (bytes(got), noted) == (FILE, [(0, len(FILE))])
