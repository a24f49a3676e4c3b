"""A real studio behind a real socket, in this process or its own, and a browser's requests."""

import http.client
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from reverie.search_path import python_command, python_environment
from reverie.studio.app import make_app
from reverie.studio.serving import LIMITS, make_studio, working
from reverie.studio.studio import Studio
from reverie.web.clients import ClientLog
from reverie.web.connections import Limits
from reverie.web.hosts import Hosts
from reverie.web.server import make_server, open_socket
from tests.reply import Reply

PATIENCE_SECONDS = 240.0


@dataclass
class Page:
    """An open page's requests, without the browser."""

    port: int
    cookie: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    studio: Studio | None = None

    def ask(
        self,
        path: str,
        query: Mapping[str, Any] | None = None,
        *,
        body: object = None,
        method: str | None = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        sent = {**self.headers, **(headers or {})}
        if self.cookie is not None:
            sent.setdefault("Cookie", self.cookie)
        if body is not None:
            raw = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        address = f"{path}?{urlencode(query)}" if query else path
        with closing(connection):
            connection.request(method or ("GET" if raw is None else "POST"), address, raw, sent)
            response = connection.getresponse()
            content = response.read()
        told = {name.lower(): value for name, value in response.getheaders()}
        if "set-cookie" in told:
            self.cookie = told["set-cookie"].partition(";")[0]
        return Reply(response.status, told, content)

    def get(self, path: str, /, **query: Any) -> Any:
        """Return the JSON of an answer that must be there."""
        reply = self.ask(path, query)
        assert reply.status == 200, reply.body
        return reply.json()

    def post(self, path: str, body: object) -> Any:
        reply = self.ask(path, body=body)
        assert reply.status in {200, 201, 202}, reply.body
        return reply.json()

    def begin(self, *command: str) -> str:
        """Put a command into the queue; return its job's name."""
        return str(self.post("/api/command", {"command": list(command)})["job"]["id"])

    def wait(self, job: str, *states: str) -> Any:
        """Wait until a job is in one of some states."""

        def there() -> Any:
            now = self.get(f"/api/jobs/{job}")
            return now if now["state"] in states else None

        return until(there, lambda: self.get(f"/api/jobs/{job}"))


def until(there: Callable[[], Any], told: Callable[[], Any] = lambda: "") -> Any:
    """Wait until `there` returns something true, and return it."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := there()):
        assert time.monotonic() < end, told()
        time.sleep(0.05)
    return found


@contextmanager
def served(
    folder: Path, *, token: str = "", limits: Limits = LIMITS, host: str = "127.0.0.1"
) -> Generator[Page]:
    """The studio of `folder`, in a thread of this process."""
    with closing(open_socket("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        log = ClientLog()
        studio = make_studio(folder, Hosts(host, port, f"http://127.0.0.1:{port}"), bool(token))
        server = make_server(make_app(studio, log, token), log, limits, studio.end_streams)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        with working(studio):
            thread.start()
            try:
                yield Page(port, studio=studio)
            finally:
                server.should_exit = True
                thread.join()


class StudioProcess:
    """A studio in a process that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with closing(open_socket("127.0.0.1", 0)) as free:
            self.page = Page(free.getsockname()[1])
        self.start()

    def start(self) -> None:
        code = f"""
from pathlib import Path
from reverie.studio.serving import serve
serve(Path({str(self.folder)!r}), "127.0.0.1", {self.page.port}, show=False)
"""
        self.process = subprocess.Popen(
            python_command(code), env=python_environment(), stdout=subprocess.DEVNULL
        )
        until(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None
        try:
            return self.page.ask("/api/jobs").status == 200
        except OSError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def end(pid: int) -> None:
    """Kill a process as the system would."""
    os.kill(pid, 9)
