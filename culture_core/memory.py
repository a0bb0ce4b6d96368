"""Keeping freed memory in the process, which makes torch on a CPU several times faster.

glibc takes fresh zeroed pages from the kernel for every large block and returns them when it is freed, so
that each large
tensor costs a page fault per 4 KiB: on 16 MiB tensors an elementwise operation took 8 times as long as its
arithmetic (docs/experiments/performance.md).
"""

import ctypes
import sys

# parameters of mallopt(3)
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
LARGEST = 2**31 - 1
TOP_PAD = 64 * 2**20


def keep_freed_memory() -> bool:
    """Let malloc reuse large blocks instead of returning them; True where the C library allows it (glibc on
    Linux)."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    settings = ((M_MMAP_THRESHOLD, LARGEST), (M_TRIM_THRESHOLD, LARGEST), (M_TOP_PAD, TOP_PAD))
    return all(mallopt(parameter, value) for parameter, value in settings)
