"""Why a training step here does not wait for the operating system.

A step makes dozens of large arrays and lets go of them again, at the next step the same ones. The C
library of Linux gives such memory back to the system at once and must ask for it again; the system
then hands out every page of 4 KiB anew, filled with zeros (a *page fault*). That takes about half
of the time of a step. The usual cure is that each layer owns its arrays and overwrites them, but
then a result that you hold changes under your eyes at the next call. Here the results stay yours,
and it is the process that keeps freed memory, for the next array that needs it.
"""

from __future__ import annotations

import ctypes
import os
import sys

# Names and numbers of malloc.h; see the manual page mallopt(3).
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
CHOSEN = "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"  # the same, in the environment
KEPT = 1 << 30  # freed memory at the end of the heap that is kept rather than given back: 1 GiB
LARGEST = 1 << 25  # arrays up to here come from the heap: 32 MiB, the most that mallopt allows


def keep_freed_memory() -> bool:
    """Let this process keep up to 1 GiB of freed memory for later arrays; True if that was done.

    It is done where it is known to help: on Linux with the GNU C library, unless the environment
    already says how malloc shall behave. It changes no result, and it does not make the largest
    amount of memory that the process needs any larger.
    """
    chosen = any(name in os.environ for name in CHOSEN)
    if chosen or "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", "") or sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, LARGEST) and mallopt(M_TRIM_THRESHOLD, KEPT))
