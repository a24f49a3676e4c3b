"""What is taken, what is refused, and that nothing refused is kept."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reverie.corpus.corpus import Corpus
from reverie.listening import store as store_package
from reverie.listening.folder import ListeningTest
from reverie.listening.store.clock import Moment, now
from reverie.listening.store.records import Answer
from reverie.listening.store.writer import Store
from reverie.web.refused import Refused
from tests.clock import set_clock
from tests.listening.making import make_test


class Clock:
    """Time that passes when it is told to, and a machine that is started again when it is."""

    def __init__(self) -> None:
        self.now, self.start = 1_000.0, "first"

    def __call__(self) -> Moment:
        return Moment(self.start, self.now)


HEARD = Answer(answer=3, plays=1, heard_ms=1000, answer_ms=500)


@pytest.fixture(scope="module")
def made(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> ListeningTest:
    return make_test(tmp_path_factory.mktemp("store"), corpus, participants=40)


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def store(made: ListeningTest, clock: Clock) -> Iterator[Store]:
    with closing(made.store(clock)) as opened:
        yield opened


@pytest.fixture
def someone(store: Store) -> int:
    """A participant who is at their first trial."""
    fresh = next(one for one in store.participants() if one.opened_at is None)
    who = store.who(store.admit(fresh.invitation))
    assert store.state(who).step == "welcome"
    store.consent(who, "en", "test")
    assert store.state(who).step == "setup"
    store.ready(who)
    return who


def hear(store: Store, who: int, clock: Clock) -> str:
    state = store.state(who)
    for sound in state.sounds:
        store.sent(sound)
    clock.now += 1
    return state.token


def test_from_invitation_to_thanks(
    store: Store, someone: int, clock: Clock, made: ListeningTest
) -> None:
    before = len(store.answers())
    order = made.orders[someone - 1]
    for number, trial in enumerate(order, 1):
        state = store.state(someone)
        assert (state.step, state.number, state.trials) == ("trial", number, len(order))
        heard = store.stimulus(someone, state.sounds[0])
        assert heard == trial.stimuli[0].token
        store.answer(someone, hear(store, someone, clock), HEARD, "test")
    assert store.state(someone).step == "comment"
    store.finish(someone, "fine")
    assert store.state(someone).step == "thanks"
    assert len(store.answers()) == before + len(order)
    panel = made.panel(store)
    assert len(panel.ratings) == before + len(order)
    attention = [one for one in panel.ratings if one.kind == "attention"]
    assert all(one.expected in range(1, 6) for one in attention)


def refused(store: Store, who: int, trial: str, answer: Answer) -> int:
    before = store.answers()
    with pytest.raises(Refused) as caught:
        store.answer(who, trial, answer, "test")
    assert store.answers() == before
    return caught.value.status


@pytest.mark.parametrize("score", [0, 6, -1, 300])
def test_scores_off_the_scale(store: Store, someone: int, clock: Clock, score: int) -> None:
    trial = hear(store, someone, clock)
    assert refused(store, someone, trial, Answer(score, 1, 1000, 0)) == 422


def test_what_was_not_heard(store: Store, someone: int, clock: Clock) -> None:
    state = store.state(someone)
    clock.now += 10
    assert refused(store, someone, state.token, HEARD) == 409  # never sent
    store.sent(state.sounds[0])
    assert refused(store, someone, state.token, HEARD) == 409  # just now
    clock.now += 1
    assert refused(store, someone, state.token, Answer(3, 0, 1000, 0)) == 409
    assert refused(store, someone, state.token, Answer(3, 1, 100, 0)) == 409
    store.answer(someone, state.token, HEARD, "test")


def test_an_answer_before_its_sound_can_have_ended(
    store: Store, someone: int, clock: Clock
) -> None:
    trial = hear(store, someone, clock)
    clock.now -= 0.5
    assert refused(store, someone, trial, HEARD) == 409


def test_a_restart_of_the_machine_blocks_nobody_and_lets_nobody_through(
    store: Store, someone: int, clock: Clock
) -> None:
    for start, seconds in (("second", 5.0), ("third", 1e9)):
        trial = hear(store, someone, clock)
        clock.start, clock.now = start, seconds
        assert refused(store, someone, trial, HEARD) == 409  # who knows how long ago
        store.answer(someone, hear(store, someone, clock), HEARD, "test")


def test_what_seems_still_to_come_was_not_heard_and_is_heard_again(
    store: Store, someone: int, clock: Clock
) -> None:
    trial = hear(store, someone, clock)
    clock.now -= 500
    assert refused(store, someone, trial, HEARD) == 409
    store.answer(someone, hear(store, someone, clock), HEARD, "test")


def test_the_clock_on_the_wall_decides_nothing(
    made: ListeningTest, store: Store, someone: int, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for moved in (-400 * 24 * 3600, 400 * 24 * 3600, -1e10, 1e13):
        state = store.state(someone)
        store.sent(state.sounds[0])
        moment = time.time() + moved
        set_clock(monkeypatch, store_package, time=lambda moment=moment: moment)
        assert refused(store, someone, state.token, HEARD) == 409
        clock.now += 1
        store.answer(someone, state.token, HEARD, "test")
        monkeypatch.undo()
        ListeningTest.open(made.folder)  # what it says is no damage


def test_the_real_clock_goes_on_and_is_shared_by_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = "from reverie.listening.store.clock import now; m = now(); print(m.boot, m.seconds)"
    before = now()
    told = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True,
                          check=True)  # fmt: skip
    boot, seconds = told.stdout.split()
    moment = time.time()
    set_clock(monkeypatch, store_package, time=lambda: moment + 400 * 24 * 3600)
    after = now()
    assert 0 < (after.since(before) or 0) < 24 * 3600
    if boot == before.boot:
        assert before.seconds < float(seconds) < after.seconds
    else:  # a system that does not name its starts: each process stands for itself
        assert Moment(boot, float(seconds)).since(before) is None


def test_sent_again_it_is_there_once_and_cannot_be_changed(
    store: Store, someone: int, clock: Clock
) -> None:
    trial = hear(store, someone, clock)
    store.answer(someone, trial, HEARD, "test")
    before = store.answers()
    store.answer(someone, trial, HEARD, "test")
    assert store.answers() == before
    assert refused(store, someone, trial, Answer(4, 1, 1000, 0)) == 409


def test_the_trials_of_others_and_of_later(store: Store, someone: int, clock: Clock) -> None:
    trial = hear(store, someone, clock)
    other = next(one for one in store.participants() if one.opened_at is None)
    stranger = store.who(store.admit(other.invitation))
    store.consent(stranger, "en", "test")
    store.ready(stranger)
    sound = store.state(someone).sounds[0]
    assert refused(store, stranger, trial, HEARD) == 404
    with pytest.raises(Refused):
        store.stimulus(stranger, sound)
    store.answer(someone, trial, HEARD, "test")
    with pytest.raises(Refused):
        store.stimulus(someone, sound)
    assert refused(store, someone, "forged", HEARD) == 404


@pytest.mark.parametrize("forged", ["", "x", "' or 1=1 --", "../../etc/passwd"])
def test_forged_secrets(store: Store, forged: str) -> None:
    with pytest.raises(Refused):
        store.admit(forged)
    with pytest.raises(Refused):
        store.who(forged)


def test_nothing_can_be_skipped(store: Store) -> None:
    fresh = next(one for one in store.participants() if one.opened_at is None)
    who = store.who(store.admit(fresh.invitation))
    with pytest.raises(Refused):
        store.ready(who)
    with pytest.raises(Refused):
        store.finish(who, "")


def test_what_is_written_is_there_for_another_process(
    made: ListeningTest, store: Store, someone: int, clock: Clock
) -> None:
    store.answer(someone, hear(store, someone, clock), HEARD, "test")
    with closing(made.store()) as other:
        assert other.answers() == store.answers()


def test_an_ended_test_takes_nothing_more(corpus: Corpus, tmp_path: Path) -> None:
    clock = Clock()
    made = make_test(tmp_path, corpus)
    with closing(made.store(clock)) as store:
        who = store.who(store.admit(store.participants()[0].invitation))
        store.consent(who, "en", "test")
        store.ready(who)
        trial = hear(store, who, clock)
        store.end()
        assert store.state(who).step == "closed"
        assert refused(store, who, trial, HEARD) == 409


def test_rehearsal_is_decided_when_it_is_made(corpus: Corpus, tmp_path: Path) -> None:
    for rehearsal in (True, False):
        made = make_test(tmp_path / str(rehearsal), corpus, rehearsal=rehearsal)
        with closing(made.store()) as store:
            assert store.rehearsal is rehearsal
            assert made.panel(store).rehearsal is rehearsal
