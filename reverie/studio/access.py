"""Let in who may: the server's own page, with the token where one is required."""

from hashlib import sha256
from hmac import compare_digest

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from reverie.studio.answers import answer
from reverie.studio.problems import answer_refused
from reverie.web.bodies import check_origin
from reverie.web.hosts import Hosts
from reverie.web.refused import Refused

YEAR_SECONDS = 365 * 24 * 3600


class Access:
    """Wrap the studio's app: refuse requests of other sites, and those without the token.

    Args:
        app: to wrap.
        hosts: the names of the server.
        token: which a request must have; empty for none.
    """

    def __init__(self, app: ASGIApp, hosts: Hosts, token: str) -> None:
        self._app, self._hosts, self._token = app, hosts, token
        # Cookies ignore ports, so two studios of one machine need different names.
        self._cookie = f"reverie-studio-{sha256(token.encode()).hexdigest()[:12]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        request = Request(scope, receive)
        app = self._app
        if self._token and request.method == "GET" and request.url.path == "/":
            given = QueryParams(request.url.query).get("token")
            if given is not None and self._is_token(given):
                app = self._admitted()
                await app(scope, receive, send)
                return
        try:
            # A link from elsewhere may lead to the page itself.
            if request.url.path != "/" or request.method not in {"GET", "HEAD"}:
                check_origin(request.headers, self._hosts)
        except Refused as error:
            app = await answer_refused(request, error)
        else:
            if self._token and not self._is_token(request.cookies.get(self._cookie, "")):
                app = answer(
                    {
                        "problem": "The studio's token is missing.",
                        "remedy": "Open the link that the terminal shows.",
                    },
                    403,
                )
        await app(scope, receive, send)

    def _admitted(self) -> RedirectResponse:
        response = RedirectResponse("/", 303)
        response.set_cookie(
            self._cookie, self._token, max_age=YEAR_SECONDS, httponly=True, samesite="strict"
        )
        return response

    def _is_token(self, given: str) -> bool:
        return compare_digest(given.encode("utf-8", "replace"), self._token.encode())
