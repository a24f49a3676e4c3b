"""The product by torch finds what that by numpy finds."""

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.evaluation.copying.most_similar import MostSimilarByTorch
from reverie.models.products import bfloat16_is_fast
from reverie.similarity.cosine import MostSimilarBy, MostSimilarByNumpy


def rows(seed: int, count: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((count, 40)).astype(np.float32)


def test_torch_equals_numpy_but_for_rounding() -> None:
    queries, others = rows(0, 30), rows(1, 200)
    values, places = MostSimilarByNumpy(queries)(others)
    by_torch, torch_places = MostSimilarByTorch(queries)(others)
    rounding = 2**-6 if bfloat16_is_fast() else 1e-6
    np.testing.assert_allclose(by_torch, values, atol=rounding)
    lengths = np.linalg.norm(queries, axis=1) * np.linalg.norm(others[torch_places], axis=1)
    there = (queries * others[torch_places]).sum(axis=1) / lengths
    np.testing.assert_allclose(there, values, atol=rounding)
    assert np.mean(places == torch_places) > 0.8


@pytest.mark.parametrize("search", [MostSimilarByNumpy, MostSimilarByTorch])
def test_a_multiple_is_the_same_and_silence_is_like_nothing(search: MostSimilarBy) -> None:
    queries = rows(0, 4)
    queries[3] = 0
    values, places = search(queries)(np.concatenate([rows(1, 5), 7 * queries[:3]]))
    np.testing.assert_allclose(values[:3], 1, atol=2**-7)
    assert places[:3].tolist() == [5, 6, 7]
    assert values[3] == 0
