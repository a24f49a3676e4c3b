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
    takers = [
        threading.Thread(target=Client(server.base).take, args=(link, 1.0, answers))
        for link, answers in zip(links, given, strict=True)
    ]
    for one in takers:
        one.start()
    moments = random.Random(0)
    for _ in range(KILLS):
        time.sleep(moments.uniform(0.2, 1.0))
        server.kill()
        server.start()
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
    trials = len(test.orders[0])
    assert [one.answered for one in people] == [trials] * PARTICIPANTS
    assert all(one.finished_at is not None for one in people)
    assert len({(one.participant, one.position) for one in kept}) == len(kept)
    stored = {tokens[one.participant, one.position]: one.answer.answer for one in kept}
    acknowledged = [answer for answers in given for answer in answers]
    assert len(acknowledged) >= PARTICIPANTS * trials - KILLS * PARTICIPANTS
    for token, score in acknowledged:
        assert stored[token] == score
