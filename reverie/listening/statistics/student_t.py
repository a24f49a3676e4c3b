"""Student's t distribution with type annotations, which scipy lacks."""

from typing import Any

import numpy as np
from scipy import stats

_SLICES = 2000
"""Number of equally likely values that approximate a chi-squared distribution."""


def t_critical(level: float, degrees_of_freedom: float) -> float:
    """Return the two-sided critical value of t at `level`."""
    untyped: Any = stats
    return float(untyped.t.isf(level / 2, degrees_of_freedom))


def p_value(value: float, degrees_of_freedom: float) -> float:
    """Return the two-sided p value of `value`."""
    untyped: Any = stats
    return float(2 * untyped.t.sf(abs(value), degrees_of_freedom))


def t_power(limit: float, shift: float, degrees_of_freedom: float) -> float:
    """Return the probability that a noncentral t lies beyond `limit` on either side.

    It averages normal probabilities over the possible estimates of the error, because scipy's own
    function fails in the tails.
    """
    untyped: Any = stats
    middles = (np.arange(_SLICES) + 0.5) / _SLICES
    errors = np.sqrt(untyped.chi2.ppf(middles, degrees_of_freedom) / degrees_of_freedom)
    beyond = untyped.norm.cdf([-limit * errors - shift, shift - limit * errors])
    return float(beyond.sum(axis=0).mean())
