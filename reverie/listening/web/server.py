"""The web app of a listening test.

Participants are told what they need and nothing else: tokens stand for everything, and no part of
a request ever reaches the file system; sounds are found by looking their tokens up.
"""

import json
from dataclasses import asdict
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from reverie.listening.export import as_csv, as_json
from reverie.listening.folder import ListeningTest, participant_name
from reverie.listening.heard import least_seconds
from reverie.listening.records import Answer, Refused
from reverie.listening.store import Store
from reverie.listening.web.bodies import Consent, Finish, Given, Ready, read
from reverie.listening.web.guard import SafeHeaders, byte_range, check_origin
from reverie.listening.web.texts import texts
from reverie.pages.page import render

_HERE = Path(__file__).parent
YEAR_SECONDS = 365 * 24 * 3600
SECONDS_TO_ANSWER = 4.0
"""About how long an answer takes after a clip, for the estimate on the first page."""


class ListeningApp:
    """The app of one test.

    Requests are answered one after another on one thread: each takes a millisecond or two, the
    database included, and handing it to another thread would take longer.

    Args:
        test: what is served.
        store: its database.
        base_url: what links begin with.
        peek: whether the organiser may see answers before the end.
        secure: whether cookies are for HTTPS alone.
    """

    def __init__(
        self,
        test: ListeningTest,
        store: Store,
        base_url: str,
        *,
        peek: bool = False,
        secure: bool = False,
    ) -> None:
        self.test, self.store, self.base_url = test, store, base_url
        self.peek, self.secure = peek, secure
        self._host = urlsplit(base_url).netloc
        # Cookies ignore ports: two tests on one machine need two names.
        self.cookie = f"reverie-{sha256(store.organiser.encode()).hexdigest()[:12]}"
        style = Markup((_HERE / "participant.css").read_text(encoding="utf-8"))
        self._page = render(
            _HERE / "participant.html",
            title=test.settings.title,
            rehearsal=store.rehearsal,
            own_style=style,
        ).encode()
        self._script = (_HERE / "participant.js").read_bytes()
        self._about = json.dumps(_about(test)).encode()
        self._sounds = frozenset(one.token for one in test.stimuli.stimuli)
        self._beeps = next(one.token for one in test.stimuli.stimuli if one.beeps == 5)

    def asgi(self) -> ASGIApp:
        """The app, for a server."""
        organiser = "/organiser/{secret}"
        app = Starlette(
            routes=[
                Route("/", self.page),
                Route("/app.js", self.script),
                Route("/about", self.about),
                Route("/join/{invitation}", self.join),
                Route("/state", self.state),
                Route("/sound/check", self.volume_check),
                Route("/sound/{token}", self.sound),
                Route("/consent", self.consent, methods=["POST"]),
                Route("/ready", self.ready, methods=["POST"]),
                Route("/answer", self.answer, methods=["POST"]),
                Route("/finish", self.finish, methods=["POST"]),
                Route(organiser, self.organiser),
                Route(organiser + "/end", self.end, methods=["POST"]),
                Route(organiser + "/answers.{kind}", self.export),
            ],
            exception_handlers={Refused: _refused},
        )
        return SafeHeaders(app)  # around everything, what goes wrong included

    def link(self, invitation: str) -> str:
        """The link of a participant."""
        return f"{self.base_url}/join/{invitation}"

    @property
    def organiser_link(self) -> str:
        """The link of the organiser."""
        return f"{self.base_url}/organiser/{self.store.organiser}"

    # Participants.

    async def page(self, _: Request) -> Response:
        """The one page that participants see."""
        return HTMLResponse(self._page)

    async def script(self, _: Request) -> Response:
        """What the page runs."""
        return Response(self._script, media_type="text/javascript")

    async def about(self, _: Request) -> Response:
        """What the page says of the test, the same for everyone."""
        return Response(self._about, media_type="application/json")

    async def join(self, request: Request) -> Response:
        """What an invitation's link opens."""
        cookie = self.store.admit(request.path_params["invitation"])
        response = RedirectResponse("/", 303)
        response.set_cookie(
            self.cookie,
            cookie,
            max_age=YEAR_SECONDS,
            httponly=True,
            samesite="lax",
            secure=self.secure,
        )
        return response

    async def state(self, request: Request) -> Response:
        """Where the participant is."""
        return JSONResponse(asdict(self.store.state(self._who(request))))

    async def sound(self, request: Request) -> Response:
        """A sound of the trial that the participant is at."""
        token = request.path_params["token"]
        stimulus = self.store.ask(self._who(request), token)
        response, whole = self._audio(request, stimulus)
        if whole:
            self.store.sent(token)
        return response

    async def volume_check(self, request: Request) -> Response:
        """Beeps as loud as the clips."""
        self._who(request)
        return self._audio(request, self._beeps)[0]

    async def consent(self, request: Request) -> Response:
        """Agree to take part."""
        given = await read(Consent, request, self._host)
        if given.language not in texts():
            raise Refused(422, "no such language")
        self.store.consent(self._who(request), given.language, _agent(request))
        return Response(status_code=204)

    async def ready(self, request: Request) -> Response:
        """Have set the volume."""
        await read(Ready, request, self._host)
        self.store.ready(self._who(request))
        return Response(status_code=204)

    async def answer(self, request: Request) -> Response:
        """Answer a trial; when this returns, the answer is on disk."""
        given = await read(Given, request, self._host)
        answer = Answer(given.answer, given.plays, given.heard_ms, given.answer_ms)
        self.store.answer(self._who(request), given.trial, answer, _agent(request))
        return Response(status_code=204)

    async def finish(self, request: Request) -> Response:
        """End one's part, with a comment."""
        given = await read(Finish, request, self._host)
        self.store.finish(self._who(request), given.comment)
        return Response(status_code=204)

    # The organiser.

    async def organiser(self, request: Request) -> Response:
        """Progress, links and, at the end, answers."""
        self._organiser(request)
        people = self.store.participants()
        ended = self.store.has_ended
        return HTMLResponse(
            render(
                _HERE / "organiser.html",
                title=self.test.settings.title,
                rehearsal=self.store.rehearsal,
                finished=sum(one.finished_at is not None for one in people),
                answered=sum(one.answered for one in people),
                trials=sum(one.trials for one in people),
                columns=[
                    ("Participant", "text"), ("Invitation", "text"), ("Answers", "number"),
                    ("", "text"),
                ],
                rows=[
                    [
                        participant_name(one.number),
                        Markup("<code>{}</code>").format(self.link(one.invitation)),
                        f"{one.answered} of {one.trials}",
                        "finished" if one.finished_at is not None
                        else "taking part" if one.consented_at is not None
                        else "opened" if one.opened_at is not None else "not opened",
                    ]
                    for one in people
                ],
                ended=ended,
                peek=self.peek,
                here=f"/organiser/{self.store.organiser}",
                comments=[
                    (participant_name(one.number), one.comment)
                    for one in people if (ended or self.peek) and one.comment
                ],
            )
        )  # fmt: skip

    async def end(self, request: Request) -> Response:
        """End the test."""
        check_origin(request.headers, self._host)
        self._organiser(request)
        self.store.end()
        return RedirectResponse(f"/organiser/{self.store.organiser}", 303)

    async def export(self, request: Request) -> Response:
        """All answers, once the test has ended."""
        self._organiser(request)
        if not (self.peek or self.store.has_ended):
            raise Refused(409, "the test has not ended")
        kinds = {"csv": (as_csv, "text/csv"), "json": (as_json, "application/json")}
        if request.path_params["kind"] not in kinds:
            raise Refused(404, "no such export")
        write, media_type = kinds[request.path_params["kind"]]
        return Response(write(self.test, self.store), media_type=media_type)

    def _organiser(self, request: Request) -> None:
        if not _same(request.path_params["secret"], self.store.organiser):
            raise Refused(404, "no such page")

    def _who(self, request: Request) -> int:
        return self.store.who(request.cookies.get(self.cookie))

    def _audio(self, request: Request, stimulus: str) -> tuple[Response, bool]:
        """The sound, or the part of it that is asked for, and whether that includes its end."""
        if stimulus not in self._sounds:
            raise Refused(404, "no such sound")
        content = (self.test.folder / "stimuli" / f"{stimulus}.wav").read_bytes()
        asked = byte_range(request.headers.get("range"), len(content))
        headers = {"Accept-Ranges": "bytes"}
        if asked is None:
            return Response(content, headers=headers, media_type="audio/wav"), True
        first, last = asked
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        part = Response(content[first : last + 1], 206, headers, media_type="audio/wav")
        return part, last == len(content) - 1


def _about(test: ListeningTest) -> dict[str, Any]:
    settings, seconds, order = test.settings, test.stimuli.seconds, test.orders[0]
    sounds = sum(len(trial.stimuli) for trial in order)
    minutes = (sounds * seconds + len(order) * SECONDS_TO_ANSWER) / 60
    return {
        "mode": settings.mode,
        "trials": len(order),
        "seconds": round(seconds, 1) if seconds % 1 else round(seconds),
        "minutes": max(1, round(minutes)),
        "beeps": settings.attention > 0,
        "break_every": settings.break_every,
        "least_ms": round(1000 * least_seconds(seconds)),
        "texts": texts(),
    }


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")[:300]


def _same(given: str, secret: str) -> bool:
    return compare_digest(given.encode(), secret.encode())


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse({"refused": str(error)}, error.status)
