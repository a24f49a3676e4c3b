from . import fft as fft
from . import linalg as linalg
from . import ndimage as ndimage
from . import signal as signal
from . import stats as stats
