"""A real S3 server, moto's, whose answers can be made to fail as those of a bad network do."""

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

Fault = str | None
SLOW_SECONDS = 0.6


class FaultyServer:
    """Serves S3 on this machine.

    Attributes:
        fault: says of a request, by its method and path, what befalls it: `503`, `cut` (the answer
            ends in its middle), `slow` (it comes late), or None.
    """

    def __init__(self) -> None:
        self.fault: Callable[[str, str], Fault] = lambda _, __: None
        self.requests: list[tuple[str, str]] = []
        self._app: Any = DomainDispatcherApplication(create_backend_app)
        self._server: Any = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def failing(self, kinds: Iterable[Fault], method: str = "", inside: str = "") -> Iterator[None]:
        """While this lasts, let such requests fail in these ways, one after another."""
        left, lock = iter(kinds), threading.Lock()

        def fault(asked: str, path: str) -> Fault:
            if asked.startswith(method) and inside in path:
                with lock:
                    return next(left, None)
            return None

        self.fault = fault
        try:
            yield
        finally:
            self.fault = lambda _, __: None

    @contextmanager
    def down(self, method: str = "", inside: str = "") -> Iterator[None]:
        """While this lasts, answer no such request."""
        with self.failing(itertools.repeat("503"), method, inside):
            yield

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        asked = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.requests.append(asked)
        fault = self.fault(*asked)
        if fault == "503":
            start("503 Slow Down", [("Content-Length", "0")])
            return [b""]
        if fault == "slow":
            time.sleep(SLOW_SECONDS)
        content = b"".join(self._app(environ, start))
        if fault == "cut":
            return _cut(content)
        return [content]


def _cut(content: bytes) -> Iterator[bytes]:
    yield content[: len(content) // 2]
    raise ConnectionResetError("cut on purpose")
