"""One player, as the server holds it: what it is told, what it says, and who listens."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from reverie.studio.playing.wire import HEADER, NOTE, note_frame, read_header
from reverie.studio.problems import Problem

ANSWER_SECONDS = 120.0
"""For a player to do what it is told; another run is read from the disk meanwhile."""
MOST_WAITING_SECONDS = 4.0
"""Of music that nobody fetches; who is so slow is cut off."""
TELL_SECONDS = 1.0
"""Between two words on a listener that does not report."""
AGAIN = "Begin to play again."

Command = dict[str, Any]


class Session:
    """A player while it lives.

    Args:
        process: the player's.
        name: of the session.
    """

    def __init__(self, process: Process, name: str) -> None:
        self.name, self._process = name, process
        self.problem: dict[str, str] | None = None
        """Why it ended; None while it lives."""
        self.state: Command = {}
        """What the player said last of how it plays; empty until it is ready."""
        self.signed_at = time.monotonic()
        """When somebody last wanted something of it."""
        self.is_heard = False
        """Whether its music sounds somewhere."""
        self._frames: deque[tuple[float, float, bytes]] = deque()
        self._fresh = asyncio.Event()
        self._ready = asyncio.Event()
        self._answers: dict[int, asyncio.Future[Command]] = {}
        self._commands = 0
        self._listener = 0
        self._reported = False
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def begin(cls, name: str, first: Command) -> "Session":
        """Start a player.

        Args:
            name: of the session.
            first: what to play: `run`, `prompt`, `settings`.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "reverie.studio.playing.player",
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True,
        )  # fmt: skip
        session = cls(process, name)
        session._send(first)
        return session

    @property
    def is_ready(self) -> bool:
        """Whether it has made its first sound."""
        return self._ready.is_set() and self.problem is None

    @property
    def returncode(self) -> int | None:
        """The exit status of its process; None while that runs."""
        return self._process.returncode

    def sign(self) -> None:
        """Note that somebody wants it to live."""
        self.signed_at = time.monotonic()

    async def ready(self) -> None:
        """Wait until the run is read.

        Raises:
            Problem: the player ended.
        """
        await self._ready.wait()
        if self.problem is not None:
            raise Problem(410, self.problem["problem"], self.problem["remedy"])

    async def do(self, command: Command) -> Command:
        """Tell the player something, and return its answer.

        Raises:
            Problem: it refuses, or it ended.
        """
        self.sign()
        await self.ready()
        self._commands += 1
        number = self._commands
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            self._send({**command, "id": number})
            said = await asyncio.wait_for(answer, ANSWER_SECONDS)
        except TimeoutError:
            raise Problem(504, "The player does not answer.", AGAIN) from None
        finally:
            self._answers.pop(number, None)
        if "problem" in said:
            status = 410 if self.problem is not None else 400
            raise Problem(status, said["problem"], said["remedy"])
        return said

    def report(self, played_seconds: float, gaps: int, *, is_moving: bool) -> None:
        """Take a listener's word on how much was heard."""
        self.sign()
        self._reported, self.is_heard = True, is_moving
        heard = min(played_seconds, self._sent_seconds)
        self._send({"do": "heard", "seconds": heard, "is_moving": is_moving, "gaps": gaps})

    _sent_seconds = 0.0

    async def listen(self) -> AsyncIterator[bytes]:
        """Yield the frames of one listener, who takes the place of the one before."""
        self._listener += 1
        mine, begun, self._reported = self._listener, time.monotonic(), False
        start = self._frames[0][0] if self._frames else self._sent_seconds
        said_at = 0.0
        self.is_heard = True
        self.sign()
        try:
            while self._listener == mine and self.problem is None:
                now = time.monotonic()
                if not self._reported and now - said_at >= TELL_SECONDS:
                    said_at = now
                    heard = start + now - begun if self._ready.is_set() else start
                    self._send({"do": "heard", "seconds": heard, "is_moving": True})
                    self.sign()
                while self._frames and self._listener == mine:
                    at, seconds, frame = self._frames.popleft()
                    self._sent_seconds = max(self._sent_seconds, at + seconds)
                    yield frame
                self._fresh.clear()
                if not self._frames:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._fresh.wait(), TELL_SECONDS)
            if self.problem is not None:
                yield note_frame(dict(self.problem))
        finally:
            if self._listener == mine:
                self._listener += 1
                self.is_heard = False
                self._send({"do": "heard", "seconds": self._sent_seconds, "is_moving": False})

    async def end(self) -> None:
        """End the player."""
        self._fail("It was ended.")
        with suppress(ProcessLookupError):
            self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
            with suppress(ConnectionError):
                await self._process.stdin.wait_closed()
        await self._process.wait()
        await asyncio.wait([self._reading])
        if self._process.stdout is not None:
            await self._process.stdout.read()  # to its end, where the pipe is closed

    def _send(self, command: Command) -> None:
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(json.dumps(command).encode("ascii") + b"\n")

    async def _read(self) -> None:
        """Take what the player says, until it ends."""
        assert self._process.stdout is not None
        said: dict[str, str] = {}
        try:
            while True:
                header = read_header(await self._process.stdout.readexactly(HEADER.size))
                content = await self._process.stdout.readexactly(header.size)
                if header.kind == NOTE:
                    said = self._hear(json.loads(content)) or said
                    continue
                if self._waiting_seconds() > MOST_WAITING_SECONDS:
                    self._listener += 1
                    self._frames.clear()
                packed = HEADER.pack(*header)
                self._frames.append((header.at_seconds, header.seconds, packed + content))
                self._fresh.set()
        except (asyncio.IncompleteReadError, ValueError, ConnectionError):
            code = await self._process.wait()
            how = f"by signal {-code}" if code < 0 else f"with code {code}"
            self._fail(said.get("problem", f"The player ended {how}."), said.get("remedy", AGAIN))

    def _hear(self, note: Command) -> dict[str, str] | None:
        """Take a note; returns the last words of a player that cannot begin."""
        answer = self._answers.get(note.pop("answer", None) or 0)
        if "settings" in note:
            note.pop("ready", None)
            self.state = note
            self._ready.set()
        if answer is not None and not answer.done():
            answer.set_result(note)
        elif "problem" in note and not self._ready.is_set():
            return note
        return None

    def _waiting_seconds(self) -> float:
        return sum(seconds for _, seconds, _ in self._frames)

    def _fail(self, problem: str, remedy: str = AGAIN) -> None:
        if self.problem is None:
            self.problem = {"problem": problem, "remedy": remedy}
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result(dict(self.problem))
        self._ready.set()
        self._fresh.set()
