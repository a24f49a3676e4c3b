import numpy as np
from numpy.typing import NDArray

def butter(N: int, Wn: float, *, fs: float, output: str) -> NDArray[np.float64]: ...  # noqa: N803
def sosfiltfilt(sos: NDArray[np.float64], x: NDArray[np.float32]) -> NDArray[np.float64]: ...
def get_window(window: str, Nx: int) -> NDArray[np.float64]: ...  # noqa: N803

class ShortTimeFFT:
    def __init__(self, win: NDArray[np.float64], hop: int, fs: float) -> None: ...
    def stft(self, x: NDArray[np.float64]) -> NDArray[np.complex128]: ...
    def istft(self, S: NDArray[np.complex128]) -> NDArray[np.float64]: ...  # noqa: N803
