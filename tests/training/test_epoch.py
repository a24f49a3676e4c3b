"""The order of an epoch and its draws, for few sequences and for many."""

import numpy as np
import pytest

from reverie.training import epoch
from reverie.training.epoch import Epoch, Variation, permuted, varied

EVERY = Variation(np.array([5, 0, 900]), 6.0, 2, beat=True, beat_dropout=0.25)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 16, 17, 1000, 4097])
def test_every_number_comes_once(count: int) -> None:
    found = permuted(np.arange(count), count, [1, 2, 3, 4])
    assert sorted(found.tolist()) == list(range(count))
    one_by_one = [int(permuted(np.array([at]), count, [1, 2, 3, 4])[0]) for at in range(count)]
    assert one_by_one == found.tolist()


def test_an_order_of_many_looks_random() -> None:
    count = 20_000
    found = permuted(np.arange(count), count, [5, 6, 7, 8])
    assert abs(np.corrcoef(np.arange(count), found)[0, 1]) < 0.03
    assert abs(np.corrcoef(found[1:], found[:-1])[0, 1]) < 0.03
    # Of a permutation one number is where it was, on average; neighbours stay so as rarely.
    assert (found == np.arange(count)).sum() < 8
    assert (np.diff(found) == 1).sum() < 8
    other = permuted(np.arange(count), count, [5, 6, 7, 9])
    assert (found == other).sum() < 8


def of_many(seed: int, monkeypatch: pytest.MonkeyPatch, count: int = 20_000) -> Epoch:
    monkeypatch.setattr(epoch, "MOST_AT_ONCE", 100)
    return varied(count, 3, EVERY, np.random.default_rng(seed))


def test_draws_of_many_are_those_that_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, every = of_many(0, monkeypatch), np.arange(20_000)
    decibels = 20 * np.log10(plan.gains(every))
    assert decibels.min() == pytest.approx(-6, abs=0.01)
    assert decibels.max() == pytest.approx(6, abs=0.01)
    assert decibels.mean() == pytest.approx(0, abs=0.1)
    semitones, counts = np.unique(np.rint(12 * np.log2(plan.speeds(every))), return_counts=True)
    assert semitones.tolist() == [-2, -1, 0, 1, 2]
    assert counts.min() > 0.9 * 4000
    assert plan.parities(every).mean() == pytest.approx(0.5, abs=0.02)
    assert plan.silenced(every).mean() == pytest.approx(0.25, abs=0.02)
    assert ((plan.shifts >= 0) & (plan.shifts <= [5, 0, 900])).all()
    drawn = np.stack([plan.gains(every), plan.speeds(every), plan.parities(every)])
    assert np.abs(np.corrcoef(drawn) - np.eye(3)).max() < 0.05


def test_one_that_is_asked_for_alone_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, again, other = (of_many(seed, monkeypatch) for seed in (0, 0, 1))
    some = np.array([19_999, 3, 77])
    for name in ("order", "gains", "speeds", "parities", "silenced"):
        whole = getattr(plan, name)(np.arange(20_000))
        assert np.array_equal(getattr(again, name)(some), whole[some])
        assert not np.array_equal(getattr(other, name)(np.arange(20_000)), whole)


def test_few_are_drawn_as_older_versions_drew_them() -> None:
    plan, rng = varied(50, 3, EVERY, np.random.default_rng(3)), np.random.default_rng(3)
    every = np.arange(50)
    assert np.array_equal(plan.order(every), rng.permutation(50))
    assert np.array_equal(plan.shifts, rng.integers(0, np.array([5, 0, 900]) + 1))
    gains = (10 ** (rng.uniform(-6, 6, 50) / 20)).astype(np.float32)
    assert np.array_equal(plan.gains(every), gains)
    assert np.array_equal(plan.speeds(every), 2 ** (rng.integers(-2, 3, 50) / 12))
    assert np.array_equal(plan.parities(every), rng.integers(0, 2, 50).astype(np.float64))
    assert np.array_equal(plan.silenced(every), rng.random(50) < 0.25)
