import numpy as np
from numpy.typing import NDArray

def sqrtm(A: NDArray[np.float64]) -> NDArray[np.complex128]: ...  # noqa: N803
