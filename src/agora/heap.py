"""How a serving process keeps its memory small."""

import ctypes
import gc
from contextlib import suppress

# Numbers of mallopt(3), from glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
KIBIBYTE = 1024


def keep_small() -> None:
    """To be called once all is loaded, before the first thread begins."""
    # What is loaded stays: the collector need not look at it again, and does not touch what processes share. What is
    # left is quickly looked through, so it can look often: ten thousand objects waited for it under load.
    gc.freeze()
    gc.set_threshold(2_000, 10, 10)
    # By default glibc gives each thread a heap of its own, and each keeps what its largest page took. Of one heap, with
    # whole pages outside of it, what is freed goes back to the system. Other C libraries have no such call.
    with suppress(AttributeError, OSError, TypeError):
        change = ctypes.CDLL(None).mallopt
        change(_ARENA_MAX, 1)
        change(_MMAP_THRESHOLD, 128 * KIBIBYTE)
        change(_TRIM_THRESHOLD, 256 * KIBIBYTE)
