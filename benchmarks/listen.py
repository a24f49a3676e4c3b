"""How long the pages of a listening test take with many participants at once.

    python benchmarks/listen.py [--participants 60] [--trials 4] [--seconds 10]

Everyone begins at once, hears every clip to its end and answers at once, as the page does. Beside
it, in the same run, a bare Starlette app that answers the same requests from memory: what it takes
is the machine's, the network's and this program's own share. Sounds are fetched and not timed.
"""

import argparse
import http.client
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from reverie.listening.folder import ListeningTest
from reverie.listening.settings import ListeningSettings

BARE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
state = JSONResponse({"step": "trial", "token": "t", "sounds": ["s"], "trials": 9, "number": 1})
page, sound = Response(b"x" * 10000), Response(b"x" * int(sys.argv[2]))
def plain(request):
    return {"/state": state}.get(request.url.path, page)
async def posted(request):
    await request.json()
    return Response(status_code=204)
app = Starlette(routes=[
    Route("/sound/{token}", lambda request: sound),
    Route("/{path:path}", plain),
    Route("/{path:path}", posted, methods=["POST"]),
])
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
"""

Times = dict[str, list[float]]


class Visitor:
    """One participant's requests over one connection that is kept, as browsers keep theirs."""

    def __init__(self, port: int, times: Times) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.times, self.headers = times, {"Content-Type": "application/json"}

    def ask(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body)
        began = time.perf_counter()
        self.connection.request("GET" if data is None else "POST", path, data, self.headers)
        response = self.connection.getresponse()
        content = response.read()
        name = "/" + path.split("/")[1]
        if name != "/sound":
            self.times[name].append(time.perf_counter() - began)
        if response.status >= 400:
            raise RuntimeError(f"{path}: {response.status}")
        if cookie := response.headers.get("set-cookie"):
            self.headers["Cookie"] = cookie.partition(";")[0]
        return json.loads(content) if content.startswith(b"{") else None

    def take(self, invitation: str, trials: int, seconds: float, pause: float) -> None:
        time.sleep(pause)
        self.ask(f"/join/{invitation}")
        for path in ("/", "/app.js", "/about"):
            self.ask(path)
        self.ask("/consent", {"language": "en"})
        self.ask("/ready", {})
        for _ in range(trials):
            state = self.ask("/state")
            self.ask(f"/sound/{state['sounds'][0]}")
            # Meanwhile a server closes what is idle; a browser opens another.
            self.connection.close()
            time.sleep(seconds)
            self.ask("/answer", {"trial": state["token"], "answer": 3, "plays": 1,
                                 "heard_ms": round(1000 * seconds), "answer_ms": 1})  # fmt: skip
        self.ask("/finish", {"comment": ""})
        self.connection.close()


def crowd(port: int, invitations: Sequence[str], trials: int, seconds: float) -> Times:
    """Let everyone take the test at once; how long every request took."""
    times: Times = defaultdict(list)
    pauses = random.Random(0)
    # Nobody begins in the same instant as another, but all within one clip.
    takers = [
        threading.Thread(
            target=Visitor(port, times).take,
            args=(one, trials, seconds, pauses.uniform(0, min(seconds, 5))),
        )
        for one in invitations
    ]
    for one in takers:
        one.start()
    for one in takers:
        one.join()
    return times


def row(name: str, found: Sequence[float]) -> str:
    ordered = sorted(1000 * one for one in found)
    worst = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    return f"| {name} | {len(ordered)} | {statistics.median(ordered):.1f} | {worst:.1f} |"


def wait_for(port: int) -> None:
    for _ in range(600):
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as one:
                one.request("GET", "/about")
                one.getresponse().read()
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("the server did not start")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--participants", type=int, default=60)
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder, rng = Path(temporary), np.random.default_rng(0)
        for name in ("a", "b"):
            (folder / name).mkdir()
            samples: int = round(16000 * asked.seconds)
            for number in range(asked.trials):
                noise = rng.normal(0, 0.1, samples)
                soundfile.write(folder / name / f"{number}.wav", noise, 16000)
        settings = ListeningSettings(
            participants=asked.participants, clips=asked.trials, seconds=asked.seconds,
            shortest_seconds=min(5.0, asked.seconds), practice=0, attention=0, repeats=0,
            rehearsal=True,
        )  # fmt: skip
        test = ListeningTest.make(
            [folder / "a", folder / "b"], folder / "test", settings, quiet=True
        )
        with closing(test.store()) as store:
            invitations = [one.invitation for one in store.participants()]
        size = next((test.folder / "stimuli").iterdir()).stat().st_size
        command = [sys.executable, "-m", "reverie", "listen", "serve", str(test.folder)]
        ours, bare = 18181, 18182
        found: dict[str, Times] = {}
        for name, words, port in (
            ("bare", [sys.executable, "-c", BARE, str(bare), str(size)], bare),
            ("ours", [*command, "--port", str(ours)], ours),
        ):
            server = subprocess.Popen(words, stdout=subprocess.DEVNULL)
            try:
                wait_for(port)
                found[name] = crowd(port, invitations, asked.trials, asked.seconds)
            finally:
                server.kill()
                server.wait()
        with closing(test.store()) as store:
            kept = len(store.answers())
        print(f"{asked.participants} participants, {kept} answers kept of "
              f"{asked.participants * asked.trials} given")  # fmt: skip
        print("| request | times | median, ms | 99th percentile, ms |\n|---|---:|---:|---:|")
        for path in sorted(found["ours"]):
            print(row(f"`{path}`", found["ours"][path]))
        print(row("all of ours", [one for many in found["ours"].values() for one in many]))
        print(row("all, bare app", [one for many in found["bare"].values() for one in many]))


if __name__ == "__main__":
    main()
