"""A real server, in this process or its own, and programs that take the test."""

import http.client
import json
import multiprocessing
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reverie.listening.folder import ListeningTest
from reverie.listening.web.app import ListeningApp
from reverie.listening.web.serving import make_app, serve
from reverie.web.clients import ClientLog
from reverie.web.connections import Limits
from reverie.web.server import make_server, open_socket
from tests.reply import Reply

PATIENCE_SECONDS = 120.0


@dataclass
class Client:
    """A browser's requests, without the browser; it remembers every byte it was sent."""

    base: str
    cookie: str | None = None
    received: list[bytes] = field(default_factory=list)
    lost: int = 0
    """Requests that no answer came to."""

    def ask(
        self,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        method: str | None = None,
        raw: bytes | None = None,
    ) -> Reply:
        at = urlsplit(self.base)
        assert at.hostname
        connection = http.client.HTTPConnection(at.hostname, at.port, timeout=PATIENCE_SECONDS)
        sent = dict(headers or {})
        if self.cookie is not None:
            sent.setdefault("Cookie", self.cookie)
        if body is not None:
            raw = json.dumps(body).encode()
        if raw is not None:
            sent.setdefault("Content-Type", "application/json")
        with closing(connection):
            connection.request(method or ("GET" if raw is None else "POST"), path, raw, sent)
            response = connection.getresponse()
            content = response.read()
        told = {name.lower(): value for name, value in response.getheaders()}
        self.received += [*(f"{name}: {value}".encode() for name, value in told.items()), content]
        if "set-cookie" in told:
            self.cookie = told["set-cookie"].partition(";")[0]
        return Reply(response.status, told, content)

    def persist(self, path: str, body: object = None) -> Reply:
        """Ask until there is an answer, as the page does."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                reply = self.ask(path, body)
                if reply.status < 500:
                    return reply
            except (OSError, http.client.HTTPException):
                self.lost += 1
                if time.monotonic() > end:
                    raise
            time.sleep(0.05)

    def join(self, link: str) -> None:
        assert self.persist(urlsplit(link).path).status == 303

    def begin(self, link: str) -> None:
        """Open an invitation and come to the first trial."""
        self.join(link)
        self.persist("/consent", {"language": "en"})
        self.persist("/ready", {})

    def take(self, link: str, seconds: float, answers: list[tuple[str, int]]) -> None:
        """Take the whole test; `answers` gets every trial's token whose answer was acknowledged."""
        self.begin(link)
        while (state := self.persist("/state").json())["step"] == "trial":
            for sound in state["sounds"]:
                if self.persist(f"/sound/{sound}").status != 200:
                    break
            time.sleep(seconds)
            score = 1 + (len(answers) * 7) % 5
            given = answer(state, seconds) | {"answer": score}
            if self.persist("/answer", given).status == 204:
                answers.append((state["token"], score))
        self.persist("/finish", {"comment": ""})


def answer(state: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """What the page sends after a hearing."""
    sounds = len(state["sounds"])
    return {
        "trial": state["token"],
        "answer": 3,
        "plays": sounds,
        "heard_ms": round(1000 * seconds * sounds),
        "answer_ms": 700,
    }


@contextmanager
def served(
    test: ListeningTest, *, peek: bool = False, limits: Limits | None = None
) -> Generator[ListeningApp]:
    """The app of `test` behind a real server, in a thread of this process."""
    with closing(open_socket("127.0.0.1", 0)) as listening, closing(test.store()) as store:
        log, port = ClientLog(), listening.getsockname()[1]
        app = make_app(test, store, "127.0.0.1", port, None, log, peek=peek)
        server = make_server(app.asgi(), log, limits)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield app
        finally:
            server.should_exit = True
            thread.join()


class ServerProcess:
    """A server in a process that can be killed and started again, which takes no time: it is
    forked from one that has imported everything."""

    def __init__(self, test: ListeningTest) -> None:
        self._test = test
        self._forks = multiprocessing.get_context("forkserver")
        self._forks.set_forkserver_preload(["reverie.listening.web.serving"])
        with closing(open_socket("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        # A daemon, so that a test that fails does not leave it running.
        self.process = self._forks.Process(
            target=_serve, args=(self._test.folder, self._port), daemon=True
        )
        self.process.start()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


def _serve(folder: Path, port: int) -> None:
    serve(ListeningTest.open(folder), "127.0.0.1", port, None, peek=False, announce=False)
