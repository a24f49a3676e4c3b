from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Number = TypeVar("_Number", np.float32, np.float64)

def maximum_filter(
    values: NDArray[_Number], size: Sequence[int], *, mode: str = ...
) -> NDArray[_Number]: ...
def uniform_filter1d(
    values: NDArray[_Number], size: int, axis: int = ..., *, mode: str = ...
) -> NDArray[_Number]: ...
