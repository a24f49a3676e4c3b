"""A server that is killed again and again under twenty participants loses nothing."""

import random
import threading
import time
from contextlib import closing
from pathlib import Path

from reverie.corpus.corpus import Corpus
from tests.listening.making import make_test
from tests.listening.serving import Client, ServerProcess

PARTICIPANTS, KILLS = 20, 20


def test_killed_twenty_times_under_twenty_participants(corpus: Corpus, tmp_path: Path) -> None:
    test = make_test(tmp_path, corpus, participants=PARTICIPANTS, clips=4, practice=1, anchors=0)
    server = ServerProcess(test)
    with closing(test.store()) as store:
        links = [f"{server.base}/join/{one.invitation}" for one in store.participants()]
    given: list[list[tuple[str, int]]] = [[] for _ in range(PARTICIPANTS)]
    clients = [Client(server.base) for _ in links]
    takers = [
        threading.Thread(target=client.take, args=(link, 1.0, answers))
        for client, link, answers in zip(clients, links, given, strict=True)
    ]
    for one in takers:
        one.start()
    moments, trials = random.Random(0), len(test.orders[0])
    for kill in range(1, KILLS + 1):
        # Spread over the answers, not over time, so that nobody has finished before the last.
        while sum(map(len, given)) < PARTICIPANTS * trials * kill // (KILLS + 1):
            assert any(one.is_alive() for one in takers)
            time.sleep(0.005)
        time.sleep(moments.uniform(0, 0.1))
        lost = sum(one.lost for one in clients)
        server.kill()
        # Somebody has to ask while it is down, however seldom this machine lets them.
        while sum(one.lost for one in clients) == lost and any(one.is_alive() for one in takers):
            time.sleep(0.01)
        server.start()
    assert sum(one.lost for one in clients) >= KILLS, "it was killed under nobody"
    for one in takers:
        one.join()
    server.kill()
    with closing(test.store()) as store:
        people, kept = store.participants(), store.answers()
        tokens = {
            (participant, position): token
            for participant, position, token in store._database.execute(  # pyright: ignore[reportPrivateUsage]
                "select participant, position, token from trials"
            )
        }
    assert [one.answered for one in people] == [trials] * PARTICIPANTS
    assert all(one.finished_at is not None for one in people)
    assert len({(one.participant, one.position) for one in kept}) == len(kept)
    stored = {tokens[one.participant, one.position]: one.answer.answer for one in kept}
    # An answer is sent until it is acknowledged, so each was, once, and is kept as it was given.
    acknowledged = [answer for answers in given for answer in answers]
    assert len(acknowledged) == len(stored) == PARTICIPANTS * trials
    assert dict(acknowledged) == stored
