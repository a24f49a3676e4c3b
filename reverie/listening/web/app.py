"""The web app of a listening test.

Participants receive only what they need: tokens stand for everything else. No part of a request
reaches the file system, because sounds are looked up by their tokens.
"""

import asyncio
import json
import sqlite3
from dataclasses import asdict
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from reverie.listening.export import as_csv, as_json
from reverie.listening.folder import ListeningTest
from reverie.listening.names import shown
from reverie.listening.sounds import SoundChanged
from reverie.listening.store.records import Answer
from reverie.listening.store.writer import Store
from reverie.listening.web.bodies import Consent, Finish, Given, Ready
from reverie.listening.web.deliveries import Deliveries
from reverie.listening.web.organiser import organiser_page
from reverie.listening.web.overview import overview
from reverie.listening.web.texts import texts
from reverie.pages.page import render
from reverie.web.bodies import check_origin, read_json
from reverie.web.clients import ClientLog
from reverie.web.guard import Guard, answer_refused
from reverie.web.hosts import Hosts
from reverie.web.ranges import Ranged
from reverie.web.refused import Refused

_HERE = Path(__file__).parent
YEAR_SECONDS = 365 * 24 * 3600
_MISDIRECTED = "This is not the address of the test. Open the link as it was given to you."
QUIET_SECONDS = 1.0
"""Delay after a write until the database is merged into its main file."""


