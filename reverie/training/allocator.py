"""Keeping freed memory in the process, on Linux.

Training frees and takes the same large buffers at every step. The C library gives each back to the
system and gets it back as untouched pages, and every first touch of a page is a fault; where faults
are slow (virtual machines above all) they cost more than the arithmetic.
"""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4


def keep_freed_memory() -> bool:
    """Tell glibc to keep what is freed for what is taken next; False where it is not glibc."""
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(M_MMAP_MAX, 0)) and bool(mallopt(M_TRIM_THRESHOLD, 2**31 - 1))
