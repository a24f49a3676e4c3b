"""What the design is said to come to is what it comes to."""

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from reverie.corpus.corpus import Corpus
from reverie.listening.balance import as_json, balance, describe, power_of
from reverie.listening.folder import ListeningTest
from reverie.listening.statistics.power import Design, power
from tests.listening.making import CONDITIONS, make_test


@pytest.fixture(scope="module")
def made(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> ListeningTest:
    return make_test(tmp_path_factory.mktemp("balance"), corpus, participants=10, clips=8)


def test_counts_are_those_of_the_stored_orders(made: ListeningTest) -> None:
    counted = balance(made)
    with closing(made.answered()) as store:
        stored = store.orders().values()
    of_token = {one.token: one.condition for one in made.stimuli.stimuli}
    for name in CONDITIONS:
        each = [
            [of_token[heard[0]] for _, kind, _, heard in order if kind == "test"].count(name)
            for order in stored
        ]
        clips = Counter(
            heard[0]
            for order in stored
            for _, kind, _, heard in order
            if kind == "test" and of_token[heard[0]] == name
        )
        assert counted.total[name] == sum(each)
        assert (counted.per_participant[name].least, counted.per_participant[name].most) == (
            min(each),
            max(each),
        )
        assert counted.clips[name] == len(clips)
        assert (counted.per_clip[name].least, counted.per_clip[name].most) == (
            min(clips.values()),
            max(clips.values()),
        )
        assert counted.per_place[name].most - counted.per_place[name].least <= 1
        assert 3.5 < counted.mean_place[name] < 5.5


def test_the_power_is_that_of_the_sparsest_comparison(made: ListeningTest) -> None:
    found = power_of(made)
    assert found == power(Design(10, 4, 2, same_clips=False))
    assert found is not None
    said = " ".join(describe(made))
    assert f"0.3: {dict(found.chances)[0.3]:.0%}" in said
    assert as_json(made)["power"]["smallest_found_4_in_5"] == round(found.smallest, 3)


def test_fewer_clips_than_asked_for_are_admitted(corpus: Corpus, tmp_path: Path) -> None:
    made = make_test(tmp_path, corpus, clips=30)
    assert made.test_trials == 12
    assert "There are clips for 12 trials of each participant, not 30." in describe(made)


def test_preferences_have_no_such_power(tmp_path: Path) -> None:
    made = make_test(tmp_path, None, mode="preference")
    assert power_of(made) is None
    assert as_json(made)["power"] is None
    assert "pairs to choose from" in describe(made)[0]
