"""A served test that many tests look at, each with a participant of its own."""

import time
from dataclasses import dataclass
from typing import Any

from reverie.listening.folder import ListeningTest
from reverie.listening.store.records import Answered
from reverie.listening.web.app import ListeningApp
from tests.listening.serving import Client


@dataclass
class Scene:
    """A served test, and what is in its store."""

    app: ListeningApp
    test: ListeningTest

    def client(self) -> Client:
        return Client(self.app.base_url)

    def taker(self) -> Client:
        """Someone at their first trial."""
        fresh = next(one for one in self.app.store.participants() if one.opened_at is None)
        client = self.client()
        client.begin(self.app.link(fresh.invitation))
        return client

    def kept(self) -> tuple[list[Answered], list[str | None]]:
        store = self.app.store
        return store.answers(), [one.comment for one in store.participants()]

    @property
    def port(self) -> int:
        return int(self.app.base_url.rpartition(":")[2])


def hear(client: Client) -> dict[str, Any]:
    state = client.ask("/state").json()
    for sound in state["sounds"]:
        assert client.ask(f"/sound/{sound}").status == 200
    time.sleep(1)
    return state
