"""A studio in a process of its own, and a listener without a browser."""

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reverie.studio.playing.wire import HEADER, NOTE, read_header

PATIENCE_SECONDS = 180.0


@dataclass
class Reply:
    """What a server sent."""

    status: int
    value: Any


@dataclass(frozen=True)
class Server:
    """A studio that is served."""

    base: str
    pid: int
    begun: list[str] = field(default_factory=list)
    """Sessions that were begun."""

    def connect(self) -> http.client.HTTPConnection:
        at = urlsplit(self.base)
        return http.client.HTTPConnection(at.hostname or "", at.port, timeout=PATIENCE_SECONDS)

    def ask(self, method: str, path: str, body: object = None) -> Reply:
        with closing(self.connect()) as connection:
            content = None if body is None else json.dumps(body)
            headers = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            reply = Reply(response.status, json.loads(response.read()))
        if path == "/api/play" and reply.status == 201:
            self.begun.append(reply.value["session"])
        return reply

    def begin(self, run: str = "run", **settings: Any) -> str:
        """The name of a session that is ready."""
        asked = {"run": run, "settings": {"seed": 1, **settings}}
        begun = self.ask("POST", "/api/play", asked)
        assert begun.status == 201, begun.value
        return self.ready(begun.value["session"])

    def ready(self, session: str) -> str:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            told = self.ask("GET", f"/api/play/{session}")
            assert told.status == 200, told.value
            if told.value["is_ready"]:
                return session
            time.sleep(0.05)
        raise AssertionError("the player never was ready")

    def memory(self) -> int:
        """Bytes that the server's process holds."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024


@contextmanager
def studio_of(folder: Path) -> Iterator[Server]:
    """A studio of `folder` in a process of its own."""
    command = [sys.executable, "-P", "-m", "reverie", "studio", str(folder), "--no-open"]
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            yield Server(line.rsplit(": ", 1)[1].strip(), process.pid)
        finally:
            process.kill()


def player_pids(server: Server) -> list[int]:
    """The processes that the server started and that live."""
    found: list[int] = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            status = (folder / "stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        except OSError:
            continue
        is_player = b"reverie.studio.playing.player" in words
        if is_player and int(status[1]) == server.pid and status[0] != "Z":
            found.append(int(folder.name))
    return found


@dataclass
class Listener:
    """One who fetches the music of a session, and hears it as fast as it is told to."""

    server: Server
    session: str
    frames: list[tuple[float, float, int]] = field(default_factory=list)
    """Of each frame of music the seconds before it, its length in seconds, and its rate."""
    pcm: bytearray = field(default_factory=bytearray)
    notes: list[Any] = field(default_factory=list)
    is_over: bool = False

    def __post_init__(self) -> None:
        self._connection = self.server.connect()
        self._connection.request("GET", f"/api/play/{self.session}/pcm")
        self._response = self._connection.getresponse()
        self.status = self._response.status
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            while len(head := self._response.read(HEADER.size)) == HEADER.size:
                header = read_header(head)
                content = self._response.read(header.size)
                if header.kind == NOTE:
                    self.notes.append(json.loads(content))
                else:
                    self.frames.append((header.at_seconds, header.seconds, header.rate_hz))
                    self.pcm += content
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass  # it was closed meanwhile
        self.is_over = True

    @property
    def end_seconds(self) -> float:
        """How much music came."""
        return sum(self.frames[-1][:2]) if self.frames else 0.0

    def report(self, seconds: float, *, plays: bool = True) -> Reply:
        said = {"seconds": seconds, "plays": plays}
        return self.server.ask("POST", f"/api/play/{self.session}/heard", said)

    def wait(self, seconds: float) -> None:
        """Wait until so much music came."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self.end_seconds < seconds - 1e-6:
            assert time.monotonic() < end, f"{self.end_seconds} s came, not {seconds} s"
            assert not self.is_over, self.notes
            time.sleep(0.01)

    def close(self) -> None:
        if self._connection.sock is not None:
            with suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE_SECONDS)
        self._connection.close()
        self._response.close()
