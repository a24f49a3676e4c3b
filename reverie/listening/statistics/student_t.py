"""Student's t distribution, in types that can be checked: scipy leaves its own open."""

from typing import Any

import numpy as np
from scipy import stats

_SLICES = 2000
"""So many equally likely values stand for a chi-squared distribution."""


def t_critical(level: float, degrees_of_freedom: float) -> float:
    """Beyond this, on either side together, t lies with a chance of `level`."""
    untyped: Any = stats
    return float(untyped.t.isf(level / 2, degrees_of_freedom))


def p_value(value: float, degrees_of_freedom: float) -> float:
    """The chance that t lies as far from 0 as `value`, on either side."""
    untyped: Any = stats
    return float(2 * untyped.t.sf(abs(value), degrees_of_freedom))


def t_power(limit: float, shift: float, degrees_of_freedom: float) -> float:
    """The chance that a noncentral t lies beyond `limit` on either side.

    It is the mean of a normal's chance over the errors that may be estimated: scipy's own fails
    far out.
    """
    untyped: Any = stats
    middles = (np.arange(_SLICES) + 0.5) / _SLICES
    errors = np.sqrt(untyped.chi2.ppf(middles, degrees_of_freedom) / degrees_of_freedom)
    beyond = untyped.norm.cdf([-limit * errors - shift, shift - limit * errors])
    return float(beyond.sum(axis=0).mean())
