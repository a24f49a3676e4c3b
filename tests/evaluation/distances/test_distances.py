"""Distances between sets of clips equal independent formulas, and survive what is degenerate."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from reverie.evaluation.distances.frechet import frechet, frechet_interval
from reverie.evaluation.distances.mmd import median_distance, mmd, mmd_interval
from reverie.evaluation.distances.points import Points, diversity
from reverie.evaluation.interval import mean_interval


def rows(seed: int, count: int, width: int, shift: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((width, width))
    return rng.standard_normal((count, width)) @ mixing + shift


def points(found: np.ndarray, per_clip: int = 3) -> Points:
    return Points.of(list(found.astype(np.float32).reshape(-1, per_clip, found.shape[1])))


@pytest.mark.parametrize(("count", "other", "width"), [(60, 50, 8), (12, 9, 30), (40, 7, 20)])
def test_frechet_equals_the_matrix_square_root(count: int, other: int, width: int) -> None:
    a, b = rows(1, count, width), rows(2, other, width, 0.5)
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    together = scipy.linalg.sqrtm(cov_a @ cov_b)
    expected = (
        ((a.mean(0) - b.mean(0)) ** 2).sum()
        + np.trace(cov_a)
        + np.trace(cov_b)
        - 2 * np.trace(together).real
    )
    # The root of a singular product is itself only good to about 1e-6 of the traces.
    scale = np.trace(cov_a) + np.trace(cov_b)
    assert frechet(a, b) == pytest.approx(expected, abs=1e-6 * scale)


def test_frechet_of_plain_gaussians_is_known() -> None:
    rng = np.random.default_rng(0)
    a = rng.standard_normal((200_000, 2))
    b = 3 * rng.standard_normal((200_000, 2)) + np.array([1.0, -2.0])
    # |mean|^2 + (1 - 3)^2 for each of two dimensions.
    assert frechet(a, b) == pytest.approx(5 + 8, abs=0.15)


def test_mmd_equals_the_double_sum() -> None:
    a, b = rows(3, 11, 5), rows(4, 7, 5, 0.3)

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.exp(-((x - y) ** 2).sum() / (2 * 1.7**2)))

    def within(x: np.ndarray) -> float:
        n = len(x)
        pairs = [kernel(x[i], x[j]) for i in range(n) for j in range(n) if i != j]
        return sum(pairs) / (n * (n - 1))

    between = float(np.mean([[kernel(x, y) for y in b] for x in a]))
    assert mmd(a, b, 1.7) == pytest.approx(within(a) + within(b) - 2 * between, abs=1e-9)


@given(st.integers(0, 1000))
def test_a_set_is_at_no_distance_from_itself(seed: int) -> None:
    a = rows(seed, 20, 6)
    assert frechet(a, a) == pytest.approx(0, abs=1e-6 * float((a**2).sum()))


def test_mmd_is_without_bias() -> None:
    found = [mmd(rows(9, 300, 4)[i::10], rows(9, 300, 4)[j::10], 2.0) for i, j in ((0, 1), (2, 3))]
    draws = [
        mmd(np.random.default_rng(s).standard_normal((8, 4)),
            np.random.default_rng(s + 999).standard_normal((8, 4)), 2.0)
        for s in range(400)
    ]  # fmt: skip
    assert abs(np.mean(draws)) < 3 * np.std(draws) / np.sqrt(len(draws))
    assert np.isfinite(found).all()


def test_farther_is_farther() -> None:
    rng = np.random.default_rng(0)
    music = points(rows(5, 90, 10))
    near, far = points(rows(5, 60, 10)), points(rows(5, 60, 10, 4.0))
    for measure in (frechet_interval, mmd_interval):
        one, other = measure(near, music, rng), measure(far, music, rng)
        assert one.high is not None
        assert other.low is not None
        assert one.high < other.low


def test_identical_clips_are_measured() -> None:
    rng = np.random.default_rng(0)
    same = points(np.tile(rows(6, 1, 12), (18, 1)))
    music = points(rows(7, 30, 12))
    for measure in (frechet_interval, mmd_interval):
        found = measure(same, music, rng)
        assert found.low is not None
        assert found.high is not None
        assert np.isfinite([found.value, found.low, found.high]).all()
    assert diversity(same) == pytest.approx(0, abs=1e-3)
    assert median_distance(same.rows) > 0


def test_one_clip_has_no_interval_and_two_rows_are_needed() -> None:
    rng = np.random.default_rng(0)
    music = points(rows(7, 30, 12))
    one = frechet_interval(points(rows(8, 3, 12)), music, rng)
    assert np.isfinite(one.value)
    assert one.low is None
    with pytest.raises(ValueError, match="two rows"):
        frechet(rows(8, 1, 12), music.rows)
    with pytest.raises(ValueError, match="two rows"):
        mmd(rows(8, 1, 12), music.rows, 1.0)


def test_the_interval_of_a_mean_covers_it_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        found = mean_interval(rng.normal(3.0, 1.0, 30).tolist(), rng)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 3.0 <= found.high
    assert 175 <= held <= 199
    assert mean_interval([2.0], rng).low is None