class ListeningApp:
    """The app of one test.

    One thread answers all requests in turn: each takes a millisecond or two with the database, and
    switching threads would take longer.

    Args:
        test: to serve.
        store: its database.
        base_url: the beginning of links.
        hosts: the names of the server.
        log: reports clients that misbehave.
        peek: show the organiser answers before the end.
        secure: restrict cookies to HTTPS.
    """

    def __init__(
        self,
        test: ListeningTest,
        store: Store,
        base_url: str,
        hosts: Hosts,
        log: ClientLog,
        *,
        peek: bool = False,
        secure: bool = False,
    ) -> None:
        self.test, self.store, self.base_url = test, store, base_url
        self.peek, self.secure = peek, secure
        self._hosts, self._log = hosts, log
        self._sounds, self._deliveries = test.sounds(), Deliveries()
        self._settling: asyncio.TimerHandle | None = None
        # Cookies ignore ports, so two tests on one machine need different names.
        self.cookie = f"reverie-{sha256(store.organiser.encode()).hexdigest()[:12]}"
        style = Markup((_HERE / "participant.css").read_text(encoding="utf-8"))
        self._page = render(
            _HERE / "participant.html",
            title=test.settings.title,
            rehearsal=store.rehearsal,
            own_style=style,
        ).encode()
        self._script = (_HERE / "participant.js").read_bytes()
        self._about = json.dumps(overview(test)).encode()
        self._beeps = next(
            stimulus.token for stimulus in test.stimuli.stimuli if stimulus.beeps == 5
        )

    def asgi(self) -> ASGIApp:
        """Return the app for a server."""
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
                Route(organiser + "/", self.organiser),
                Route(organiser + "/end", self.end, methods=["POST"]),
                Route(organiser + "/answers.{kind}", self.export),
            ],
            exception_handlers={
                Refused: answer_refused, sqlite3.Error: self._unkept, SoundChanged: self._changed,
            },
        )  # fmt: skip
        # A redirect of a path with a trailing slash would repeat the path and its secrets.
        app.router.redirect_slashes = False
        return Guard(
            app,
            self._hosts,
            self._log,
            misdirected=_MISDIRECTED,
            remedy="if it is this server's, give it as url",
        )

    def link(self, invitation: str) -> str:
        """Return the link of a participant."""
        return f"{self.base_url}/join/{invitation}"

    @property
    def organiser_link(self) -> str:
        """The link of the organiser."""
        return f"{self.base_url}/organiser/{self.store.organiser}"

    # Participants.

    async def page(self, _: Request) -> Response:
        """Send the participants' page."""
        return HTMLResponse(self._page)

    async def script(self, _: Request) -> Response:
        """Send the page's script."""
        return Response(self._script, media_type="text/javascript")

    async def about(self, _: Request) -> Response:
        """Send the description of the test, which is the same for everyone."""
        return Response(self._about, media_type="application/json")

    async def join(self, request: Request) -> Response:
        """Open an invitation's link."""
        if request.method == "HEAD":
            raise Refused(405, "open it")
        cookie = self.store.admit(request.path_params["invitation"])
        self._written()
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
        """Send the participant's progress."""
        return JSONResponse(asdict(self.store.state(self._who(request))))

    async def sound(self, request: Request) -> Response:
        """Send a sound of the participant's current trial."""
        token = request.path_params["token"]
        content = self._sounds.read(self.store.stimulus(self._who(request), token))

        def sent(first: int, end: int) -> None:
            at = self.store.now()
            if self._deliveries.add(token, first, end, len(content)):
                self.store.sent(token, at)
                self._written()

        return Ranged(request, content, "audio/wav", sent)

    async def volume_check(self, request: Request) -> Response:
        """Send beeps as loud as the clips."""
        self._who(request)
        return Ranged(request, self._sounds.read(self._beeps), "audio/wav")

    async def consent(self, request: Request) -> Response:
        """Record that the participant agrees to take part."""
        body = await read_json(Consent, request, self._hosts)
        if body.language not in texts():
            raise Refused(422, "no such language")
        self.store.consent(self._who(request), body.language, _agent(request))
        self._written()
        return Response(status_code=204)

    async def ready(self, request: Request) -> Response:
        """Record that the participant has set the volume."""
        await read_json(Ready, request, self._hosts)
        self.store.ready(self._who(request))
        self._written()
        return Response(status_code=204)

    async def answer(self, request: Request) -> Response:
        """Store an answer to a trial; when this returns, it is on the disk."""
        body = await read_json(Given, request, self._hosts)
        answer = Answer(body.answer, body.plays, body.heard_ms, body.answer_ms)
        self.store.answer(self._who(request), body.trial, answer, _agent(request))
        self._written()
        return Response(status_code=204)

    async def finish(self, request: Request) -> Response:
        """Record that the participant has finished, with a comment."""
        body = await read_json(Finish, request, self._hosts)
        self.store.finish(self._who(request), body.comment)
        self._written()
        return Response(status_code=204)

    # The organiser.

    async def organiser(self, request: Request) -> Response:
        """Send the organiser's page: progress, links and, at the end, answers."""
        self._organiser(request)
        self._sounds.check_all()
        links = {
            participant.number: self.link(participant.invitation)
            for participant in self.store.participants()
        }
        page = organiser_page(
            self.test, self.store, links, peek=self.peek, fault=self._sounds.report()
        )
        return HTMLResponse(page)

    async def end(self, request: Request) -> Response:
        """End the test."""
        check_origin(request.headers, self._hosts)
        self._organiser(request)
        self.store.end()
        self._written()
        return RedirectResponse(".", 303)  # a relative redirect reveals no secret

    async def export(self, request: Request) -> Response:
        """Send all answers, once the test has ended."""
        self._organiser(request)
        if not (self.peek or self.store.has_ended):
            raise Refused(409, "the test has not ended")
        kinds = {"csv": (as_csv, "text/csv"), "json": (as_json, "application/json")}
        if request.path_params["kind"] not in kinds:
            raise Refused(404, "no such export")
        write, media_type = kinds[request.path_params["kind"]]
        return Response(write(self.test, self.store), media_type=media_type)

    def _organiser(self, request: Request) -> None:
        secret, organiser_secret = request.path_params["secret"], self.store.organiser
        if not compare_digest(secret.encode(), organiser_secret.encode()):
            raise Refused(404, "no such page")

    def _who(self, request: Request) -> int:
        return self.store.who(request.cookies.get(self.cookie))

    def _written(self) -> None:
        """Schedule merging the latest writes into the main file, which people copy."""
        if self._settling is None:
            loop = asyncio.get_running_loop()
            self._settling = loop.call_later(QUIET_SECONDS, self._settle)

    def _settle(self) -> None:
        self._settling = None
        try:
            self.store.checkpoint()
        except sqlite3.Error as error:
            self._log.write_once(f"the database: {error}")

    async def _unkept(self, _: Request, error: Exception) -> Response:
        """Answer while the database cannot be read or written; the page retries until it can."""
        self._log.write_once(f"the database: {error}; participants wait")
        return JSONResponse({"waiting": "for the server"}, 503, {"Retry-After": "5"})

    async def _changed(self, _: Request, error: Exception) -> Response:
        """Refuse a sound that has changed since the test was made."""
        self._log.write_once(f"{self._sounds.report() or error}. Restore it from a copy.")
        return JSONResponse({"refused": "the sound is damaged"}, 410)


def _agent(request: Request) -> str:
    return shown(request.headers.get("user-agent", "")[:300])
