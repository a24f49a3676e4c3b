"""What nobody waits for any more is ended, and the next is asked."""

import contextlib
import http.client
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from reverie.studio.asking import Asking
from reverie.studio.problems import Problem
from tests.studio.serving import Page, served, until


def runs(word: str) -> Callable[[], bool]:
    """Whether a process that this one started has `word` in its command."""

    def look() -> bool:
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if any(word in one for one in child.cmdline()):
                    return True
        return False

    return look


def test_what_is_unwanted_is_ended(tmp_path: Path) -> None:
    asking, unwanted = Asking(tmp_path), threading.Event()
    endless = ["studio", str(tmp_path / "endless"), "--no-open", "--port", "0"]
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(asking.ask, endless, unwanted)
        until(runs("endless"))
        unwanted.set()
        with pytest.raises(Problem):
            asked.result()
    assert not runs("endless")()
    assert asking.ask(["--version"]).startswith("reverie ")


def test_an_estimate_ends_with_the_page_that_asked(with_corpus: Path) -> None:
    with served(with_corpus) as page:
        body = json.dumps({"corpus": "corpus", "recipe": "paper"})
        with closing(http.client.HTTPConnection("127.0.0.1", page.port)) as asking:
            asking.request("POST", "/api/estimate", body, {"Content-Type": "application/json"})
            until(runs("--dry-run"))
        until(lambda: not runs("--dry-run")())
        assert Page(page.port).get("/api/jobs")["total"] == 0
